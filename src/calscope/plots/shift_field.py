"""The patches of piecewise-rigid registration over an image, and the shift of each in one frame as an arrow."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import MotionEstimate
from calscope.plots import style
from calscope.plots.images import Panel, image_row
from calscope.plots.scaling import display_range, nice_length

Shown = Literal["whole shift", "without the rigid part"]
SHOWN: tuple[Shown, ...] = ("whole shift", "without the rigid part")
ARROW = "#ffb000"
_GRID = "rgba(255,255,255,0.28)"
_PATCH = "#49b0ff"
MOST_FRAMES = 4000
"""The scale of the arrows is found from that many frames."""
_FACTORS = (1, 1.5, 2, 3, 4, 5, 6, 8)
_HEAD = 0.32
_SPREAD = np.deg2rad(27)


@dataclass(frozen=True)
class Arrows:
    """Shifts at places of the field, and how much longer they are drawn than they are."""

    centers_px: FloatArray
    """(P, 2) px (y, x)."""
    shifts_px: FloatArray
    """(P, 2) px (y, x)."""
    times: float


def arrows_of(motion: MotionEstimate, frame: int, shown: Shown = "whole shift") -> Arrows:
    """Give the arrows of one frame: of every patch, or the one of the whole frame where it is rigid.

    All frames of a recording are drawn to one scale, so that a frame that hardly moved looks like it.
    """
    if motion.shifts_els is None or motion.centers_px is None:
        center = np.asarray([[(side - 1) / 2 for side in motion.shape[1:]]], np.float32)
        return Arrows(center, np.asarray(motion.shifts_rig[[frame]]), _times(motion, "whole shift"))
    shifts = np.asarray(motion.shifts_els[frame])
    if shown == "without the rigid part":
        shifts = shifts - motion.shifts_rig[frame]
    return Arrows(np.asarray(motion.centers_px), shifts, _times(motion, shown))


def _times(motion: MotionEstimate, shown: Shown) -> float:
    """Give a round factor by which nearly the longest arrow of the recording spans three quarters of a patch's step."""
    if motion.shifts_els is None or motion.centers_px is None:
        longest, step = np.linalg.norm(motion.shifts_rig, axis=1), min(motion.shape[1:]) / 3
    else:
        some = slice(None, None, max(1, len(motion.shifts_els) // MOST_FRAMES))
        shifts = np.asarray(motion.shifts_els[some])
        if shown == "without the rigid part":
            shifts = shifts - motion.shifts_rig[some, None]
        longest, step = np.linalg.norm(shifts, axis=2).max(axis=1), _step(motion.centers_px)
    usual = max(float(np.percentile(longest, 99)), 0.05)
    most = max(0.75 * max(step, 8.0) / usual, 1.0)
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(factor * power for factor in _FACTORS if factor * power <= most))


def _step(centers_px: FloatArray) -> float:
    """Give the smallest distance between neighbouring centres; of a single patch, what fits on any field."""
    gaps = [np.diff(np.unique(centers_px[:, axis])) for axis in (0, 1)]
    found = np.concatenate(gaps)
    return float(np.median(found)) if found.size else 32.0


def field_figure(
    image: NDArray,
    motion: MotionEstimate,
    frame: int,
    *,
    title: str,
    dxy_um: Pair | None,
    shown: Shown = "whole shift",
    width_px: int = 470,
) -> go.Figure:
    """Draw patches and the shifts of one frame over an image, with an arrow of known length beside the scale bar."""
    arrows = arrows_of(motion, frame, shown)
    panel = Panel(image, title, display_range([image], 1.0, 99.7))
    figure = image_row(
        [panel], dxy_um=dxy_um, colours="gray", width_px=width_px, bar=False, tallest_px=520, bar_in_px=True
    )
    if motion.patch_shape_px is not None and motion.centers_px is not None:
        _add_patches(figure, np.asarray(motion.centers_px), motion.patch_shape_px)
    _add_arrows(figure, arrows)
    _add_places(figure, arrows, dxy_um)
    _add_reference(figure, arrows, image.shape, dxy_um)
    return figure


def _add_patches(figure: go.Figure, centers_px: FloatArray, shape_px: tuple[int, int]) -> None:
    """Draw the outline of every patch faintly, for they overlap, and of the first one strongly."""
    outlines = patch_outlines(centers_px, shape_px)
    first = outlines[:5]
    for line, look in ((outlines, {"color": _GRID, "width": 1}), (first, {"color": _PATCH, "width": 1.6})):
        figure.add_scatter(x=line[:, 1], y=line[:, 0], mode="lines", hoverinfo="skip", line=look)
    rows, columns = shape_px
    figure.add_annotation(
        text=f"patch {rows} × {columns} px",
        x=float(first[0, 1]),
        y=float(first[0, 0]),
        xanchor="left",
        yanchor="top",
        showarrow=False,
        font={"color": "#a9daff", "size": 12},
        bgcolor="rgba(0,0,0,0.6)",
    )


def patch_outlines(centers_px: FloatArray, shape_px: tuple[int, int]) -> FloatArray:
    """Give the outlines of patches as one line (y, x) with gaps of NaN, (6 P, 2) px, along the edges of pixels."""
    half = np.asarray(shape_px, np.float32) / 2
    corners = np.asarray([(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1), (np.nan, np.nan)], np.float32)
    lines = centers_px[:, None] + corners * half
    return np.asarray(lines.reshape(-1, 2), np.float32)


def arrow_lines(arrows: Arrows) -> FloatArray:
    """Give arrows as one line (y, x) with gaps of NaN, each from its place to where its shift points, (6 P, 2) px."""
    tips = arrows.centers_px + arrows.times * arrows.shifts_px
    back = _HEAD * (arrows.centers_px - tips)
    wings = []
    for turn in (_SPREAD, -_SPREAD):
        c, s = np.cos(turn), np.sin(turn)
        wings.append(tips + np.stack([c * back[:, 0] - s * back[:, 1], s * back[:, 0] + c * back[:, 1]], axis=1))
    gap = np.full_like(tips, np.nan)
    parts = [arrows.centers_px, tips, wings[0], tips, wings[1], gap]
    return np.asarray(np.stack(parts, axis=1).reshape(-1, 2), np.float32)


def _add_arrows(figure: go.Figure, arrows: Arrows) -> None:
    line = np.round(arrow_lines(arrows), 2)
    for look in ({"color": "rgba(0,0,0,0.6)", "width": 4.5}, {"color": ARROW, "width": 2.2}):
        figure.add_scatter(x=line[:, 1], y=line[:, 0], mode="lines", hoverinfo="skip", line=look)


def _add_places(figure: go.Figure, arrows: Arrows, dxy_um: Pair | None) -> None:
    """Put a dot at the foot of every arrow that tells its shift."""
    shifts = np.round(np.column_stack([arrows.shifts_px, arrows.shifts_px * (dxy_um or (1.0, 1.0))]), 2)
    text = "down %{customdata[0]} px, right %{customdata[1]} px"
    if dxy_um is not None:
        text += "<br>down %{customdata[2]} µm, right %{customdata[3]} µm"
    figure.add_scatter(
        x=np.round(arrows.centers_px[:, 1], 2),
        y=np.round(arrows.centers_px[:, 0], 2),
        mode="markers",
        customdata=shifts.tolist(),
        hovertemplate=text + "<extra></extra>",
        marker={"size": 6, "color": ARROW, "line": {"color": "rgba(0,0,0,0.6)", "width": 1}},
    )


def _add_reference(figure: go.Figure, arrows: Arrows, dims: tuple[int, ...], dxy_um: Pair | None) -> None:
    """Draw an arrow of a round length in the lower left corner, and say how long it is and how much it is drawn out."""
    rows, columns = dims
    px_per_unit = 1.0 if dxy_um is None else 1.0 / dxy_um[1]
    length = nice_length(0.28 * columns / (arrows.times * px_per_unit))
    foot = np.asarray([[rows * 0.95, columns * 0.05]], np.float32)
    reference = Arrows(foot, np.asarray([[0.0, length * px_per_unit]], np.float32), arrows.times)
    _add_arrows(figure, reference)
    said = f"{length:g} px" if dxy_um is None else f"{length:g} µm ({length * px_per_unit:.2g} px)"
    figure.add_annotation(
        text=f"{said}, drawn × {arrows.times:g}",
        x=float(foot[0, 1]),
        y=float(foot[0, 0]),
        xanchor="left",
        yanchor="bottom",
        yshift=6,
        showarrow=False,
        font={"color": style.LINE_ON_IMAGE, "size": 12},
        bgcolor="rgba(0,0,0,0.45)",
    )
