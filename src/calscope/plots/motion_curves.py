"""Shifts, and how well frames match the template, over time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import MotionCorrection, MotionEstimate, MotionQuality
from calscope.plots import style
from calscope.plots.scaling import thin

AXES = (("down (y)", style.ACCEPTED), ("right (x)", style.REJECTED))
MOST_MARKS = 400
MOST_POINTS = 240
"""So many points of a curve can be clicked; each is a thing to draw for the browser, and wider than their distance."""
LEAST_PX = 0.5
"""The axis of the shifts reaches at least so far, so that a recording that holds still looks like it."""
UM_AXIS_PX = 46
"""Takes the numbers and the title of the axis in µm."""
_LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def time_axis(n_frames: int, fr_hz: float | None) -> tuple[FloatArray, str]:
    """Give the time of every frame and the title of its axis: seconds, or frames where the rate is unknown."""
    frames = np.arange(n_frames, dtype=np.float32)
    return (frames / np.float32(fr_hz), "time (s)") if fr_hz else (frames, "frame (frame rate unknown)")


def _ends(time: FloatArray) -> list[float]:
    return [float(time[0]), max(float(time[-1]), float(time[0]) + 1e-3)]


def shift_figure(
    motion: MotionEstimate,
    fr_hz: float | None,
    dxy_um: Pair | None,
    largest: Sequence[int] = (),
    true: FloatArray | None = None,
) -> go.Figure:
    """Draw the shift of the whole frame down and right over time, and the spread of the patches around it.

    Parameters
    ----------
    largest
        Frames with the largest motion, to be marked.
    true
        (T, 2) px (y, x) true shifts of a simulated recording, to be drawn dotted.
    """
    time, axis_title = time_axis(len(motion.shifts_rig), fr_hz)
    figure = style.blank(270)
    _add_shifts(figure, motion, time, dxy_um)
    if true is not None:
        _add_true(figure, true, time)
    low, high = _shift_range(motion)
    if largest:
        _add_largest(figure, time, largest, high)
    figure.update_layout(showlegend=True, legend=_LEGEND)
    figure.update_xaxes(title=axis_title, range=_ends(time))
    figure.update_yaxes(title="shift (px)", zeroline=True, range=[low, high])
    if dxy_um is not None:
        _add_um_axis(figure, (low, high), dxy_um)
    return figure


def shifts_around(motion: MotionEstimate, frame: int, fr_hz: float | None, reach: int = 45) -> go.Figure:
    """Draw the shifts of the frames around one, which a line marks."""
    time, axis_title = time_axis(len(motion.shifts_rig), fr_hz)
    near = slice(max(frame - reach, 0), min(frame + reach + 1, len(time)))
    figure = style.blank(200)
    for axis, (name, colour) in enumerate(AXES):
        if motion.shifts_els is not None:
            patches = np.asarray(motion.shifts_els[near, :, axis])
            _add_band(figure, time[near], patches.min(axis=1), patches.max(axis=1), colour)
        look = {"color": colour, "width": 1.4}
        figure.add_scatter(x=time[near], y=motion.shifts_rig[near, axis], name=name, line=look, hoverinfo="skip")
    figure.add_vline(x=float(time[frame]), line={"color": style.NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(title=axis_title)
    figure.update_yaxes(title="shift (px)")
    return figure


def _add_shifts(figure: go.Figure, motion: MotionEstimate, time: FloatArray, dxy_um: Pair | None) -> None:
    if motion.shifts_els is not None:
        for axis, (name, colour) in enumerate(AXES):
            _add_spread(figure, time, motion.shifts_els[:, :, axis], colour, name)
    for axis, (name, colour) in enumerate(AXES):
        index, values = thin(motion.shifts_rig[:, axis])
        look = {"color": colour, "width": 1.4}
        figure.add_scatter(x=time[index], y=values, name=name, mode="lines", line=look, hoverinfo="skip")
    for axis, (name, colour) in enumerate(AXES):
        index, values = thin(motion.shifts_rig[:, axis], MOST_POINTS)
        _add_points(figure, time[index], values, f"{name}{_in_um(dxy_um, axis)}", colour)


def _add_true(figure: go.Figure, true: FloatArray, time: FloatArray) -> None:
    for axis, (name, _) in enumerate(AXES):
        index, values = thin(true[:, axis])
        look = {"color": style.NEUTRAL, "width": 1.2, "dash": "dot"}
        figure.add_scatter(x=time[index], y=values, name=f"true, {name}", mode="lines", line=look, hoverinfo="skip")


def _add_points(figure: go.Figure, time: FloatArray, values: FloatArray, name: str, colour: str) -> None:
    """Lay points nobody sees over a curve: Plotly lets points be clicked, and not lines."""
    figure.add_scatter(
        x=time,
        y=values,
        mode="markers",
        showlegend=False,
        marker={"size": 9, "color": colour, "opacity": 0.01},
        selected={"marker": {"opacity": 0.01}},
        unselected={"marker": {"opacity": 0.01}},
        hovertemplate="%{x:.2f}: %{y:.2f} px<extra>" + name + "</extra>",
    )


def _in_um(dxy_um: Pair | None, axis: int) -> str:
    return "" if dxy_um is None else f" (1 px = {dxy_um[axis]:.3g} µm)"


def _add_spread(figure: go.Figure, time: FloatArray, shifts: FloatArray, colour: str, name: str) -> None:
    """Shade from the smallest to the largest patch shift of each frame."""
    low_index, low = thin(shifts.min(axis=1), 2000)
    high_index, high = thin(shifts.max(axis=1), 2000)
    _add_band(figure, time[low_index], low, high, colour, high_time=time[high_index], name=f"patches, {name}")


def _add_band(
    figure: go.Figure,
    low_time: FloatArray,
    low: FloatArray,
    high: FloatArray,
    colour: str,
    *,
    high_time: FloatArray | None = None,
    name: str = "",
) -> None:
    upper = low_time if high_time is None else high_time
    figure.add_scatter(
        x=np.concatenate([low_time, upper[::-1]]),
        y=np.concatenate([low, high[::-1]]),
        mode="lines",
        fill="toself",
        fillcolor=colour,
        opacity=0.28,
        line={"width": 0, "color": colour},
        hoverinfo="skip",
        name=name,
        showlegend=bool(name),
    )


def _shift_range(motion: MotionEstimate) -> tuple[float, float]:
    shifts = motion.shifts_rig if motion.shifts_els is None else motion.shifts_els
    low, high = min(float(shifts.min()), -LEAST_PX), max(float(shifts.max()), LEAST_PX)
    rim = 0.08 * (high - low)
    return low - rim, high + rim


def _add_largest(figure: go.Figure, time: FloatArray, largest: Sequence[int], top: float) -> None:
    """Mark frames at the upper edge, where no curve hides them; a click on one chooses it."""
    figure.add_scatter(
        x=time[list(largest)],
        y=[top] * len(largest),
        mode="markers",
        name="largest motion",
        cliponaxis=False,
        customdata=[[frame] for frame in largest],
        marker={"symbol": "triangle-down", "size": 11, "color": style.NEUTRAL},
        # Plotly dims what is not chosen.
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        hovertemplate="frame %{customdata[0]}<extra>click to see its field</extra>",
    )


def _add_um_axis(figure: go.Figure, shown: tuple[float, float], dxy_um: Pair) -> None:
    """Add an axis in µm on the right; only where pixels are square, so that one axis is true for both curves."""
    if not np.isclose(dxy_um[0], dxy_um[1]):
        return
    figure.update_layout(
        yaxis={"fixedrange": True},
        margin={"r": style.TOOLBAR_PX + UM_AXIS_PX},
        yaxis2={
            "automargin": False,  # Plotly would take the toolbar's place for it
            "title": "shift (µm)",
            "overlaying": "y",
            "side": "right",
            "range": [edge * dxy_um[0] for edge in shown],
            "showgrid": False,
            "zeroline": False,
            "tickmode": "auto",
            "nticks": 5,
            "fixedrange": True,
        },
    )
    figure.add_scatter(x=[None], y=[None], yaxis="y2", hoverinfo="skip", showlegend=False)


def frame_of_click(event: Mapping[str, Any] | None, fr_hz: float | None, n_frames: int) -> int | None:
    """Give the frame of a click on the shifts, from the point's time; None where nothing was clicked."""
    for point in ((event or {}).get("selection") or {}).get("points") or ():
        if isinstance(point.get("x"), int | float):
            return int(np.clip(round(point["x"] * (fr_hz or 1.0)), 0, n_frames - 1))
    return None


def template_match_figure(
    motion: MotionCorrection, fr_hz: float | None, got_worse: NDArray[np.bool_] | None = None
) -> go.Figure:
    """Draw the correlation of every frame with the template, raw and corrected.

    Parameters
    ----------
    got_worse
        (T,) frames that match less after than before, to be marked.
    """
    raw, corrected = motion.estimate.corr_raw, motion.corrected.corr_corrected
    time, axis_title = time_axis(len(raw), fr_hz)
    figure = style.blank(240)
    for name, values, colour in (
        ("raw", raw, style.NEUTRAL),
        ("corrected", corrected, style.DENOISED),
    ):
        index, kept = thin(values)
        figure.add_scatter(
            x=time[index],
            y=kept,
            name=name,
            line={"color": colour, "width": 1.2},
            hovertemplate="%{x:.2f}: %{y:.3f}",
        )
    if got_worse is not None:
        _add_marks(figure, time, corrected, got_worse, "got worse")
    figure.update_layout(showlegend=True, legend=_LEGEND)
    figure.update_xaxes(title=axis_title, range=_ends(time))
    figure.update_yaxes(title="correlation with template")
    return figure


def margin_figure(quality: MotionQuality, fr_hz: float | None) -> go.Figure:
    """Draw how far the shift of every frame is from max_shifts; frames that end there are marked."""
    time, axis_title = time_axis(len(quality.margin_to_max_shift_px), fr_hz)
    figure = style.blank(240)
    index, kept = thin(np.asarray(quality.margin_to_max_shift_px))
    figure.add_scatter(
        x=time[index],
        y=kept,
        name="margin",
        line={"color": style.DENOISED, "width": 1.2},
        hovertemplate="%{x:.2f}: %{y:.2f} px",
    )
    _add_marks(figure, time, quality.margin_to_max_shift_px, quality.clipped, "at max_shifts")
    figure.update_layout(showlegend=True, legend=_LEGEND)
    figure.update_xaxes(title=axis_title, range=_ends(time))
    figure.update_yaxes(title="margin to max_shifts (px)", rangemode="tozero")
    return figure


def _add_marks(figure: go.Figure, time: FloatArray, values: FloatArray, which: NDArray[np.bool_], name: str) -> None:
    """Mark frames in orange, with their number in the legend; of very many only some are drawn."""
    frames = np.flatnonzero(which)
    if not len(frames):
        return
    drawn = frames[:: -(-len(frames) // MOST_MARKS)]
    figure.add_scatter(
        x=time[drawn],
        y=np.asarray(values)[drawn],
        mode="markers",
        name=f"{name} ({len(frames)} {'frame' if len(frames) == 1 else 'frames'})",
        customdata=drawn[:, None].tolist(),
        cliponaxis=False,
        marker={"symbol": "triangle-up", "size": 9, "color": style.REJECTED},
        hovertemplate="frame %{customdata[0]}: %{y:.3f}<extra></extra>",
    )
