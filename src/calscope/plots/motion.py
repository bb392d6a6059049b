"""Shifts, and how well frames match the template, over time."""

import numpy as np
import plotly.graph_objects as go

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import MotionResult
from calscope.plots import style
from calscope.plots.scaling import thin


def time_axis(n_frames: int, fr_hz: float | None) -> tuple[FloatArray, str]:
    """Give the time of every frame and the title of its axis: seconds, or frames where the rate is unknown."""
    frames = np.arange(n_frames, dtype=np.float32)
    return (frames / np.float32(fr_hz), "time (s)") if fr_hz else (frames, "frame (frame rate unknown)")


def shift_figure(motion: MotionResult, fr_hz: float | None, dxy_um: Pair | None) -> go.Figure:
    """Draw the shift of the whole frame down and right over time, and the spread of the patches around it."""
    time, axis_title = time_axis(len(motion.shifts_rig), fr_hz)
    figure = style.blank(240)
    for axis, (name, colour) in enumerate((("down (y)", style.ACCEPTED), ("right (x)", style.REJECTED))):
        if motion.shifts_els is not None:
            _add_spread(figure, time, motion.shifts_els[:, :, axis], colour)
        index, values = thin(motion.shifts_rig[:, axis])
        hover = "%{x:.2f}: %{y:.2f} px" + _in_um(dxy_um, axis)
        figure.add_scatter(
            x=time[index], y=values, name=name, line={"color": colour, "width": 1.4}, hovertemplate=hover
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    figure.update_xaxes(title=axis_title)
    figure.update_yaxes(title="shift (px)", zeroline=True)
    if dxy_um is not None:
        _add_um_axis(figure, motion, dxy_um)
    return figure


def _in_um(dxy_um: Pair | None, axis: int) -> str:
    return "" if dxy_um is None else f" (1 px = {dxy_um[axis]:.3g} µm)"


def _add_spread(figure: go.Figure, time: FloatArray, shifts: FloatArray, colour: str) -> None:
    """Shade from the smallest to the largest patch shift of each frame."""
    low_index, low = thin(shifts.min(axis=1), 2000)
    high_index, high = thin(shifts.max(axis=1), 2000)
    figure.add_scatter(
        x=np.concatenate([time[low_index], time[high_index][::-1]]),
        y=np.concatenate([low, high[::-1]]),
        fill="toself",
        fillcolor=colour,
        opacity=0.28,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def _add_um_axis(figure: go.Figure, motion: MotionResult, dxy_um: Pair) -> None:
    """Add an axis in µm on the right; only where pixels are square, so that one axis is true for both curves."""
    if not np.isclose(dxy_um[0], dxy_um[1]):
        return
    shifts = motion.shifts_rig if motion.shifts_els is None else motion.shifts_els
    low, high = float(shifts.min()), float(shifts.max())
    rim = 0.06 * max(high - low, 1.0)
    low, high = low - rim, high + rim
    figure.update_layout(
        yaxis={"range": [low, high]},
        yaxis2={
            "title": "shift (µm)",
            "overlaying": "y",
            "side": "right",
            "range": [low * dxy_um[0], high * dxy_um[0]],
            "showgrid": False,
            "zeroline": False,
            "tickmode": "auto",
            "nticks": 5,
            "fixedrange": True,
        },
    )
    figure.update_layout(yaxis={"fixedrange": True})
    figure.add_scatter(x=[None], y=[None], yaxis="y2", hoverinfo="skip", showlegend=False)


def template_match_figure(motion: MotionResult, fr_hz: float | None) -> go.Figure:
    """Draw the correlation of every frame with the template, before and after correction."""
    time, axis_title = time_axis(len(motion.corr_before), fr_hz)
    figure = style.blank(240)
    for name, values, colour in (
        ("before", motion.corr_before, style.NEUTRAL),
        ("after", motion.corr_after, style.DENOISED),
    ):
        index, kept = thin(values)
        figure.add_scatter(
            x=time[index],
            y=kept,
            name=name,
            line={"color": colour, "width": 1.2},
            hovertemplate="%{x:.2f}: %{y:.3f}",
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    figure.update_xaxes(title=axis_title)
    figure.update_yaxes(title="correlation with template")
    return figure
