"""How far the baseline of a trace moves over the recording."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from calscope.model.movie import FloatArray

QUANTILE = 20.0
"""Percentile of a stretch that is taken as its baseline."""
MOST_STRETCHES, FEWEST_STRETCHES = 12, 4
SHORTEST_FRAMES, SHORTEST_S = 50, 5.0
"""Of a stretch: in less an active cell may not come back to its baseline."""


def baseline_drift(traces: FloatArray, heights: NDArray, noise: NDArray, *, fr_hz: float) -> FloatArray:
    """Give the range of the baseline over the recording, relative to the height of transients.

    Parameters
    ----------
    traces
        (K, T) raw traces.
    heights, noise
        (K,) height of the transients, and noise of the raw trace, in the same units. Of two, the larger of height and
        three times the noise counts.

    Returns
    -------
    (K,) float32; NaN where a trace is not finite, and for all in a short recording.
    """
    n, n_frames = traces.shape
    shortest = max(SHORTEST_FRAMES, round(SHORTEST_S * fr_hz))
    stretches = min(MOST_STRETCHES, n_frames // shortest)
    if stretches < FEWEST_STRETCHES:
        return np.full(n, np.nan, np.float32)
    ends = np.linspace(0, n_frames, stretches + 1).astype(int)
    low = np.array([np.percentile(traces[:, a:b], QUANTILE, axis=1) for a, b in pairwise(ends)])
    steady = median_filter(low, size=(3, 1), mode="nearest")
    against = np.maximum(np.nan_to_num(heights), 3.0 * np.nan_to_num(noise))
    moved = steady.max(axis=0) - steady.min(axis=0)
    return np.divide(moved, against, out=np.full(n, np.nan), where=against > 0).astype(np.float32)
