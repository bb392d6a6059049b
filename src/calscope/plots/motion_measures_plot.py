"""The measures of the raw and the corrected movies, with their bootstrap intervals."""

import plotly.graph_objects as go

from calscope.model.results import Estimate, MotionQuality, MotionVersion
from calscope.plots import style

TITLES = {
    "crispness": "crispness of the mean image ↑",
    "correlation": "correlation with the rest ↑",
    "residual_flow_px": "residual flow (px) ↓",
    "crispness_corr": "crispness of the correlation image<br>(shown, has no vote)",
}
NAMES: dict[MotionVersion, str] = {"raw": "raw", "rigid": "rigid", "piecewise": "piecewise"}
COLOURS: dict[MotionVersion, str] = {"raw": style.NEUTRAL, "rigid": "#17a2b8", "piecewise": style.ACCEPTED}
_GAP = 0.035


def measures_figure(quality: MotionQuality) -> go.Figure:
    """Draw every measure in a panel of its own: a dot a version, a line for its 95 % interval.

    An arrow in the title tells which way is better.
    """
    figure = style.blank(40 + 62 + 34 * len(quality.measures))
    width = (1 + _GAP) / len(TITLES)
    for number, (measure, title) in enumerate(TITLES.items(), start=1):
        left = (number - 1) * width
        _add_panel(figure, quality, measure, number, (left, left + width - _GAP))
        _add_title(figure, title, left)
    figure.update_layout(margin={"t": 44, "l": 8, "r": style.TOOLBAR_PX})
    return figure


def _add_panel(
    figure: go.Figure, quality: MotionQuality, measure: str, number: int, domain: tuple[float, float]
) -> None:
    place = "" if number == 1 else str(number)
    names = [NAMES[version] for version in quality.measures]
    figure.update_layout(
        {
            f"xaxis{place}": {"domain": domain, "anchor": f"y{place}", "nticks": 6, "zeroline": False},
            f"yaxis{place}": {
                "anchor": f"x{place}",
                "categoryorder": "array",
                "categoryarray": names[::-1],
                "range": [-0.6, len(names) - 0.4],
                "showticklabels": number == 1,
                "fixedrange": True,
            },
        }
    )
    for version, measures in quality.measures.items():
        found: Estimate = getattr(measures, measure)
        figure.add_scatter(
            x=[found.value],
            y=[NAMES[version]],
            xaxis=f"x{place}",
            yaxis=f"y{place}",
            mode="markers",
            marker={"size": 11, "color": COLOURS[version]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(found.high - found.value, 0.0)],
                "arrayminus": [max(found.value - found.low, 0.0)],
                "color": COLOURS[version],
                "thickness": 2.5,
                "width": 5,
            },
            hovertemplate=f"{NAMES[version]}: {found.value:.4g} ({found.low:.4g} to {found.high:.4g})<extra></extra>",
        )


def _add_title(figure: go.Figure, title: str, left: float) -> None:
    figure.add_annotation(
        text=title,
        x=left,
        y=1.0,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        yshift=4,
        align="left",
        showarrow=False,
        font={"size": 12},
    )
