"""What became of each component between two analyses of one movie: the same, new, gone, split or merged.

Footprints are paired one to one (`agreement.match_footprints`). Beside that, a component is split where the other
analysis has two or more in its place, each mostly inside of it; merged is the same seen from the other side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.agreement import match_footprints

_CORE = 0.2
"""Pixels above this share of a footprint's maximum are its core."""
_MOSTLY = 0.6
"""A part lies inside of a whole where this share of its core does."""
_LEAST_PART = 0.15
"""A part has at least this share of the pixels of the whole: specks don't split a cell."""


@dataclass(frozen=True)
class Changes:
    """Numbers of components by what became of them; each is in exactly one list of its analysis."""

    pairs: NDArray[np.intp]
    """(n, 2) the same component in the first and the second analysis."""
    only_first: NDArray[np.intp]
    only_second: NDArray[np.intp]
    split_first: NDArray[np.intp]
    """In the first; the second has several in the place of each."""
    split_second: NDArray[np.intp]
    """Those in the second."""
    merged_first: NDArray[np.intp]
    """In the first; the second has one in the place of several of them."""
    merged_second: NDArray[np.intp]
    """Those in the second."""


def compare_components(first: csc_matrix, second: csc_matrix) -> Changes:
    """Tell what became of the components of one analysis in another.

    Parameters
    ----------
    first, second
        (H*W, K1) and (H*W, K2) footprints on the same field.
    """
    cores = [_cores(footprints) for footprints in (first, second)]
    shared = (cores[0].T @ cores[1]).toarray()
    sizes = [np.asarray(core.sum(axis=0)).ravel() for core in cores]
    split_first, split_second = _divided(shared, sizes[0], sizes[1])
    merged_second, merged_first = _divided(shared.T, sizes[1], sizes[0])
    merged_first &= ~split_first
    merged_second &= ~split_second
    special = (split_first | merged_first, split_second | merged_second)
    matches = match_footprints(first, second)
    pairs = matches.pairs[~special[0][matches.pairs[:, 0]] & ~special[1][matches.pairs[:, 1]]]
    return Changes(
        pairs=pairs,
        only_first=_rest(special[0], pairs[:, 0]),
        only_second=_rest(special[1], pairs[:, 1]),
        split_first=np.flatnonzero(split_first),
        split_second=np.flatnonzero(split_second),
        merged_first=np.flatnonzero(merged_first),
        merged_second=np.flatnonzero(merged_second),
    )


def _cores(footprints: csc_matrix) -> csc_matrix:
    """Give the pixels of each footprint that are not faint, as 0 and 1, (H*W, K)."""
    cores = csc_matrix(footprints, dtype=np.float32, copy=True)
    largest = np.maximum.reduceat(np.append(cores.data, 0.0), cores.indptr[:-1]) if cores.shape[1] else np.zeros(0)
    cores.data = (cores.data > _CORE * np.repeat(largest, np.diff(cores.indptr))).astype(np.float32)
    cores.eliminate_zeros()
    return cores


def _divided(shared: NDArray, whole: NDArray, part: NDArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which wholes have two or more parts, and which parts those are.

    Parameters
    ----------
    shared
        (wholes, parts) pixels that a whole and a part have in common.
    """
    is_inside = shared >= _MOSTLY * np.maximum(part, 1)[None, :]
    is_part = is_inside & (shared >= _LEAST_PART * whole[:, None]) & (whole[:, None] > 0)
    is_divided = is_part.sum(axis=1) >= 2
    return is_divided, is_part[is_divided].any(axis=0)


def _rest(special: NDArray[np.bool_], paired: NDArray[np.intp]) -> NDArray[np.intp]:
    rest = ~special
    rest[paired] = False
    return np.flatnonzero(rest)
