"""What was measured in a raw recording: cells over the correlation image, and the average transient with its decay."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.proposals import AverageTransient, Measurements
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.images import Panel, image_row
from calscope.plots.scaling import display_range

_CIRCLE_POINTS = 40


def measured_cells_figure(found: Measurements, dxy_um: Pair | None, *, width_px: int) -> go.Figure:
    """Draw a circle of each measured cell's diameter over the correlation image, and the usual one in a corner."""
    panel = Panel(found.corr, "", display_range([found.corr], 50.0, 99.7))
    figure = image_row([panel], dxy_um=dxy_um, colours="gray", width_px=width_px, bar=False, bar_in_px=True)
    figure.update_traces(showlegend=False)
    for y, x, diameter in found.cells.tolist():
        _add_circle(figure, y, x, diameter / 2, style.ACCEPTED_ON_IMAGE, 1.2)
    usual = found.get("soma_diameter_px")
    if usual is not None:
        _add_circle(figure, usual.value, usual.value, usual.value / 2, style.REJECTED_ON_IMAGE, 2.0)
    figure.update_layout(margin={"l": 2, "r": 2, "t": 4, "b": 4})
    return figure


def _add_circle(figure: go.Figure, y: float, x: float, radius: float, colour: str, width: float) -> None:  # noqa: PLR0917
    angle = np.linspace(0, 2 * np.pi, _CIRCLE_POINTS)
    figure.add_scatter(
        x=np.round(x + radius * np.cos(angle), 2),
        y=np.round(y + radius * np.sin(angle), 2),
        mode="lines",
        line={"color": colour, "width": width},
        hoverinfo="skip",
        showlegend=False,
    )


def transient_figure(transient: AverageTransient, fr_hz: float | None) -> go.Figure:
    """Draw the median of transients that stand alone, and the exponential that was fitted to its fall."""
    at = (np.arange(transient.mean.size) - transient.before) / (fr_hz or 1.0)
    figure = style.blank(190)
    figure.add_scatter(x=at, y=transient.mean, name="transient", mode="lines+markers", line={"color": style.RAW})
    first = transient.before + transient.skipped
    figure.add_scatter(
        x=at[first:],
        y=transient.fitted[transient.skipped :],
        name="fitted decay",
        line={"color": style.ACCEPTED, "width": 2.5},
    )
    legend = {"x": 1, "xanchor": "right", "y": 1}
    figure.update_layout(showlegend=True, legend=legend, margin={"l": 8, "r": style.TOOLBAR_PX, "t": 6, "b": 8})
    figure.update_xaxes(title="time from the peak (s)" if fr_hz else "frames from the peak")
    figure.update_yaxes(title="relative to its height")
    return figure
