"""Merging of components: overlapping footprints whose traces correlate (Pnevmatikakis et al. 2016, "Merging").

Fragments of one cell are merged too. Demixing shares the signal of one cell between two footprints, so that their
traces correlate only weakly; but before demixing, the movie under both shows nearly the same signal. Two true
neighbours may correlate before demixing, when one is much brighter, but not after.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from calscope.algorithms.cnmf.factors import Factors
from calscope.model.progress import Check, asking, unasked

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


class MergeWeights(NamedTuple):
    """Weights that merge components: the new footprints are A @ footprints, the new traces traces.T @ C."""

    footprints: csc_matrix
    """(K, K')."""
    traces: csc_matrix
    """(K, K')."""
    first: NDArray[np.intp]
    """(K',) the first old component in each new one."""
    size: NDArray[np.intp]
    """(K',) how many went into each."""


def merge(
    factors: Factors, threshold: float, raw: NDArray | None = None, check: Check = unasked
) -> tuple[Factors, int]:
    """Merge groups of overlapping components whose traces correlate by more than `threshold`.

    Each group becomes the best single footprint and trace for the sum of its members. Components from seeds that a
    person placed are never merged.

    Parameters
    ----------
    raw
        (K, T) raw traces, C + YrA; with them fragments of one cell are found too.
    check
        Asked whether to stop, several times a second.

    Returns
    -------
    factors, n_merged
        `n_merged` is how many components went into others.
    """
    weights = find_merge_weights(factors, threshold, raw, check)
    return (factors, 0) if weights is None else (merge_with(factors, weights), factors.n - weights.first.size)


def merge_with(factors: Factors, weights: MergeWeights) -> Factors:
    """Merge components with these weights."""
    return replace(
        factors,
        A=csc_matrix(factors.A @ weights.footprints, dtype=np.float32),
        C=np.asarray(weights.traces.T @ factors.C, np.float32),
        seed_of=factors.seeds_of()[weights.first],
    )


def find_merge_weights(
    factors: Factors, threshold: float, raw: NDArray | None = None, check: Check = unasked
) -> MergeWeights | None:
    """Find the weights with which `merge` merges; None where there is nothing to merge."""
    if factors.n < 2:
        return None
    gram = csr_matrix(factors.A.T @ factors.A)
    _, group = connected_components(_pairs(factors, gram, threshold, raw, check), directed=False)
    if group.max() + 1 == factors.n:
        return None
    groups = [np.flatnonzero(group == g) for g in asking(check, _first_appearance(group))]
    both = [as_one(gram, factors.C, members) for members in asking(check, groups)]
    size = np.array([members.size for members in groups])
    ends, rows = np.concatenate([[0], np.cumsum(size)]), np.concatenate(groups)
    weights, mixture = (
        csc_matrix((np.concatenate(values), rows, ends), shape=(factors.n, len(groups)))
        for values in zip(*both, strict=True)
    )
    return MergeWeights(weights, mixture, np.array([members[0] for members in groups]), size)


def _first_appearance(group: NDArray) -> NDArray:
    _, first = np.unique(group, return_index=True)
    return group[np.sort(first)]


def _pairs(factors: Factors, gram: csr_matrix, threshold: float, raw: NDArray | None, check: Check) -> coo_matrix:
    overlap = gram.tocoo()
    placed_by_hand = factors.seeds_of() >= 0
    upper = (
        (overlap.row < overlap.col) & (overlap.data > 0) & ~placed_by_hand[overlap.row] & ~placed_by_hand[overlap.col]
    )
    row, col, cosine = overlap.row[upper], overlap.col[upper], overlap.data[upper]
    after = _correlations(factors.C, row, col, check)
    close = after > threshold
    if raw is not None:
        before = _correlations(raw + gram @ factors.C - factors.C, row, col, check)
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
    """Keep only the strongest link of each weaker partner, so that a fragment does not connect two cells."""
    best = np.zeros(links.size, bool)
    for k in np.unique(weak[links]):
        own = np.flatnonzero(links & (weak == k))
        best[own[np.argmax(strength[own])]] = True
    return best


def _correlations(traces: NDArray, row: NDArray, col: NDArray, check: Check) -> NDArray:
    z = traces - traces.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(z, axis=1, keepdims=True)
    z /= np.where(norm > 0, norm, 1)
    return np.array([z[i] @ z[j] for i, j in asking(check, zip(row, col, strict=True))], np.float64)


def as_one(products: csr_matrix, traces: NDArray, members: NDArray) -> tuple[NDArray, NDArray]:
    """Best non-negative rank-1 factors of A C: weights of the old footprints in the new one (of norm 1), and of traces.

    Both stay combinations of the members', so that products of footprints and of traces are all that is needed.
    """
    if members.size == 1:
        return np.ones(1), np.ones(1)
    gram, C = _among(products, members), traces[members].astype(np.float64)
    power = C @ C.T
    weights = np.sqrt(power.diagonal())
    for _ in range(SWEEPS):
        mixture = gram @ weights / (weights @ gram @ weights)
        seen = power @ mixture
        weights = np.maximum(seen, 0) / max(float(mixture @ seen), 1e-30)
    norm = np.sqrt(weights @ gram @ weights) or 1.0
    return weights / norm, mixture * norm


def _among(products: csr_matrix, members: NDArray) -> NDArray[np.float64]:
    """Cut the products of some components, in ascending order, with each other; (m, m)."""
    out = np.zeros((members.size, members.size))
    for i, k in enumerate(members.tolist()):
        row = slice(products.indptr[k], products.indptr[k + 1])
        at = np.minimum(np.searchsorted(members, products.indices[row]), members.size - 1)
        own = members[at] == products.indices[row]
        out[i, at[own]] = products.data[row][own]
    return out
