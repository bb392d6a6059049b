"""Offset between odd and even rows, as a resonant scanner with a wrong line phase leaves it.

Every odd row is compared with the mean of the two even rows around it, at whole-pixel offsets along the row. Slanted
structures don't bias this, because they lie to one side in the row above and to the other in the row below.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray

LARGEST_PX = 8
SMALLEST_PX = 0.5
"""Smaller offsets don't matter beside motion."""
CERTAIN = 5.0
"""Standard errors over frames by which an offset must fit better than none."""
FEWEST_FRAMES = 5


@dataclass(frozen=True)
class LinePhase:
    """Offset of the odd rows against the even ones."""

    offset_px: float
    """To the right positive, of rows 1, 3, 5 …; 0 where none is certain."""
    gain: float
    """How much better the rows correlate without the offset."""


def measure_line_phase(frames: FloatArray) -> LinePhase:
    """Measure the offset in some frames, (n, H, W), spread over the recording."""
    if len(frames) < FEWEST_FRAMES or min(frames.shape[1:]) < 4 * LARGEST_PX:
        return LinePhase(0.0, 0.0)
    curves = np.array([_correlation_by_lag(frame) for frame in frames])
    mean = curves.mean(axis=0)
    best = int(mean.argmax())
    better = curves[:, best] - curves[:, LARGEST_PX]
    error = max(float(better.std(ddof=1)) / np.sqrt(len(better)), 1e-6)
    offset = best - LARGEST_PX + _peak_between(mean, best)
    if abs(offset) < SMALLEST_PX or better.mean() < CERTAIN * error:
        return LinePhase(0.0, 0.0)
    return LinePhase(float(offset), float(better.mean()))


def _correlation_by_lag(frame: FloatArray) -> NDArray[np.float64]:
    """Correlation of odd rows, moved back by each lag, with the mean of their neighbours; (2 LARGEST_PX + 1,)."""
    odd = frame[1:-1:2]
    even = (frame[: 2 * len(odd) : 2] + frame[2 : 2 * len(odd) + 1 : 2]) / 2
    inner = slice(LARGEST_PX, frame.shape[1] - LARGEST_PX)
    still = _standardised(even[:, inner])
    lags = range(-LARGEST_PX, LARGEST_PX + 1)
    moved = (_standardised(odd[:, inner.start + lag : inner.stop + lag]) for lag in lags)
    return np.array([float((still * part).mean()) for part in moved])


def _standardised(rows: NDArray) -> NDArray[np.float64]:
    values = rows - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    spread = values.std()
    return values / spread if spread > 0 else values


def _peak_between(values: NDArray[np.float64], at: int) -> float:
    """Where between the lags the parabola through the peak and its neighbours is highest, -0.5 to 0.5."""
    if not 0 < at < len(values) - 1:
        return 0.0
    left, middle, right = values[at - 1 : at + 2]
    curvature = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * curvature), -0.5, 0.5)) if curvature < 0 else 0.0
