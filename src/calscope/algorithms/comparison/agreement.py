"""How far two analyses of one recording agree: shifts, images, matched components, measures and verdicts.

Footprints are matched one to one so that the sum of their cosines is largest (Kuhn 1955); pairs below a cosine of 0.5
count as no match.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csc_matrix

from calscope.model.movie import FloatArray

MIN_COSINE = 0.5
"""Cosine of two footprints below which they are not of the same cell."""


@dataclass(frozen=True)
class ShiftAgreement:
    """Two estimates of the same motion; templates may differ by a constant shift, which is taken out."""

    rmse_px: float
    """Root mean square of the difference in one coordinate, without the constant."""
    largest_px: float
    """Length of the largest difference."""
    offset_px: tuple[float, float]
    """The constant (y, x): median of the second less the first."""


@dataclass(frozen=True)
class Matches:
    """Components of two sets that are the same cell."""

    pairs: NDArray[np.intp]
    """(n, 2) numbers in the first and the second set, by falling cosine."""
    cosines: FloatArray
    """(n,) of the footprints."""
    only_first: NDArray[np.intp]
    only_second: NDArray[np.intp]


def compare_shifts(first: NDArray, second: NDArray) -> ShiftAgreement:
    """Compare two tracks of shifts, (T, 2) or (T, P, 2) px each.

    Raises
    ------
    ValueError
        When their shapes differ.
    """
    if np.shape(first) != np.shape(second):
        raise ValueError(f"The shifts have different shapes, {np.shape(first)} and {np.shape(second)}.")
    difference = (np.asarray(second, np.float64) - np.asarray(first, np.float64)).reshape(-1, 2)
    offset = np.median(difference, axis=0)
    lengths = np.linalg.norm(difference - offset, axis=1)
    return ShiftAgreement(
        rmse_px=float(np.sqrt(np.mean((difference - offset) ** 2))),
        largest_px=float(lengths.max()),
        offset_px=(float(offset[0]), float(offset[1])),
    )


def cosines(first: csc_matrix, second: csc_matrix) -> FloatArray:
    """Cosine of every footprint of one set with every one of another, (K1, K2); 0 for empty footprints."""
    product = _unit(first).T @ _unit(second)
    return np.asarray(product.toarray(), np.float32)


def _unit(A: csc_matrix) -> csc_matrix:
    A = csc_matrix(A, dtype=np.float64)
    norms = np.sqrt(np.asarray(A.multiply(A).sum(axis=0)).ravel())
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return csc_matrix(A.multiply(scale[None, :]))


def match_footprints(first: csc_matrix, second: csc_matrix, *, min_cosine: float = MIN_COSINE) -> Matches:
    """Pair the footprints of two sets, (H*W, K1) and (H*W, K2), one to one."""
    cosine = cosines(first, second)
    rows, columns = linear_sum_assignment(-cosine)
    found = cosine[rows, columns]
    order = np.argsort(-found, kind="stable")
    order = order[found[order] >= min_cosine]
    pairs = np.stack([rows[order], columns[order]], axis=1).astype(np.intp)
    return Matches(
        pairs=pairs,
        cosines=found[order],
        only_first=np.setdiff1d(np.arange(cosine.shape[0]), pairs[:, 0]),
        only_second=np.setdiff1d(np.arange(cosine.shape[1]), pairs[:, 1]),
    )


def trace_correlations(first: NDArray, second: NDArray, pairs: NDArray[np.intp]) -> FloatArray:
    """Correlation in time of each pair's traces, (n,); 0 where one is constant."""
    a, b = (_centred(traces[pairs[:, k]]) for k, traces in enumerate((first, second)))
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products = np.einsum("kt,kt->k", a, b)
    return np.divide(products, norms, out=np.zeros_like(products), where=norms > 0).astype(np.float32)


def _centred(traces: NDArray) -> NDArray[np.float64]:
    values = np.asarray(traces, np.float64)
    return values - values.mean(axis=1, keepdims=True)


def largest_difference(first: NDArray, second: NDArray) -> float:
    """Give the largest absolute difference of two images."""
    return float(np.abs(np.asarray(first, np.float64) - np.asarray(second, np.float64)).max())
