"""What the report says of how dim a cell would be found: a curve as SVG, and a sentence."""

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from calscope.export.report.markup import element, join
from calscope.model.detection import Detection, Limit, ShareCurve, level_shares
from calscope.model.note_texts import detection_texts

_WIDTH, _HEIGHT = 520, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 26, 40
_FOUND, _ACCEPTED = "#ff7f0e", "#1f77b4"
_SHARES = (0.0, 0.5, 0.9, 1.0)
_ROOM = 1.12
"""The axis goes this far beyond the dimmest and the brightest cells."""


def detection_section(found: Detection | None) -> Markup:
    """Give sentence and curve; nothing for a run that put no known cells in."""
    if found is None:
        return Markup("")
    said = element("p", None, detection_texts.sentence(found))
    about = element(
        "p",
        {"class": "when"},
        f"{detection_texts.SNR_MEANS} Points: shares of the cells of one brightness, with Wilson's 95 % interval. "
        "Curves: fitted, with the 95 % interval of resampled cells. Dashed: where half, dotted: where nine in ten "
        "were found (orange) and accepted (blue).",
    )
    drawn = join(_chart(found), about) if found.n else Markup("")
    return join(element("h3", None, "How dim a cell would be found"), said, drawn)


def _chart(found: Detection) -> Markup:
    """Draw shares over the logarithm of the peak SNR."""
    axis = _Axis(float(found.peak_snr.min()), float(found.peak_snr.max()))
    limits = found.limits
    parts = [
        *_grid(axis, sorted({float(value) for value in found.peak_snr})),
        *_curve(axis, found.curves.found, _FOUND),
        *_curve(axis, found.curves.accepted, _ACCEPTED),
        *_points(axis, found, _FOUND),
        *_points(axis, found, _ACCEPTED),
        *_marks(axis, limits.found_50, limits.found_90, _FOUND),
        *_marks(axis, limits.accepted_50, limits.accepted_90, _ACCEPTED),
        element("text", {"x": _LEFT + 8, "y": 14, "fill": _FOUND, "class": "legend"}, "found"),
        element("text", {"x": _LEFT + 78, "y": 14, "fill": _ACCEPTED, "class": "legend"}, "accepted"),
    ]
    look = {"class": "chart detection", "viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img"}
    return element("svg", {**look, "aria-label": "Share of known cells over their peak SNR"}, *parts)


class _Axis:
    """From peak SNR and share to places in the chart."""

    def __init__(self, dimmest: float, brightest: float) -> None:
        self._low = math.log(dimmest / _ROOM)
        self._wide = math.log(brightest * _ROOM) - self._low

    def x(self, peak_snr: float) -> float:
        return round(_LEFT + (math.log(peak_snr) - self._low) / self._wide * (_WIDTH - _LEFT - _RIGHT), 1)

    @staticmethod
    def y(share: float) -> float:
        return round(_TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _grid(axis: _Axis, levels: Sequence[float]) -> Iterator[Markup]:
    for share in _SHARES:
        y = axis.y(share)
        yield element("line", {"class": "grid", "x1": _LEFT, "x2": _WIDTH - _RIGHT, "y1": y, "y2": y})
        yield element("text", {"class": "tick y", "x": _LEFT - 6, "y": y}, f"{share:.0%}")
    for level in levels:
        yield element("text", {"class": "tick x", "x": axis.x(level), "y": axis.y(0) + 16}, f"{level:g}")
    yield element("text", {"class": "title x", "x": (_WIDTH + _LEFT) / 2, "y": _HEIGHT - 6}, "peak SNR")


def _curve(axis: _Axis, curve: ShareCurve, colour: str) -> Iterator[Markup]:
    if not curve.peak_snr:
        return
    high = [f"{axis.x(at)},{axis.y(share)}" for at, share in zip(curve.peak_snr, curve.high, strict=True)]
    low = [f"{axis.x(at)},{axis.y(share)}" for at, share in zip(curve.peak_snr, curve.low, strict=True)]
    line = [f"{axis.x(at)},{axis.y(share)}" for at, share in zip(curve.peak_snr, curve.share, strict=True)]
    yield element("polygon", {"points": " ".join([*high, *reversed(low)]), "fill": colour, "fill-opacity": 0.15}, "")
    yield element("polyline", {"points": " ".join(line), "fill": "none", "stroke": colour})


def _points(axis: _Axis, found: Detection, colour: str) -> Iterator[Markup]:
    success, aside = (found.found, -2) if colour == _FOUND else (found.accepted, 2)
    for level in level_shares(found.peak_snr, success):
        x = axis.x(level.peak_snr) + aside
        ends = {"x1": x, "x2": x, "y1": axis.y(level.low), "y2": axis.y(level.high)}
        yield element("line", {**ends, "stroke": colour, "stroke-opacity": 0.6})
        told = element("title", None, f"peak SNR {level.peak_snr:g}: {level.n_succeeded} of {level.n}")
        yield element("circle", {"cx": x, "cy": axis.y(level.share), "r": 3, "fill": colour}, told)


def _marks(axis: _Axis, half: Limit | None, nine_tenths: Limit | None, colour: str) -> Iterator[Markup]:
    """Drop a line from the curve where it reaches a share; none beyond what was tried."""
    for limit, share, dash in ((half, 0.5, "6 3"), (nine_tenths, 0.9, "1.5 3")):
        if limit is not None and 0 < limit.value < math.inf:
            x = axis.x(limit.value)
            ends = {"x1": x, "x2": x, "y1": axis.y(share), "y2": axis.y(0)}
            yield element("line", {**ends, "stroke": colour, "stroke-dasharray": dash})
