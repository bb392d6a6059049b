"""What the tissue around each component does: the mean light of a ring around its footprint."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress, silent
from calscope.model.results import Components

GAP, WIDTH = 0.6, 2.0
"""Distance of the ring from the footprint, and its width, in units of gSig."""
FEWEST_PX = 20
"""A ring of fewer pixels, because other components stand there, says nothing."""
CHUNK_PX = 8_000_000


def surrounds(components: Components, support: csc_matrix, *, gSig: tuple[int, int]) -> csr_matrix:
    """Give the rings around the footprints as means, (K, H*W) with pixels in row order; empty rows where none is left.

    Pixels on which another component stands are left out.
    """
    height, width = components.dims
    taken = np.asarray(support.sum(axis=1)).reshape(width, height).T > 0
    gap, reach = (math.ceil(part * float(np.mean(gSig))) for part in (GAP, GAP + WIDTH))
    rows: list[NDArray] = []
    for k in range(components.n):
        x, y = np.divmod(support.indices[support.indptr[k] : support.indptr[k + 1]], height)
        rows.append(_ring(y, x, taken, gap, reach) if len(x) else np.empty(0, np.int64))
    lengths = np.array([len(ring) for ring in rows], np.int64)
    weights = np.repeat(1.0 / np.maximum(lengths, 1), lengths).astype(np.float32)
    pixels = np.concatenate(rows) if rows else np.empty(0, np.int64)
    return csr_matrix((weights, pixels, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(rows), height * width))


def _ring(y: NDArray, x: NDArray, taken: NDArray[np.bool_], gap: int, reach: int) -> NDArray[np.int64]:
    """Give the free pixels whose distance from a footprint is more than `gap` and at most `reach`, in row order."""
    top, left = max(int(y.min()) - reach, 0), max(int(x.min()) - reach, 0)
    bottom, right = min(int(y.max()) + reach + 1, taken.shape[0]), min(int(x.max()) + reach + 1, taken.shape[1])
    outside = np.ones((bottom - top, right - left), np.uint8)
    outside[y - top, x - left] = 0
    far = np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    rows, columns = np.nonzero((far > gap) & (far <= reach) & ~taken[top:bottom, left:right])
    if len(rows) < FEWEST_PX:
        return np.empty(0, np.int64)
    return (rows + top) * taken.shape[1] + columns + left


def surround_traces(movie: Movie, rings: csr_matrix, progress: Progress = silent) -> FloatArray:
    """Average the movie over each ring, (K, T), NaN where a ring is empty."""
    n_frames, height, width = movie.shape
    out = np.empty((rings.shape[0], n_frames), np.float32)
    for start, stop in chunks(n_frames, max(1, CHUNK_PX // (height * width))):
        progress(start / n_frames, "Looking at the surroundings")
        frames = movie.codes[start:stop].reshape(stop - start, -1).astype(np.float32)
        out[:, start:stop] = rings @ np.ascontiguousarray(frames.T)
    out[np.diff(rings.indptr) == 0] = np.nan
    return out * np.float32(movie.scale)


def follows_surround(
    traces: FloatArray, around: FloatArray, background: FloatArray, *, smooth_frames: int
) -> FloatArray:
    """Correlate each raw trace with that of its surround, both smoothed, the background's traces taken out of both.

    Parameters
    ----------
    traces, around
        (K, T).
    background
        (nb, T).

    Returns
    -------
    (K,) float32; NaN where either is not finite or constant.
    """
    n, n_frames = traces.shape
    if n_frames < 2 * smooth_frames + len(background) + 2:
        return np.full(n, np.nan, np.float32)
    base = _basis(background, smooth_frames)
    out = np.full(n, np.nan, np.float32)
    for k in range(n):
        own, other = (_left_of(one[k], base, smooth_frames) for one in (traces, around))
        norm = math.sqrt(float(own @ own) * float(other @ other))
        if np.isfinite(norm) and norm > 0:
            out[k] = float(own @ other) / norm
    return out


def _basis(background: FloatArray, smooth_frames: int) -> NDArray[np.float64]:
    """Give orthonormal rows that span a constant and the smoothed background."""
    known = [_smoothed(one, smooth_frames) for one in background if np.isfinite(one).all()]
    columns = np.array([np.ones(len(known[0]) if known else 1), *known]) if known else None
    if columns is None:
        return np.empty((0, 0))
    u, size, _ = np.linalg.svd(columns.T / np.linalg.norm(columns, axis=1).clip(1e-12), full_matrices=False)
    return np.asarray(u[:, size > 1e-6 * size[0]].T)


def _left_of(trace: FloatArray, base: NDArray[np.float64], smooth_frames: int) -> NDArray[np.float64]:
    values = _smoothed(trace, smooth_frames)
    values = values - values.mean()
    return values - base.T @ (base @ values) if base.size else values


def _smoothed(trace: FloatArray, frames: int) -> NDArray[np.float64]:
    return np.convolve(np.asarray(trace, np.float64), np.full(frames, 1.0 / frames), mode="valid")
