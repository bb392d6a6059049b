"""The background b f: neuropil and out-of-focus light that varies over large areas.

Its traces f come from the residual binned in space, where a few components are all that is left to see; its images b
are then found for every pixel together with the footprints (see `spatial`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.threads import WorkerPool
from calscope.compiled import kernel
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress

SWEEPS = 30
POWER_STEPS = 20
FEW_SWEEPS = 5


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
    X = np.ascontiguousarray(X, np.float32)
    images = np.zeros((rank, len(X)), np.float32)
    f = np.zeros((rank, X.shape[1]), np.float32)
    residual = np.maximum(X, 0)
    for j in range(rank):
        f[j] = residual.mean(axis=0) if j == 0 else _strongest_direction(residual)
        images[j] = _image(residual, f[j])
        _sweeps(X, images[: j + 1], f[: j + 1], sweeps if j == rank - 1 else FEW_SWEEPS)
        if j < rank - 1:
            residual = X - images[: j + 1].T @ f[: j + 1]
    scale = f.mean(axis=1)
    scale[scale == 0] = 1.0
    return images.T * scale, f / scale[:, None]


def _image(X: FloatArray, trace: FloatArray) -> FloatArray:
    power = float(trace @ trace)
    return np.maximum(X @ trace / power, 0) if power > 0 else np.zeros(len(X), np.float32)


def _strongest_direction(X: FloatArray) -> FloatArray:
    """Positive part of the leading right singular vector, of the sign that holds more."""
    v = X[int(np.argmax(np.einsum("ij,ij->i", X, X)))].copy()
    _power_steps(X, v)
    up, down = np.maximum(v, 0), np.maximum(-v, 0)
    return up if np.linalg.norm(up) >= np.linalg.norm(down) else down


@kernel
def _power_steps(X: NDArray, v: NDArray) -> None:
    """Turn v, (T,), towards the leading right singular vector of X, in place."""
    new = np.empty_like(v)
    for _ in range(POWER_STEPS):
        new[:] = 0
        for i in range(X.shape[0]):
            row = X[i]
            weight = np.float32(0)
            for t in range(v.size):
                weight += row[t] * v[t]
            for t in range(v.size):
                new[t] += weight * row[t]
        norm = np.sqrt((new * new).sum())
        if norm == 0:
            v[:] = 0
            return
        for t in range(v.size):
            v[t] = new[t] / norm


@kernel
def _sweeps(X: NDArray, images: NDArray, f: NDArray, n: int) -> None:
    """Polish traces f, (rank, T), and images, (rank, n), by non-negative least squares, one after another, in place."""
    rank, n_frames = f.shape
    for _ in range(n):
        products, gram = np.zeros((rank, n_frames), np.float32), images @ images.T
        for i in range(X.shape[0]):
            row = X[i]
            for j in range(rank):
                weight, target = images[j, i], products[j]
                for t in range(n_frames):
                    target[t] += weight * row[t]
        _descend(f, products, gram)
        products, gram = np.empty((rank, X.shape[0]), np.float32), f @ f.T
        for i in range(X.shape[0]):
            row = X[i]
            for j in range(rank):
                trace, total = f[j], np.float32(0)
                for t in range(n_frames):
                    total += row[t] * trace[t]
                products[j, i] = total
        _descend(images, products, gram)


@kernel
def _descend(factors: NDArray, products: NDArray, gram: NDArray) -> None:
    """Update each row of the factors, (rank, m), given products with X and the Gram matrix of the other factors."""
    slope = np.empty(factors.shape[1], np.float32)
    for j in range(factors.shape[0]):
        if gram[j, j] > 0:
            slope[:] = products[j]
            for k in range(factors.shape[0]):
                weight, other = gram[j, k], factors[k]
                for t in range(slope.size):
                    slope[t] -= weight * other[t]
            row, scale = factors[j], np.float32(1) / gram[j, j]
            for t in range(slope.size):
                row[t] = max(row[t] + slope[t] * scale, np.float32(0))
