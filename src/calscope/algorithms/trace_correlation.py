"""Correlation of all pairs of traces."""

import numpy as np

from calscope.model.movie import FloatArray

MOST_BINS = 3000
"""Stretches of time that correlations are computed on."""


def frames_per_bin(n_frames: int, most_bins: int = MOST_BINS) -> int:
    """Give over how many frames the traces of a recording are averaged first; 1 where it is short."""
    return max(-(-n_frames // most_bins), 1)


def correlations(traces: FloatArray, most_bins: int = MOST_BINS) -> FloatArray:
    """Give Pearson's r of all pairs, (K, K) float32; NaN of traces that are constant or hold NaN.

    Parameters
    ----------
    traces
        (K, T); long ones are averaged over stretches of `frames_per_bin` first.
    most_bins
        How many stretches there may be.
    """
    binned = _binned(traces, frames_per_bin(traces.shape[1], most_bins))
    if binned.shape[1] == 0:
        return np.full((len(traces), len(traces)), np.nan, np.float32)
    moved = binned - binned.mean(axis=1, keepdims=True)
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    is_usable = (np.isfinite(length) & (length > 0)).ravel()
    unit = np.divide(moved, length, out=np.zeros_like(moved), where=is_usable[:, None])
    found = np.clip(unit @ unit.T, -1.0, 1.0)
    found[~is_usable], found[:, ~is_usable] = np.nan, np.nan
    return found


def _binned(traces: FloatArray, per: int) -> FloatArray:
    if per == 1:
        return np.asarray(traces, np.float32)
    n_whole = traces.shape[1] // per
    stretches = traces[:, : n_whole * per].reshape(len(traces), n_whole, per)
    # A product with ones is the quickest sum over a few values.
    means = np.asarray(stretches @ np.full(per, 1 / per, traces.dtype), np.float32)
    rest = traces[:, n_whole * per :]
    return np.column_stack([means, rest.mean(axis=1, dtype=np.float32)]) if rest.shape[1] else means
