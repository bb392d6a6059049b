"""A few traces, and the background, over time."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from calscope.model.movie import FloatArray
from calscope.plots import style
from calscope.plots.motion_curves import time_axis
from calscope.plots.scaling import thin

_POINTS = 700
"""Of one trace in a small figure."""
_LANE_PX, _SMALL_RIM_PX = 44, 40


def small_traces_figure(
    raw: FloatArray, denoised: FloatArray, numbers: Sequence[int], fr_hz: float | None
) -> go.Figure:
    """Draw a few traces under each other, each in its own range; the first one on top.

    Parameters
    ----------
    raw, denoised
        (n, T).
    numbers
        (n,) of the components, written beside them.
    """
    time, axis_title = time_axis(raw.shape[1], fr_hz)
    figure = style.blank(len(numbers) * _LANE_PX + _SMALL_RIM_PX)
    lanes = [-float(lane) for lane in range(len(numbers))]
    for lane, both in zip(lanes, zip(raw, denoised, strict=True), strict=True):
        low, high = float(np.min(both)), float(np.max(both))
        for values, colour, width in zip(both, (style.RAW, style.DENOISED), (0.8, 1.4), strict=True):
            index, kept = thin(values, _POINTS)
            lifted = lane + 0.9 * (kept - low) / (high - low or 1.0)
            figure.add_scatter(
                x=time[index], y=np.round(lifted, 3), line={"color": colour, "width": width}, hoverinfo="skip"
            )
    figure.update_xaxes(title={"text": axis_title, "standoff": 2})
    ticks = {"tickvals": [lane + 0.2 for lane in lanes], "ticktext": [str(number) for number in numbers]}
    figure.update_yaxes(showgrid=False, zeroline=False, fixedrange=True, **ticks)
    figure.update_layout(margin={"l": 34, "r": 6, "t": 4, "b": 34})
    return figure


def background_figure(f: FloatArray, fr_hz: float | None) -> go.Figure:
    """Draw the temporal background components, (nb, T), each divided by its mean so that one axis fits all."""
    time, axis_title = time_axis(f.shape[1], fr_hz)
    figure = style.blank(240)
    for number, values in enumerate(f):
        mean = float(np.mean(values))
        index, kept = thin(values / mean if mean > 0 else values)
        figure.add_scatter(x=time[index], y=kept, name=f"f {number}", line={"width": 1.2})
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    figure.update_xaxes(title=axis_title)
    figure.update_yaxes(title="relative to its mean")
    return figure
