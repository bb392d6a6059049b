"""The background b f: neuropil and out-of-focus light that varies over large areas.

Its traces f come from the residual binned in space, where a few components are all that is left to see; its images b
are then found for every pixel together with the footprints (see `spatial`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress

SWEEPS = 30
POWER_STEPS = 20


def background_traces(
    *, movie: BackgroundSubtractedMovie, A: csc_matrix, C: FloatArray, nb: int, pool: WorkerPool, progress: Progress
) -> FloatArray:
    """Find the traces of `nb` background components, (nb, T)."""
    pattern, binned = movie.block_means(pool, progress)
    if A.shape[1]:
        binned -= (pattern.T @ A).astype(np.float32) @ C
    return nonnegative_factors(binned, nb)[1]


def nonnegative_factors(X: FloatArray, rank: int, sweeps: int = SWEEPS) -> tuple[FloatArray, FloatArray]:
    """Factor X, (n, T), into non-negative (n, rank) and (rank, T), traces of mean 1 where there are any.

    Deterministic: the first component is the mean trace, each next begins with the positive part of the direction in
    which the residual varies most; hierarchical least squares then polishes all of them (Cichocki & Phan 2009).
    """
    n, n_frames = X.shape
    b = np.zeros((n, rank), np.float32)
    f = np.zeros((rank, n_frames), np.float32)
    residual = np.maximum(X, 0)
    for j in range(rank):
        f[j] = residual.mean(axis=0) if j == 0 else _strongest_direction(residual)
        b[:, j] = _images(residual, f[j])
        for _ in range(sweeps if j == rank - 1 else 5):
            _sweep(X, b[:, : j + 1], f[: j + 1])
        residual = X - b[:, : j + 1] @ f[: j + 1]
    scale = f.mean(axis=1)
    scale[scale == 0] = 1.0
    return b * scale, f / scale[:, None]


def _images(X: FloatArray, trace: FloatArray) -> FloatArray:
    power = float(trace @ trace)
    return np.maximum(X @ trace / power, 0) if power > 0 else np.zeros(len(X), np.float32)


def _strongest_direction(X: FloatArray) -> FloatArray:
    """Positive part of the leading right singular vector, of the sign that holds more."""
    v = X[int(np.argmax((X**2).sum(axis=1)))].copy()
    for _ in range(POWER_STEPS):
        v = X.T @ (X @ v)
        norm = np.linalg.norm(v)
        if norm == 0:
            return np.zeros(X.shape[1], np.float32)
        v /= norm
    up, down = np.maximum(v, 0), np.maximum(-v, 0)
    return up if np.linalg.norm(up) >= np.linalg.norm(down) else down


def _sweep(X: NDArray, b: NDArray, f: NDArray) -> None:
    """One round of hierarchical non-negative least squares, in place."""
    products, gram = X.T @ b, b.T @ b
    for j in range(b.shape[1]):
        if gram[j, j] > 0:
            f[j] = np.maximum(f[j] + (products[:, j] - gram[j] @ f) / gram[j, j], 0)
    products, gram = X @ f.T, f @ f.T
    for j in range(b.shape[1]):
        if gram[j, j] > 0:
            b[:, j] = np.maximum(b[:, j] + (products[:, j] - b @ gram[j]) / gram[j, j], 0)
