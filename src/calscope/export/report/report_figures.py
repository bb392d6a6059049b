"""Pictures of the report as HTML and SVG: swipe of two images, curves over time, outlines that can be clicked."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.export.report.markup import element, join
from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.plots import png, style
from calscope.plots.contours import Outline, outlines
from calscope.plots.scaling import DisplayRange, display_range, nice_length, short, thin, to_codes

CHART_WIDTH, CHART_HEIGHT = 940, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 22, 36
_MOST_POINTS = 1600


@dataclass(frozen=True)
class Curve:
    """One line of a chart."""

    name: str
    values: FloatArray
    """(T,)."""
    colour: str
    spread: tuple[FloatArray, FloatArray] | None = None
    """(T,) lowest and (T,) highest value, shaded behind the line."""


@dataclass(frozen=True)
class Look:
    """How an image is shown."""

    title: str
    key: str
    """By which the page's script finds it."""
    dxy_um: Pair | None
    most_pixels: int


def image_uri(image: NDArray, shown: DisplayRange, most_pixels: int) -> str:
    """Give an (H, W) image in viridis as an address that needs no file; made smaller if it has too many pixels."""
    codes = to_codes(image, shown)
    if codes.size > most_pixels:
        smaller = float(np.sqrt(most_pixels / codes.size))
        codes = cv2.resize(codes, None, fx=smaller, fy=smaller, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return png.data_uri(codes, png.palette("viridis"))


def swipe(before: NDArray, after: NDArray, look: Look) -> Markup:
    """Lay two images over each other with a slider between them, in a shared display range."""
    shown = display_range([before, after])
    label = f"{look.title}: raw or corrected"
    layers = (
        _picture(after, shown, look, alt=f"{look.title}, corrected", key=look.key),
        _picture(before, shown, look, alt=f"{look.title}, raw", key=None),
        element("span", {"class": "divider"}),
        element("span", {"class": "tag left"}, "raw"),
        element("span", {"class": "tag right"}, "corrected"),
        element("input", {"type": "range", "min": 0, "max": 100, "value": 50, "step": 0.1, "aria-label": label}),
    )
    return _framed(before.shape, shown, look, *layers)


def still(image: NDArray, look: Look) -> Markup:
    """Show one image."""
    shown = display_range([image])
    return _framed(image.shape, shown, look, _picture(image, shown, look, alt=look.title, key=look.key))


def _picture(image: NDArray, shown: DisplayRange, look: Look, *, alt: str, key: str | None) -> Markup:
    cover = None if key else "before"
    uri = image_uri(image, shown, look.most_pixels)
    return element("img", {"class": cover, "src": uri, "alt": alt, "data-image": key})


def _framed(shape: tuple[int, ...], shown: DisplayRange, look: Look, *layers: Markup) -> Markup:
    rows, columns = shape
    frame = {"class": "swipe", "style": f"aspect-ratio: {columns} / {rows}"}
    caption = element("figcaption", None, f"{look.title} ", colour_bar(shown))
    return element("figure", None, element("div", frame, *layers, scale_bar(rows, columns, look.dxy_um)), caption)


def colour_bar(shown: DisplayRange) -> Markup:
    """Show the display range with the colours between them."""
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in png.palette("viridis")[::32])
    bar = element("span", {"class": "bar", "style": f"background: linear-gradient(90deg, {stops})"})
    return element("span", {"class": "range"}, f"{short(shown[0])} ", bar, f" {short(shown[1])}")


def scale_bar(rows: int, columns: int, dxy_um: Pair | None) -> Markup:
    """Draw a bar of a round length in µm; nothing where the pixel size is unknown."""
    if dxy_um is None:
        return Markup("")
    length_um = nice_length(0.25 * columns * dxy_um[1])
    length_px = length_um / dxy_um[1]
    x, y = 0.04 * columns, 0.94 * rows
    bar = element(
        "line", {"x1": f"{x:.2f}", "x2": f"{x + length_px:.2f}", "y1": f"{y:.2f}", "y2": f"{y:.2f}", "class": "scale"}
    )
    label = element(
        "text",
        {"x": f"{x:.2f}", "y": f"{y - 0.025 * rows:.2f}", "font-size": f"{0.045 * rows:.2f}"},
        f"{length_um:g} µm",
    )
    return element("svg", {"class": "overlay", "viewBox": f"0 0 {columns} {rows}"}, bar, label)


def time_chart(curves: Sequence[Curve], *, fr_hz: float | None, y_title: str) -> Markup:
    """Draw curves over seconds, or over frames where the rate is unknown; thinned so that no peak is lost."""
    n_frames = len(curves[0].values)
    longest = (n_frames - 1) / fr_hz if fr_hz else float(n_frames - 1)
    scale = _Scale(longest or 1.0, _range_of(curves))
    lines = [piece for curve in curves for piece in _curve(curve, scale)]
    legend = [
        element("text", {"x": _LEFT + 8 + 130 * i, "y": 14, "fill": curve.colour, "class": "legend"}, curve.name)
        for i, curve in enumerate(curves)
    ]
    axes = _axes(scale, "time (s)" if fr_hz else "frame (frame rate unknown)", y_title)
    return element(
        "svg", {"class": "chart", "viewBox": f"0 0 {CHART_WIDTH} {CHART_HEIGHT}", "role": "img"}, axes, *lines, *legend
    )


def contour_map(
    A: csc_matrix, dims: tuple[int, int], accepted: NDArray[np.bool_] | None, dxy_um: Pair | None
) -> Markup:
    """Draw every outline over a place for the image; each can be clicked.

    The image itself is put there by the page's script, from the swipe above, so that it is in the file only once.
    """
    rows, columns = dims
    paths = [
        element("path", {"class": _look(accepted, i), "data-component": i, "d": svg_path(line)}, "")
        for i, line in enumerate(outlines(A, dims))
        if len(line)
    ]
    image = element("image", {"width": columns, "height": rows, "preserveAspectRatio": "none"})
    drawing = element("svg", {"class": "contours", "viewBox": f"0 0 {columns} {rows}"}, image, *paths)
    return element("div", {"class": "map"}, drawing, scale_bar(rows, columns, dxy_um))


def _look(accepted: NDArray[np.bool_] | None, component: int) -> str:
    if accepted is None:
        return "not-evaluated"
    return "accepted" if accepted[component] else "rejected"


def svg_path(line: Outline) -> str:
    """Give an outline in px as an SVG path; pixel centres are at whole numbers in ours, at halves in SVG's."""
    pieces = np.split(line, np.flatnonzero(np.isnan(line[:, 0])))
    parts = [piece[np.isfinite(piece[:, 0])] + 0.5 for piece in pieces]
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in part) + "Z" for part in parts if len(part))


@dataclass(frozen=True)
class _Scale:
    """From values to places in a chart."""

    longest: float
    y_range: tuple[float, float]

    def x(self, share: NDArray | float) -> NDArray | float:
        return _LEFT + share * (CHART_WIDTH - _LEFT - _RIGHT)

    def y(self, value: NDArray | float) -> NDArray | float:
        low, high = self.y_range
        return _TOP + (high - value) / (high - low) * (CHART_HEIGHT - _TOP - _BOTTOM)


def _range_of(curves: Sequence[Curve]) -> tuple[float, float]:
    everything = [array for curve in curves for array in (curve.values, *(curve.spread or ()))]
    finite = np.concatenate([array[np.isfinite(array)] for array in everything])
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    rim = 0.05 * (high - low) or 1.0
    return low - rim, high + rim


def _curve(curve: Curve, scale: _Scale) -> list[Markup]:
    drawn = []
    if curve.spread is not None:
        low, high = (_points(values, scale) for values in curve.spread)
        drawn.append(
            element("polyline", {"points": _text(low + high[::-1]), "fill": curve.colour, "fill-opacity": 0.2})
        )
    line = {"points": _text(_points(curve.values, scale)), "fill": "none", "stroke": curve.colour}
    return [*drawn, element("polyline", line)]


def _points(values: FloatArray, scale: _Scale) -> list[tuple[float, float]]:
    known = np.flatnonzero(np.isfinite(values))
    index, kept = thin(values[known], _MOST_POINTS)
    x = np.asarray(scale.x(known[index] / max(len(values) - 1, 1)))
    y = np.asarray(scale.y(kept))
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _text(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _axes(scale: _Scale, x_title: str, y_title: str) -> Markup:
    bottom, right = CHART_HEIGHT - _BOTTOM, CHART_WIDTH - _RIGHT
    pieces = []
    for value in _ticks(*scale.y_range, 4):
        y = f"{scale.y(value):.1f}"
        pieces.append(element("line", {"x1": _LEFT, "x2": right, "y1": y, "y2": y, "class": "grid"}))
        pieces.append(element("text", {"x": _LEFT - 6, "y": y, "class": "tick y"}, f"{value:g}"))
    for value in _ticks(0.0, scale.longest, 9):
        x = f"{scale.x(value / scale.longest):.1f}"
        pieces.append(element("text", {"x": x, "y": bottom + 15, "class": "tick x"}, f"{value:g}"))
    pieces.append(element("text", {"x": (_LEFT + right) / 2, "y": CHART_HEIGHT - 4, "class": "title x"}, x_title))
    middle = (_TOP + bottom) / 2
    turned = {"x": 13, "y": middle, "class": "title y", "transform": f"rotate(-90 13 {middle})"}
    return join(*pieces, element("text", turned, y_title))


def _ticks(low: float, high: float, about: int) -> list[float]:
    rough = max((high - low) / about, 1e-12)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [round(i * step, 10) for i in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


ACCEPTED, REJECTED = style.ACCEPTED, style.REJECTED
