"""The transients of a component that stand clear of its noise."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from calscope.model.movie import FloatArray

CLEAR = 3.0
"""Height of a transient of the denoised trace, in standard deviations of the noise of the raw one."""
LEAST_OF_LARGEST = 0.2
"""Height of a transient relative to the range of the trace; a lower one may come from a neighbour."""
SHORTEST_DECAYS = 50
"""Decay times that a recording must last for the number of transients to mean something."""
_BACK_TO = 0.35
"""Part of its height to which a transient has fallen where its mark ends."""


class Transient(NamedTuple):
    """One transient."""

    start: int
    peak: int
    stop: int
    """The frame after its last."""
    height: float
    """How far it stands above what is around it, in the units of the trace."""


def clear_transients(trace: FloatArray, noise: float, *, decay_frames: float) -> list[Transient]:
    """Give the transients of a denoised trace, (T,), the highest first; none where it is not finite."""
    if not np.isfinite(trace).all() or np.ptp(trace) == 0:
        return []
    least = max(CLEAR * noise, LEAST_OF_LARGEST * float(np.ptp(trace))) if np.isfinite(noise) else np.inf
    padded = np.concatenate([[trace.min()], trace, [trace.min()]]).astype(np.float64)
    peaks, found = find_peaks(padded, distance=max(1, round(decay_frames)), prominence=max(least, 1e-12))
    heights = found["prominences"]
    made = [_transient(padded, int(at), float(high)) for at, high in zip(peaks, heights, strict=True)]
    return sorted(made, key=lambda one: -one.height)


def _transient(padded: NDArray, at: int, height: float) -> Transient:
    """Find where a transient begins and ends; the trace has one frame more at either end."""
    level = padded[at] - (1 - _BACK_TO) * height
    before = np.flatnonzero(padded[:at] <= level)
    after = np.flatnonzero(padded[at:] <= level)
    start = int(before[-1]) if before.size else 0
    stop = at + int(after[0]) if after.size else len(padded) - 1
    return Transient(max(start - 1, 0), at - 1, min(stop, len(padded) - 2), height)
