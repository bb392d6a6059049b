"""Where a trace rises most, to look at the movie there."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_widths

from calscope.model.movie import FloatArray, Movie

SMALLEST = 0.1
"""Rise of the smallest transient, as a part of the largest."""
MOST_FRAMES = 200
"""Frames of a transient image: more would take longer to read than they add."""


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
    return tuple(int(frame) for frame in _peaks(trace, apart, most)[0])


def transient_frames(trace: FloatArray, *, apart: int, most: int) -> NDArray[np.intp]:
    """Give the frames in which a trace is above half the height of one of its transients, in order, each once.

    At most `MOST_FRAMES`, those of the highest transients; the parameters are those of `transients`.
    """
    _, starts, stops = _peaks(trace, apart, most)
    found: list[int] = []
    for start, stop in zip(starts, stops, strict=True):
        found += range(start, stop)
    return np.unique(np.asarray(list(dict.fromkeys(found))[:MOST_FRAMES], np.intp))


def transient_image(movie: Movie, frames: NDArray[np.intp], mean: FloatArray) -> FloatArray:
    """Give how far the mean of some frames lies above the mean of all, (H, W).

    Parameters
    ----------
    movie
        The corrected movie.
    frames
        Their numbers, in order; at least one.
    mean
        (H, W) of all frames.
    """
    total = np.zeros(movie.shape[1:], np.float64)
    for stretch in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1):
        total += movie.codes[stretch[0] : stretch[-1] + 1].sum(axis=0, dtype=np.uint64)
    return np.asarray(movie.offset + movie.scale * total / len(frames) - mean, np.float32)


def _peaks(trace: FloatArray, apart: int, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Give the highest peaks, the highest first, and for each where it is above half its rise."""
    nothing = np.empty(0, np.intp)
    if not np.isfinite(trace).all() or np.ptp(trace) == 0:
        return nothing, nothing, nothing
    edge = trace.min()
    whole = np.concatenate([[edge], trace, [edge]])
    frames, found = find_peaks(whole, distance=max(apart, 1), prominence=0)
    rise = found["prominences"]
    order = np.argsort(-rise, kind="stable")[:most]
    order = order[rise[order] >= SMALLEST * rise[order[0]]]
    kept = {name: found[name][order] for name in ("prominences", "left_bases", "right_bases")}
    _, _, low, high = peak_widths(whole, frames[order], rel_height=0.5, prominence_data=tuple(kept.values()))
    starts, stops = np.ceil(low).astype(np.intp) - 1, np.floor(high).astype(np.intp)
    return frames[order] - 1, np.maximum(starts, 0), np.minimum(stops, len(trace))
