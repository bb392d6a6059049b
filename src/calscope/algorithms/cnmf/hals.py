"""Hierarchical alternating least squares on a patch: one factor at a time, on its own pixels only.

Cichocki & Phan 2009; rows are sliced before the inner loops, without which they don't vectorise.
"""

import numpy as np
from numpy.typing import NDArray

from calscope.compiled import kernel


@kernel
def footprint_sweep(Y: NDArray, A: NDArray, C: NDArray, masks: NDArray) -> None:
    """Update the footprints A, (K, P), in place, given the traces C, (K, T), of the movie Y, (P, T).

    Parameters
    ----------
    masks
        (K, P) where each footprint may be.
    """
    n = A.shape[0]
    gram = _gram(C)
    for k in range(n):
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
def trace_sweep(Y: NDArray, A: NDArray, C: NDArray, masks: NDArray) -> None:
    """Update the traces C, (K, T), in place, given the footprints A, (K, P)."""
    n, n_frames = C.shape
    gram = _gram(A)
    rest = np.empty(n_frames, np.float32)
    for k in range(n):
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
def _gram(rows: NDArray) -> NDArray:
    n = rows.shape[0]
    out = np.zeros((n, n), np.float32)
    for i in range(n):
        for j in range(i, n):
            a, b = rows[i], rows[j]
            total = np.float32(0)
            for t in range(a.size):
                total += a[t] * b[t]
            out[i, j] = total
            out[j, i] = total
    return out
