"""Where a trace rises most, to look at the movie there."""

import numpy as np
from scipy.signal import find_peaks

from calscope.model.movie import FloatArray

SMALLEST = 0.1
"""Rise of the smallest transient, as a part of the largest."""


def transients(trace: FloatArray, *, apart: int, most: int) -> tuple[int, ...]:
    """Give the frames of the highest peaks of a trace, the highest first.

    A peak counts by how far it stands above what is around it (its prominence), not by its level: a slow drift has no
    peaks. None where the trace does not rise, or holds NaN.

    Parameters
    ----------
    trace
        (T,), best denoised.
    apart
        Frames between two of them, at least.
    most
        How many to give.
    """
    if not np.isfinite(trace).all() or np.ptp(trace) == 0:
        return ()
    edge = trace.min()
    frames, found = find_peaks(np.concatenate([[edge], trace, [edge]]), distance=max(apart, 1), prominence=0)
    rise = found["prominences"]
    order = np.argsort(-rise, kind="stable")
    return tuple(int(frames[i]) - 1 for i in order[:most] if rise[i] >= SMALLEST * rise[order[0]])
