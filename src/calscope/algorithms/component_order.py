"""Orders of components in which a picture of all their traces is easy to read; each a permutation of 0 to K-1."""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from calscope.algorithms.trace_correlation import correlations
from calscope.model.movie import FloatArray

Order = NDArray[np.intp]
MOST_BINS = 1000
"""Stretches of time that tell which components are active together."""
MOST_TURNED = 400
"""Components up to which branches are turned so that neighbours are as alike as they can be; the time for that grows
with the square of their number and more."""


def by_place(centers_px: FloatArray, dims: tuple[int, int]) -> Order:
    """Order along the longer side of the field: from top to bottom, or from left to right where it is wider than high.

    Parameters
    ----------
    centers_px
        (K, 2) centres, y and x.
    dims
        Rows, columns.
    """
    along = 0 if dims[0] >= dims[1] else 1
    return np.lexsort((centers_px[:, 1 - along], centers_px[:, along]))


def by_similarity(traces: FloatArray) -> Order:
    """Order so that components that are active together are neighbours.

    The leaves of a tree of clusters (average linkage) whose distances are 1 - r, r the correlation of two traces.
    Traces that are constant or hold NaN correlate with nothing.

    Parameters
    ----------
    traces
        (K, T); long ones are averaged over stretches first.
    """
    if len(traces) < 3:
        return np.arange(len(traces))
    tree = linkage(_distances(traces), "average", optimal_ordering=len(traces) <= MOST_TURNED)
    return np.asarray(leaves_list(tree), np.intp)


def by_activity(spikes: FloatArray, noise: FloatArray) -> Order:
    """Order by the sum of the spikes, in units of the noise of each trace; the most active first.

    Parameters
    ----------
    spikes
        (K, T), arbitrary units.
    noise
        (K,) noise of the traces, in the same units; where it is 0 or unknown the sum counts as it is.
    """
    unit = np.where(np.isfinite(noise) & (noise > 0), noise, 1.0)
    sums = spikes.sum(axis=1)
    has_gaps = ~np.isfinite(sums)
    if has_gaps.any():
        sums[has_gaps] = np.nansum(spikes[has_gaps], axis=1, dtype=np.float64)
    return np.argsort(-sums / unit, kind="stable")


def _distances(traces: FloatArray) -> NDArray[np.float64]:
    """Give 1 - r of all pairs, condensed as scipy wants it."""
    far = np.clip(1.0 - np.nan_to_num(correlations(traces, MOST_BINS)), 0.0, 2.0)
    np.fill_diagonal(far, 0.0)
    return np.asarray(squareform(far, checks=False), np.float64)
