"""What the parameters of the search mean, drawn over the field: size of a soma, patches, and places to begin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.plots import style
from calscope.plots.images import PAGE_PX, TITLE_PX, Panel, add_panel, add_scale_bar, meta_of

SOMA, PATCHES, SEEDS = 1, 2, 3
"""Places in the row."""
TALLEST_PX = 420
MOST_RINGS = 12
_CIRCLE_POINTS = 41
_BAND = "rgba(73,176,255,0.30)"
_EDGE = "rgba(255,255,255,0.45)"
_PALE = "rgba(255,255,255,0.75)"


@dataclass(frozen=True)
class Search:
    """Where and how cells would be looked for."""

    gSig: tuple[int, int]
    """Half-size of a soma, px (y, x)."""
    gSiz: tuple[int, int]
    """Side of the window around a seed, px (y, x)."""
    patches: Sequence[tuple[slice, slice]]
    """Rows and columns of each patch; none where the values don't fit together."""
    cells_px: NDArray[np.intp]
    """(k, 2) places (y, x) on which rings are drawn, the brightest first."""
    spots_px: NDArray[np.intp]
    """(n, 2) bright spots (y, x), the brightest first."""
    seeds_px: NDArray[np.intp]
    """(m, 2) those of them from which the search would begin."""
    K: int
    """Components looked for in each patch."""


@dataclass(frozen=True)
class Window:
    """A part of the field that is shown as a close-up."""

    top: int
    left: int
    side: int

    def shows(self, places_px: NDArray[np.intp]) -> NDArray[np.intp]:
        """Give the places, (n, 2), that lie in it."""
        y, x = places_px[:, 0] - self.top, places_px[:, 1] - self.left
        return places_px[(y >= 0) & (y < self.side) & (x >= 0) & (x < self.side)]


def busiest_window(spots_px: NDArray[np.intp], dims: tuple[int, int], side: int) -> Window:
    """Give the square window, cut to the field, around one of the spots that shows most of them."""
    side = min(side, *dims)
    best, most = Window((dims[0] - side) // 2, (dims[1] - side) // 2, side), 0
    for y, x in spots_px:
        top = int(np.clip(y - side // 2, 0, dims[0] - side))
        left = int(np.clip(x - side // 2, 0, dims[1] - side))
        window = Window(top, left, side)
        count = len(window.shows(spots_px))
        if count > most:
            best, most = window, count
    return best


def search_preview_figure(field: Panel, search: Search, window: Window, dxy_um: Pair | None) -> go.Figure:
    """Draw rings of a soma's size on cells in a close-up, the patches, and the seeds; the last two zoom together.

    Parameters
    ----------
    field
        The correlation image.
    window
        The part of it on which rings are drawn.
    """
    dims = field.image.shape
    near = field.image[window.top : window.top + window.side, window.left : window.left + window.side]
    height = min(TALLEST_PX, round(PAGE_PX / 3 * 0.96 * dims[0] / dims[1]))
    figure = style.blank(max(height, 180) + TITLE_PX)
    figure.update_layout(
        margin={"l": 2, "r": 2, "t": TITLE_PX, "b": 4}, uirevision="search preview", meta=meta_of(dims, SEEDS)
    )
    add_panel(figure, Panel(near, "Soma size, close-up", field.shown), SOMA, SEEDS, "gray")
    add_panel(figure, Panel(field.image, "Patches and their overlap", field.shown), PATCHES, SEEDS, "gray")
    add_panel(figure, Panel(field.image, "Seeds", field.shown), SEEDS, SEEDS, "gray")
    figure.update_layout(
        xaxis2={"matches": None}, yaxis2={"matches": None}, xaxis3={"matches": "x2"}, yaxis3={"matches": "y2"}
    )
    _add_rings(figure, search, window)
    if search.patches:
        _add_quilt(figure, search.patches, dims)
    _add_seeds(figure, search)
    add_scale_bar(figure, near.shape, dxy_um, SOMA)
    add_scale_bar(figure, dims, dxy_um, PATCHES)
    return figure


def _add_rings(figure: go.Figure, search: Search, window: Window) -> None:
    shown = window.shows(search.cells_px)[:MOST_RINGS] - np.asarray([window.top, window.left])
    # A soma of half-size gSig takes 2·gSig + 1 pixels.
    half = np.asarray(search.gSig) + 0.5
    angle = np.linspace(0, 2 * np.pi, _CIRCLE_POINTS)
    circle = np.column_stack([half[1] * np.cos(angle), half[0] * np.sin(angle)])
    _add_lines(figure, _at(circle, shown), SOMA, {"color": style.NOT_EVALUATED, "width": 2.0})
    side = np.asarray(search.gSiz) / 2
    square = np.asarray([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * side[::-1]
    _add_lines(figure, _at(square, shown), SOMA, {"color": _PALE, "width": 1.1, "dash": "dot"})


def _at(outline: NDArray, places_px: NDArray) -> list[NDArray]:
    return [outline + np.asarray([x, y]) for y, x in places_px]


def _add_quilt(figure: go.Figure, patches: Sequence[tuple[slice, slice]], dims: tuple[int, int]) -> None:
    """Draw the edges of all patches, tint what two or more share, and draw one patch strongly."""
    rows, columns = _cuts(rows for rows, _ in patches), _cuts(columns for _, columns in patches)
    height, width = dims
    for bands in (
        [_rectangle(a, b, 0, width) for a, b in shared(rows, height)],
        [_rectangle(0, height, a, b) for a, b in shared(columns, width)],
    ):
        _add_lines(figure, bands, PATCHES, {"width": 0}, fill=_BAND)
    edges = [np.asarray([[-0.5, at - 0.5], [width - 0.5, at - 0.5]]) for at in _ends(rows)]
    edges += [np.asarray([[at - 0.5, -0.5], [at - 0.5, height - 0.5]]) for at in _ends(columns)]
    _add_lines(figure, edges, PATCHES, {"color": _EDGE, "width": 0.8})
    (top, bottom), (left, right) = rows[(len(rows) - 1) // 2], columns[(len(columns) - 1) // 2]
    _add_lines(figure, [_rectangle(top, bottom, left, right)], PATCHES, {"color": style.NOT_EVALUATED, "width": 2.4})


def _cuts(slices: Iterable[slice]) -> list[tuple[int, int]]:
    return sorted({(cut.start, cut.stop) for cut in slices})


def _ends(cuts: Sequence[tuple[int, int]]) -> list[int]:
    return sorted({end for cut in cuts for end in cut})


def shared(cuts: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Give the stretches of 0 to `length` that lie in two or more of the (start, stop) in `cuts`."""
    steps = np.zeros(length + 1, np.intp)
    for start, stop in cuts:
        steps[start] += 1
        steps[stop] -= 1
    inside = np.cumsum(steps)[:-1] >= 2
    changes = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
    return [(int(a), int(b)) for a, b in changes.reshape(-1, 2)]


def _rectangle(top: int, bottom: int, left: int, right: int) -> NDArray:
    """Corners (x, y) around the pixels of these rows and columns (stops exclusive)."""
    corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    return np.asarray(corners, np.float64) - 0.5


def _add_seeds(figure: go.Figure, search: Search) -> None:
    """Draw the spots from which the search would begin as dots, the others hollow."""
    begun = {(int(y), int(x)) for y, x in search.seeds_px}
    left = np.asarray([spot for spot in search.spots_px.tolist() if tuple(spot) not in begun], np.intp).reshape(-1, 2)
    hollow = {"size": 6, "color": "rgba(0,0,0,0)", "line": {"color": _PALE, "width": 1}}
    _add_points(figure, left, "left out at this K", hollow)
    dots = {"size": 5, "color": style.REJECTED_ON_IMAGE, "line": {"color": "rgba(0,0,0,0.55)", "width": 0.6}}
    _add_points(figure, search.seeds_px, "a seed", dots)


def _add_points(figure: go.Figure, places_px: NDArray, name: str, marker: dict[str, object]) -> None:
    figure.add_scatter(
        x=places_px[:, 1],
        y=places_px[:, 0],
        mode="markers",
        marker=marker,
        xaxis=f"x{SEEDS}",
        yaxis=f"y{SEEDS}",
        hovertemplate="y %{y}, x %{x}<extra>" + name + "</extra>",
    )


def _add_lines(
    figure: go.Figure, pieces: Sequence[FloatArray | NDArray], place: int, line: dict[str, object], fill: str = ""
) -> None:
    """Draw pieces, each (n, 2) px as (x, y), as one trace with gaps."""
    gap = np.full((1, 2), np.nan)
    points = np.round(np.vstack([row for piece in pieces for row in (piece, gap)] or [gap]), 2)
    axis = "" if place == 1 else str(place)
    figure.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="lines",
        hoverinfo="skip",
        line=line,
        fill="toself" if fill else None,
        fillcolor=fill or None,
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )
