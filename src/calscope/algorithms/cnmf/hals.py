"""Hierarchical alternating least squares on a patch: one factor at a time, on its own pixels only.

Cichocki & Phan 2009; rows are sliced before the inner loops, without which they don't vectorise.
"""

import numpy as np
from numpy.typing import NDArray

from calscope.compiled import kernel
from calscope.model.movie import chunks
from calscope.model.progress import Check, unasked

OPERATIONS_AT_ONCE = 200_000_000
"""About what a tenth of a second suffices for; then it is asked whether to stop."""


def footprint_sweep(Y: NDArray, A: NDArray, C: NDArray, masks: NDArray, check: Check = unasked) -> None:
    """Update the footprints A, (K, P), in place, given the traces C, (K, T), of the movie Y, (P, T).

    Parameters
    ----------
    masks
        (K, P) where each footprint may be.
    check
        Asked whether to stop, several times a second.
    """
    gram = _gram(C, check)
    for some in _stretches(len(A), Y.size + len(A) * Y.shape[0]):
        check()
        _footprints(Y, A, C, masks, gram, *some)


def trace_sweep(Y: NDArray, A: NDArray, C: NDArray, masks: NDArray, check: Check = unasked) -> None:
    """Update the traces C, (K, T), in place, given the footprints A, (K, P)."""
    gram = _gram(A, check)
    for some in _stretches(len(A), Y.size + C.size):
        check()
        _traces(Y, A, C, masks, gram, *some)


def _gram(rows: NDArray, check: Check) -> NDArray:
    out = np.zeros((len(rows), len(rows)), np.float32)
    for some in _stretches(len(rows), rows.size):
        check()
        _fill_gram(rows, out, *some)
    return out


def _stretches(n: int, operations: int) -> list[tuple[int, int]]:
    """Cut 0 to n, each of which takes so many operations, into stretches that are short enough to stop after."""
    return chunks(n, max(1, OPERATIONS_AT_ONCE // max(1, operations)))


@kernel
def _footprints(  # noqa: PLR0917 - kernels take no keywords
    Y: NDArray, A: NDArray, C: NDArray, masks: NDArray, gram: NDArray, first: int, last: int
) -> None:
    n = A.shape[0]
    for k in range(first, last):
        if gram[k, k] <= 0:
            A[k, :] = 0
            continue
        trace = C[k]
        for p in range(Y.shape[0]):
            if not masks[k, p]:
                A[k, p] = 0
                continue
            pixel = Y[p]
            slope = np.float32(0)
            for t in range(trace.size):
                slope += pixel[t] * trace[t]
            for j in range(n):
                slope -= gram[k, j] * A[j, p]
            A[k, p] = max(np.float32(0), A[k, p] + slope / gram[k, k])


@kernel
def _traces(  # noqa: PLR0917 - kernels take no keywords
    Y: NDArray, A: NDArray, C: NDArray, masks: NDArray, gram: NDArray, first: int, last: int
) -> None:
    n, n_frames = C.shape
    rest = np.empty(n_frames, np.float32)
    for k in range(first, last):
        if gram[k, k] <= 0:
            C[k, :] = 0
            continue
        rest[:] = 0
        for p in range(Y.shape[0]):
            weight = A[k, p]
            if masks[k, p] and weight != 0:
                pixel = Y[p]
                for t in range(n_frames):
                    rest[t] += weight * pixel[t]
        for j in range(n):
            if gram[k, j] != 0:
                weight, other = gram[k, j], C[j]
                for t in range(n_frames):
                    rest[t] -= weight * other[t]
        row = C[k]
        scale = np.float32(1) / gram[k, k]
        for t in range(n_frames):
            row[t] = max(np.float32(0), row[t] + rest[t] * scale)


@kernel
def _fill_gram(rows: NDArray, out: NDArray, first: int, last: int) -> None:
    for i in range(first, last):
        for j in range(i, rows.shape[0]):
            a, b = rows[i], rows[j]
            total = np.float32(0)
            for t in range(a.size):
                total += a[t] * b[t]
            out[i, j] = total
            out[j, i] = total
