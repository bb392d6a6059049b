"""Outlines of footprints, and maps of them over an image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.images import Panel, image_row

ENERGY = 0.9
_FINER = 4
_RIM = 2
_HALO_WIDTH = 2.4

Outline = FloatArray
"""(n, 2) px as (x, y); pieces of one footprint are separated by a row of NaN."""


@dataclass(frozen=True)
class Group:
    """Components drawn in one colour."""

    name: str
    colour: str
    components: tuple[int, ...]


def outlines(A: csc_matrix, dims: tuple[int, int], energy: float = ENERGY) -> tuple[Outline, ...]:
    """Outline each footprint where its brightest pixels hold `energy` of its sum of squares, as CaImAn draws them.

    Parameters
    ----------
    A
        (H*W, K) footprints in Fortran pixel order.
    dims
        Rows, columns.
    """
    return tuple(_outline(A.indices[a:b], A.data[a:b], dims, energy) for a, b in zip(A.indptr, A.indptr[1:]))  # noqa: B905


def _outline(pixels: NDArray, weights: NDArray, dims: tuple[int, int], energy: float) -> Outline:
    level = _level(weights, energy)
    if level is None:
        return np.empty((0, 2), np.float32)
    x, y = np.divmod(pixels, dims[0])
    top, left = int(y.min()) - _RIM, int(x.min()) - _RIM
    crop = np.zeros((int(y.max()) - top + _RIM + 1, int(x.max()) - left + _RIM + 1), np.float32)
    crop[y - top, x - left] = weights
    fine = cv2.resize(crop, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_LINEAR)
    found, _ = cv2.findContours((fine >= level).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    pieces = [_closed(piece[:, 0]) for piece in found if len(piece) > 2 * _FINER]
    if not pieces:
        return np.empty((0, 2), np.float32)
    # cv2.resize maps the centre of fine pixel i to (i + 0.5) / FINER - 0.5.
    return np.asarray((_with_gaps(pieces) + 0.5) / _FINER - 0.5 + (left, top), np.float32)


def _level(weights: NDArray, energy: float) -> float | None:
    """Give the value halfway between the dimmest pixel that belongs inside and the brightest one that does not."""
    rising = np.sort(weights[weights > 0]).astype(np.float64)
    if rising.size == 0:
        return None
    held = np.cumsum(rising[::-1] ** 2)
    inside = rising[max(rising.size - 1 - int(held.searchsorted(energy * held[-1])), 0)]
    n_outside = int(rising.searchsorted(inside))
    return float(inside + (rising[n_outside - 1] if n_outside else 0.0)) / 2


def _closed(piece: NDArray) -> FloatArray:
    kept = np.concatenate([piece[::2], piece[:1]])
    return kept.astype(np.float32)


def _with_gaps(pieces: Sequence[FloatArray]) -> FloatArray:
    if len(pieces) == 1:
        return pieces[0]
    gap = np.full((1, 2), np.nan, np.float32)
    return np.vstack([row for piece in pieces for row in (piece, gap)][:-1])


def join(lines: Sequence[Outline], which: Iterable[int]) -> FloatArray:
    """Join the outlines of some components into one line with gaps of NaN, (n, 2)."""
    chosen = [lines[i] for i in which if len(lines[i])]
    return _with_gaps(chosen) if chosen else np.empty((0, 2), np.float32)


def contour_map(
    panel: Panel,
    lines: Sequence[Outline],
    groups: Sequence[Group],
    centers_px: FloatArray,
    *,
    dxy_um: Pair | None = None,
    colours: str = "gray",
    width_px: int = 470,
) -> go.Figure:
    """Draw outlines over an image, each group as one line, with a marker on every centre that a click can choose.

    The figure must not depend on what is chosen: Streamlit forgets zoom and choice when a figure changes.
    """
    figure = image_row([panel], dxy_um=dxy_um, colours=colours, width_px=width_px, bar=False)
    for group in groups:
        line = join(lines, group.components)
        if group.colour == style.NOT_EVALUATED:
            add_halo(figure, line, 1.6)
        _add_line(figure, line, {"color": group.colour, "width": 1.6})
    for group in groups:
        _add_centres(figure, group, centers_px)
    return figure


def _add_centres(figure: go.Figure, group: Group, centers_px: FloatArray) -> None:
    chosen = list(group.components)
    figure.add_scatter(
        x=np.round(centers_px[chosen, 1], 2),
        y=np.round(centers_px[chosen, 0], 2),
        mode="markers",
        name=group.name,
        customdata=[[number] for number in chosen],
        hovertemplate="component %{customdata[0]}<extra>" + group.name + "</extra>",
        marker={"size": 14, "color": group.colour, "opacity": 0.02},
        # Plotly dims what is not chosen; the markers are there to be clicked, not seen.
        selected={"marker": {"opacity": 0.02}},
        unselected={"marker": {"opacity": 0.02}},
    )


def add_truth(figure: go.Figure, lines: Sequence[Outline]) -> None:
    """Draw the outlines of a truth, which no click can choose."""
    _add_line(figure, join(lines, range(len(lines))), {"color": style.TRUTH_ON_IMAGE, "width": 1.6})


def _add_line(figure: go.Figure, line: FloatArray, look: dict[str, object]) -> None:
    points = np.round(line, 2)
    figure.add_scatter(x=points[:, 0], y=points[:, 1], mode="lines", hoverinfo="skip", line=look)


def add_halo(figure: go.Figure, line: FloatArray, width: float, **place: object) -> None:
    """Draw a dark edge, before the pale line of this width, without which it is lost on what is bright.

    Parameters
    ----------
    place
        What the line's own trace has besides: axes, name, group of the legend.
    """
    points = np.round(line, 2)
    look = {"color": style.HALO, "width": width + _HALO_WIDTH}
    figure.add_scatter(
        x=points[:, 0], y=points[:, 1], mode="lines", hoverinfo="skip", line=look, showlegend=False, **place
    )


def group_by_acceptance(accepted: NDArray[np.bool_]) -> tuple[Group, Group]:
    """Give the accepted in blue and the rejected in orange."""
    return (
        Group("accepted", style.ACCEPTED_ON_IMAGE, tuple(int(i) for i in np.flatnonzero(accepted))),
        Group("rejected", style.REJECTED_ON_IMAGE, tuple(int(i) for i in np.flatnonzero(~accepted))),
    )
