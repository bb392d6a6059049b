"""Components that are one: overlapping footprints whose traces correlate (Pnevmatikakis et al. 2016, "Merging").

Fragments of one cell are joined too. Two footprints on one cell share its signal between them, after which their own
traces correlate only so-so; but what the movie shows under both, before it is shared out, is nearly the same. Two true
neighbours may look alike before demixing, when one outshines the other, but not after.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix, hstack
from scipy.sparse.csgraph import connected_components

from calscope.algorithms.factors import Factors
from calscope.algorithms.footprints import column_norms

SWEEPS = 10
FRAGMENT_OVERLAP = 0.1
"""Cosine of two footprints from which on they may be fragments of one cell."""
FRAGMENT_BEFORE, FRAGMENT_AFTER = 0.8, 0.45
"""Correlation of their traces before and after demixing, as shares of the merge threshold."""
REMNANT_BEFORE, REMNANT_AFTER, REMNANT_ENERGY = 0.65, 0.3, 0.25
"""The same where one has less than that share of the other's energy: what motion moves to and fro at a cell's edge."""
SAME_OVERLAP, SAME_BEFORE = 0.5, 1.1
"""Footprints that overlap this much, with traces before demixing as alike as this share of the threshold, are one cell
whatever demixing made of their traces (the centre and the rim of a bright cell, say)."""


def merge(factors: Factors, threshold: float, raw: NDArray | None = None) -> tuple[Factors, int]:
    """Join groups of overlapping components whose traces correlate by more than `threshold`.

    Each group becomes the best single footprint and trace for the sum of its members. What a person asked for stays by
    itself.

    Parameters
    ----------
    raw
        (K, T) raw traces, C + YrA; with them fragments of one cell are found too.

    Returns
    -------
    factors, n_merged
        `n_merged` is how many components went into others.
    """
    if factors.n < 2:
        return factors, 0
    _, group = connected_components(_pairs(factors, threshold, raw), directed=False)
    if group.max() + 1 == factors.n:
        return factors, 0
    order = _first_appearance(group)
    columns, traces, seed_of = [], [], []
    for g in order:
        members = np.flatnonzero(group == g)
        seed_of.append(factors.seeds_of()[members[0]])
        a, c = _as_one(csc_matrix(factors.A[:, members]), factors.C[members])
        columns.append(a)
        traces.append(c)
    A = csc_matrix(hstack(columns, format="csc", dtype=np.float32))
    joined = replace(factors, A=A, C=np.array(traces, np.float32), seed_of=np.array(seed_of, np.intp))
    return joined, factors.n - len(order)


def _first_appearance(group: NDArray) -> NDArray:
    _, first = np.unique(group, return_index=True)
    return group[np.sort(first)]


def _pairs(factors: Factors, threshold: float, raw: NDArray | None) -> coo_matrix:
    gram = csr_matrix(factors.A.T @ factors.A)
    overlap = gram.tocoo()
    asked_for = factors.seeds_of() >= 0
    upper = (overlap.row < overlap.col) & (overlap.data > 0) & ~asked_for[overlap.row] & ~asked_for[overlap.col]
    row, col, cosine = overlap.row[upper], overlap.col[upper], overlap.data[upper]
    after = _correlations(factors.C, row, col)
    close = after > threshold
    if raw is not None:
        before = _correlations(raw + gram @ factors.C - factors.C, row, col)
        energy = (factors.C**2).sum(axis=1, dtype=np.float64)
        weak, strong = np.where(energy[row] < energy[col], (row, col), (col, row))
        dim = energy[weak] < REMNANT_ENERGY * energy[strong]
        fragment = (before > FRAGMENT_BEFORE * threshold) & (after > FRAGMENT_AFTER * threshold)
        fragment |= dim & (before > REMNANT_BEFORE * threshold) & (after > REMNANT_AFTER * threshold)
        fragment &= cosine > FRAGMENT_OVERLAP
        fragment |= (before > SAME_BEFORE * threshold) & (cosine > SAME_OVERLAP)
        close |= _best_links(fragment & ~close, weak, before)
    return coo_matrix((np.ones(int(close.sum())), (row[close], col[close])), shape=(factors.n, factors.n))


def _best_links(links: NDArray, weak: NDArray, strength: NDArray) -> NDArray[np.bool_]:
    """Keep only the strongest link of each weaker partner, so that a fragment is no bridge between two cells."""
    best = np.zeros(links.size, bool)
    for k in np.unique(weak[links]):
        own = np.flatnonzero(links & (weak == k))
        best[own[np.argmax(strength[own])]] = True
    return best


def _correlations(traces: NDArray, row: NDArray, col: NDArray) -> NDArray:
    z = traces - traces.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(z, axis=1, keepdims=True)
    z /= np.where(norm > 0, norm, 1)
    return np.array([z[i] @ z[j] for i, j in zip(row, col, strict=True)], np.float64)


def _as_one(A: csc_matrix, C: NDArray) -> tuple[csc_matrix, NDArray]:
    """Best non-negative rank-1 factors of A C, footprint of norm 1."""
    if A.shape[1] == 1:
        return A, C[0]
    weights = np.linalg.norm(C, axis=1)
    a = csc_matrix(A @ csc_matrix(weights[:, None]))
    c = C[int(np.argmax(weights))]
    for _ in range(SWEEPS):
        power = float(a.multiply(a).sum())
        c = np.asarray((a.T @ A).toarray()[0] @ C / power)
        a = csc_matrix(A @ csc_matrix(np.maximum(C @ c, 0)[:, None]) / max(float(c @ c), 1e-30))
    norm = column_norms(a)[0]
    a = csc_matrix(a / norm) if norm > 0 else a
    return a, (c * norm).astype(np.float32)
