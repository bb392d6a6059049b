"""How the signal to noise of two sets of components is distributed, animal by animal."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from calscope.model.movie import FloatArray
from calscope.plots import style

MOST_DOTS = 4000
"""With more, only boxes are drawn: each dot is an element of the page."""


def snr_strips(snr: Mapping[str, Mapping[str, FloatArray]], colours: Sequence[str]) -> go.Figure:
    """Draw a dot for each component and a box for their quartiles.

    Parameters
    ----------
    snr
        By the name of the set, by animal, (n,) each.
    colours
        One a set.
    """
    figure = style.blank(300)
    has_dots = sum(len(values) for own in snr.values() for values in own.values()) <= MOST_DOTS
    for (name, own), colour in zip(snr.items(), colours, strict=True):
        figure.add_box(
            y=[round(float(value), 2) for values in own.values() for value in values],
            x=[animal for animal, values in own.items() for _ in values],
            name=name,
            offsetgroup=name,
            boxpoints="all" if has_dots else False,
            jitter=0.6,
            pointpos=0,
            line={"color": colour, "width": 1.5},
            fillcolor="rgba(0,0,0,0)",
            marker={"color": colour, "size": 4, "opacity": 0.6},
            hovertemplate=f"{name}, %{{x}}: SNR %{{y:.1f}}<extra></extra>",
        )
    figure.update_layout(
        boxmode="group",
        showlegend=True,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
        yaxis={"title": "SNR of the accepted", "rangemode": "tozero"},
    )
    return figure
