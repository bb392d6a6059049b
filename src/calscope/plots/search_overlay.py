"""What the parameters of the search mean, drawn over the field: size of a soma, patches, and places to begin."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.recording import Pair
from calscope.plots import png, style
from calscope.plots.images import Panel
from calscope.plots.scaling import scale_bar, to_codes

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


@dataclass(frozen=True)
class Lines:
    """Lines or areas over an image."""

    pieces: tuple[NDArray[np.float64], ...]
    """Each (n, 2) px as (x, y); the middle of the first pixel is (0, 0)."""
    colour: str
    width_px: float = 0.0
    """On the screen; 0 where only the area is drawn."""
    dotted: bool = False
    fill: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give what a page draws: all pieces as one SVG path."""
        points = (" ".join(f"{round(x, 2):g},{round(y, 2):g}" for x, y in piece) for piece in self.pieces)
        path = "".join(f"M{text}" for text in points)
        return {"path": path} | {name: getattr(self, name) for name in ("colour", "width_px", "dotted", "fill")}


@dataclass(frozen=True)
class Dots:
    """Round marks at pixels of an image."""

    places_px: NDArray[np.intp]
    """(n, 2) as (y, x)."""
    name: str
    """What each of them is."""
    across_px: float
    """On the screen."""
    colour: str
    edge: str

    def to_dict(self) -> dict[str, Any]:
        """Give what a page draws."""
        return asdict(self) | {"places_px": self.places_px.tolist()}


@dataclass(frozen=True)
class Overlay:
    """An image with what is drawn over it."""

    panel: Panel
    lines: tuple[Lines, ...] = ()
    dots: tuple[Dots, ...] = ()
    dxy_um: Pair | None = None
    """Pixel size (y, x) for the scale bar."""

    def to_dict(self) -> dict[str, Any]:
        """Give what a page draws; the image as PNG, the scale bar in percent of its width."""
        rows, columns = self.panel.image.shape
        bar = scale_bar(columns, self.dxy_um)
        return {
            "title": self.panel.title,
            "rows": rows,
            "columns": columns,
            "picture": png.data_uri(to_codes(self.panel.image, self.panel.shown), png.palette("gray")),
            "lines": [line.to_dict() for line in self.lines],
            "dots": [dots.to_dict() for dots in self.dots],
            "bar": {"percent": 100 * bar.length_px / columns, "text": bar.text},
        }


def search_overlays(
    field: Panel, search: Search, window: Window, dxy_um: Pair | None
) -> tuple[Overlay, Overlay, Overlay]:
    """Give rings of a soma's size on cells in a close-up, the patches, and the seeds.

    Parameters
    ----------
    field
        The correlation image.
    window
        The part of it on which rings are drawn.
    """
    near = field.image[window.top : window.top + window.side, window.left : window.left + window.side]
    return (
        Overlay(Panel(near, "Soma size, close-up", field.shown), _rings(search, window), dxy_um=dxy_um),
        Overlay(
            Panel(field.image, "Patches and their overlap", field.shown),
            _quilt(search.patches, field.image.shape) if search.patches else (),
            dxy_um=dxy_um,
        ),
        Overlay(Panel(field.image, "Seeds", field.shown), dots=_seeds(search), dxy_um=dxy_um),
    )


def _rings(search: Search, window: Window) -> tuple[Lines, Lines]:
    shown = window.shows(search.cells_px)[:MOST_RINGS] - np.asarray([window.top, window.left])
    # A soma of half-size gSig takes 2·gSig + 1 pixels.
    half = np.asarray(search.gSig) + 0.5
    angle = np.linspace(0, 2 * np.pi, _CIRCLE_POINTS)
    circle = np.column_stack([half[1] * np.cos(angle), half[0] * np.sin(angle)])
    side = np.asarray(search.gSiz) / 2
    square = np.asarray([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * side[::-1]
    return (
        Lines(_at(circle, shown), style.NOT_EVALUATED, 2.0),
        Lines(_at(square, shown), _PALE, 1.1, dotted=True),
    )


def _at(outline: NDArray, places_px: NDArray) -> tuple[NDArray, ...]:
    return tuple(outline + np.asarray([x, y]) for y, x in places_px)


def _quilt(patches: Sequence[tuple[slice, slice]], dims: tuple[int, ...]) -> tuple[Lines, ...]:
    """Give what two or more patches share as an area, the edges of all of them, and one patch strongly."""
    rows, columns = _cuts(rows for rows, _ in patches), _cuts(columns for _, columns in patches)
    height, width = dims
    across = tuple(_rectangle(a, b, 0, width) for a, b in shared(rows, height))
    down = tuple(_rectangle(0, height, a, b) for a, b in shared(columns, width))
    flat = tuple(np.asarray([[-0.5, at - 0.5], [width - 0.5, at - 0.5]]) for at in _ends(rows))
    upright = tuple(np.asarray([[at - 0.5, -0.5], [at - 0.5, height - 0.5]]) for at in _ends(columns))
    (top, bottom), (left, right) = rows[(len(rows) - 1) // 2], columns[(len(columns) - 1) // 2]
    return (
        Lines(across, "", fill=_BAND),
        Lines(down, "", fill=_BAND),
        Lines((*flat, *upright), _EDGE, 0.8),
        Lines((_rectangle(top, bottom, left, right),), style.NOT_EVALUATED, 2.4),
    )


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


def _seeds(search: Search) -> tuple[Dots, Dots]:
    """Give the spots from which the search would begin as dots, the others hollow."""
    begun = {(int(y), int(x)) for y, x in search.seeds_px}
    left = np.asarray([spot for spot in search.spots_px.tolist() if tuple(spot) not in begun], np.intp).reshape(-1, 2)
    return (
        Dots(left, "left out at this K", 6, "none", _PALE),
        Dots(search.seeds_px, "a seed", 5, style.REJECTED_ON_IMAGE, "rgba(0,0,0,0.55)"),
    )
