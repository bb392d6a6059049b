"""What footprints alone tell: overlap with a neighbour, and being cut off at the rim; and which are the same cell."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.model.curation.component_flags import IntArray
from calscope.model.movie import FloatArray
from calscope.model.results import Components

SUPPORT = 0.2
"""Part of a footprint's peak above which it is taken to stand on a pixel."""
NEAR = 2.0
"""Two components are near each other where their centres are within so many gSig, which is 0.8 of a diameter."""
OVERLAPPING = 0.3
"""Or where one lies with so much of its mass on the other."""


def support_of(components: Components) -> csc_matrix:
    """Give the pixels on which each footprint stands, as ones, (H*W, K)."""
    A = components.A
    owner = np.repeat(np.arange(components.n), np.diff(A.indptr))
    peak = np.zeros(components.n, np.float32)
    np.maximum.at(peak, owner, A.data)
    stands = A.data > SUPPORT * peak[owner]
    ones = np.ones(int(stands.sum()), np.float32)
    return csc_matrix((ones, (A.indices[stands], owner[stands])), shape=A.shape)


def shared_mass(components: Components, support: csc_matrix) -> NDArray[np.float64]:
    """Give the share of each footprint's mass that lies on each other one, (K, K): [k, j] of k on j; 0 of itself."""
    mass = np.asarray(components.A.sum(axis=0), np.float64).ravel()
    mass[mass <= 0] = np.inf
    shared = (components.A.T @ support).toarray() / mass[:, None]
    np.fill_diagonal(shared, 0.0)
    return np.asarray(shared, np.float64)


def overlap(shared: NDArray[np.float64]) -> tuple[FloatArray, IntArray]:
    """Give the largest share of each footprint on another one, and that one's number, -1 where it shares nothing."""
    if not len(shared):
        return np.zeros(0, np.float32), np.zeros(0, np.int32)
    most = shared.max(axis=1)
    return most.astype(np.float32), np.where(most > 0, shared.argmax(axis=1), -1).astype(np.int32)


def at_rim(components: Components, support: csc_matrix, rim_px: int) -> FloatArray:
    """Give the length along which each footprint ends at the rim of the field, relative to its diameter, at most 1.

    `rim_px` is the width along the edge in which no components are looked for; NaN where a footprint is empty.
    """
    height, width = components.dims
    out = np.full(components.n, np.nan, np.float32)
    for k in range(components.n):
        x, y = np.divmod(support.indices[support.indptr[k] : support.indptr[k + 1]], height)
        if not len(x):
            continue
        touching = (
            _extent(x[y <= rim_px]), _extent(x[y >= height - 1 - rim_px]),
            _extent(y[x <= rim_px]), _extent(y[x >= width - 1 - rim_px]),
        )  # fmt: skip
        out[k] = min(max(touching) / (2.0 * math.sqrt(len(x) / math.pi)), 1.0)
    return out


def _extent(along: NDArray) -> int:
    return len(np.unique(along))


def same_cell(
    components: Components, shared: NDArray[np.float64], *, gSig: tuple[int, int]
) -> tuple[FloatArray, IntArray]:
    """Give, of the components near each one, the highest correlation of the denoised traces, and whose it is.

    The correlation is 0 and the number -1 where no component is near, NaN where the trace is not finite or constant.
    """
    n = components.n
    r, other = np.zeros(n, np.float32), np.full(n, -1, np.int32)
    if n == 0:
        return r, other
    centres = components.centers_px() / np.asarray(gSig, np.float32)
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    near = (apart < NEAR) | (np.maximum(shared, shared.T) > OVERLAPPING)
    np.fill_diagonal(near, val=False)
    traces = np.asarray(components.C, np.float64)
    traces = traces - traces.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(traces, axis=1)
    r[~(np.isfinite(norm) & (norm > 0))] = np.nan
    for k in np.flatnonzero(~np.isnan(r) & near.any(axis=1)):
        those = [j for j in np.flatnonzero(near[k]) if not np.isnan(r[j])]
        if those:
            alike = traces[those] @ traces[k] / (norm[those] * norm[k])
            r[k], other[k] = float(alike.max()), those[int(alike.argmax())]
    return r, other
