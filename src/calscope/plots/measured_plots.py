"""What was measured in a raw recording, a picture for each measurement: cells, decay, shifts, parts, noise."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.motion_preview import MotionSurvey
from calscope.model.movie import FloatArray
from calscope.model.proposals import AverageTransient, Measurements
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.images import Panel, image_row
from calscope.plots.scaling import display_range

_CIRCLE_POINTS = 40
_LOW_PX = 190
_MOST_POINTS = 1500
_CLEAR_PX = 0.3
"""Movement of a part that is drawn in full colour, at least."""


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
    figure = style.blank(_LOW_PX)
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


def shifts_figure(survey: MotionSurvey, limits_px: tuple[float, float] | None) -> go.Figure:
    """Draw how far each frame lies from where the field mostly lies, and limits (y, x) of a correction."""
    away = (survey.shifts - np.median(survey.shifts, axis=0)).astype(np.float32)
    every = max(1, len(away) // _MOST_POINTS)
    at, furthest = _furthest(survey.frames, away, every)
    figure = style.blank(_LOW_PX)
    for axis, (name, colour) in enumerate((("y", style.ACCEPTED), ("x", style.REJECTED))):
        figure.add_scatter(x=at, y=furthest[:, axis], name=name, mode="lines", line={"color": colour, "width": 1.2})
        for limit in (limits_px[axis], -limits_px[axis]) if limits_px else ():
            figure.add_hline(limit, line={"color": colour, "width": 1.2, "dash": "dash"})
    legend = {"x": 1, "xanchor": "right", "y": 1, "orientation": "h"}
    figure.update_layout(showlegend=True, legend=legend, margin={"l": 8, "r": style.TOOLBAR_PX, "t": 6, "b": 8})
    figure.update_xaxes(title="frame")
    figure.update_yaxes(title="shift (px)")
    return figure


def _furthest(frames: NDArray, away: FloatArray, every: int) -> tuple[NDArray, FloatArray]:
    """Give of every few frames the shift that is furthest, so that none of a long movie is left out."""
    n = len(away) // every
    parts = away[: n * every].reshape(n, every, 2)
    picked = np.take_along_axis(parts, np.abs(parts).argmax(axis=1)[:, None], axis=1)[:, 0]
    return frames[: n * every : every], np.round(picked, 2)


def parts_figure(parts_px: FloatArray) -> go.Figure:
    """Draw how far each part of the field moves on its own, as numbers on shades."""
    figure = style.blank(_LOW_PX)
    told = [["" if np.isnan(px) else f"{px:.2f}" for px in row] for row in parts_px]
    figure.add_heatmap(
        z=parts_px,
        text=told,
        texttemplate="%{text}",
        colorscale=[[0, "rgba(31,119,180,0.08)"], [1, "rgba(31,119,180,0.75)"]],
        zmin=0,
        zmax=max(_CLEAR_PX, float(np.nanmax(parts_px, initial=0))),
        showscale=False,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
    )
    figure.update_layout(margin={"l": 8, "r": style.TOOLBAR_PX, "t": 6, "b": 8})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    return figure


def noise_figure(curve: FloatArray, per_unit: float | None) -> go.Figure:
    """Draw the noise variance of pixels over their light, and the line whose slope is what one photon makes."""
    figure = style.blank(_LOW_PX)
    light, variance = curve.T
    figure.add_scatter(x=light, y=variance, name="pixels", mode="markers", marker={"color": style.DENOISED, "size": 6})
    if per_unit is not None:
        line = variance.mean() + per_unit * (light - light.mean())
        figure.add_scatter(x=light, y=line, name="as of photons", mode="lines", line={"color": style.REJECTED})
    legend = {"x": 0, "xanchor": "left", "y": 1}
    figure.update_layout(showlegend=True, legend=legend, margin={"l": 8, "r": style.TOOLBAR_PX, "t": 6, "b": 8})
    figure.update_xaxes(title="light of a pixel (units of the movie)")
    figure.update_yaxes(title="noise variance", rangemode="tozero")
    return figure
