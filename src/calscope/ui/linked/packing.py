"""Numbers as short text, which a page's script unpacks."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.plots.contours import Outline

_GAP = -32768
_LARGEST = 32767


def floats(values: NDArray) -> str:
    """Pack values as 32 bit floats, which keep NaN."""
    return _text(np.asarray(values, "<f4"))


def codes(values: NDArray[np.uint8]) -> str:
    """Pack values that are one byte each."""
    return _text(values)


def numbers(values: NDArray, digits: int) -> list[float | None]:
    """Give rounded values as plain numbers; None for what is not measured."""
    rounded = np.round(np.asarray(values, np.float64), digits)
    return [value if np.isfinite(value) else None for value in rounded.tolist()]


def outlines(lines: Sequence[Outline], dims: tuple[int, int]) -> dict[str, Any]:
    """Pack outlines, (n, 2) px as (x, y) each, in steps of 1/8 px; coarser only in fields beyond 4000 px."""
    steps = next(step for step in (8, 4, 2, 1) if step == 1 or max(dims) * step < _LARGEST)
    points = np.concatenate([*lines, np.empty((0, 2), np.float32)])
    is_gap = np.isnan(points)
    codes = np.clip(np.round(np.where(is_gap, 0, points) * steps), -_LARGEST, _LARGEST)
    return {
        "codes": _text(np.where(is_gap, _GAP, codes).astype("<i2")),
        "lengths": [len(line) for line in lines],
        "steps_per_px": steps,
    }


def _text(values: NDArray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")
