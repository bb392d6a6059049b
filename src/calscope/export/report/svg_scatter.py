"""A scatter of pairs of values as SVG, for pages that must not need a plotting library."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from calscope.export.report.markup import element

SIDE_PX, MARGIN_PX = 250, 56
_DOT = "#1f6fb4"


def scatter(title: str, pairs: Sequence[tuple[float, float]], names: tuple[str, str]) -> Markup:
    """Draw one dot a pair, in the same range across and up, with the line on which both are equal.

    Parameters
    ----------
    names
        What is across, and what is up.
    """
    shown = [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]
    low, high = _range([value for pair in shown for value in pair])
    left, top, right, bottom = MARGIN_PX, MARGIN_PX // 2, MARGIN_PX + SIDE_PX, MARGIN_PX // 2 + SIDE_PX

    def place(value: float) -> float:
        return SIDE_PX * (value - low) / (high - low)

    frame = element(
        "rect",
        {"x": left, "y": top, "width": SIDE_PX, "height": SIDE_PX, "fill": "none", "stroke": "#bbb"},
    )
    equal = element("line", {"x1": left, "y1": bottom, "x2": right, "y2": top, "stroke": "#bbb"})
    dots = [
        element(
            "circle",
            {"cx": f"{left + place(x):.1f}", "cy": f"{bottom - place(y):.1f}", "r": 2.5, "fill": _DOT, "opacity": 0.6},
        )
        for x, y in shown
    ]
    middle = left + SIDE_PX // 2
    words = [
        _text(f"{title} ({len(shown)})", left, top - 8),
        _text(f"{low:.3g}", left, bottom + 14),
        _text(f"{high:.3g}", right, bottom + 14, anchor="end"),
        _text(names[0], middle, bottom + 14, anchor="middle"),
        _text(f"{high:.3g}", left - 4, top + 10, anchor="end"),
        _text(names[1], left - 4, top + SIDE_PX // 2, anchor="end"),
    ]
    size = {"width": right + 12, "height": bottom + 24}
    return element("svg", {**size, "role": "img", "aria-label": title}, frame, equal, *dots, *words)


def _range(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(*values, 0.0), max(values)
    return low, high if high > low else low + 1.0


def _text(words: str, x: float, y: float, anchor: str = "start") -> Markup:
    return element("text", {"x": x, "y": y, "text-anchor": anchor}, words)
