"""Products of the whole movie with footprints and traces, in one pass over its frames.

Frames are read in chunks of a few hundred; each is turned into pixel-major order, where products with footprints are
many times faster (a trace of a pixel is then contiguous), and dropped again. Memory doesn't grow with the recording.

Inside the algorithms pixels are in row order (index = y * W + x), as the frames are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.threads import WorkerPool
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress

CODES_PER_CHUNK = 16_000_000
TILE_PX = 4096
TURNED_ONCE_CODES = 16_000_000
"""A movie of at most so many codes is turned into pixel-major order once, not in each pass."""


@dataclass(frozen=True)
class PixelChunk:
    """Some frames of the whole field, pixel-major."""

    start: int
    stop: int
    codes: NDArray[np.uint16]
    """(H*W, stop - start), codes of `Movie`."""


def in_pixel_order(movie: Movie, pool: WorkerPool) -> Movie:
    """Give a short movie with the same values in pixel-major memory, a longer one as it is."""
    if movie.codes.size > TURNED_ONCE_CODES or is_pixel_major(movie.codes):
        return movie
    n_frames, height, width = movie.shape
    codes = np.empty((height * width, n_frames), np.uint16)
    _turn(np.reshape(movie.codes, (n_frames, -1)), codes, pool)
    return replace(movie, codes=np.moveaxis(codes.reshape(height, width, n_frames), 2, 0))


def is_pixel_major(codes: NDArray[np.uint16]) -> bool:
    """Whether the frames of each pixel lie one after the other in memory."""
    return codes.shape[0] > 1 and codes.strides[0] == codes.itemsize


def _turn(frames: NDArray[np.uint16], codes: NDArray[np.uint16], pool: WorkerPool) -> None:
    """Write frames, (T, H*W), into codes, (H*W, T)."""

    def turn(tile: tuple[int, int]) -> None:
        cv2.transpose(np.ascontiguousarray(frames[:, tile[0] : tile[1]]), codes[tile[0] : tile[1]])

    pool.each(turn, chunks(len(codes), TILE_PX))


def pixel_chunks(movie: Movie, pool: WorkerPool, progress: Progress, note: str) -> Iterator[PixelChunk]:
    """Go once through the movie, in stretches of at most 512 frames; each is overwritten by the next."""
    n_frames, height, width = movie.shape
    n_px = height * width
    if is_pixel_major(movie.codes):
        progress(0.0, note)
        yield PixelChunk(0, n_frames, np.moveaxis(movie.codes, 0, 2).reshape(n_px, n_frames))
        return
    size = min(n_frames, int(np.clip(CODES_PER_CHUNK // n_px, 32, 512)))
    room = np.empty(n_px * size, np.uint16)
    for start, stop in chunks(n_frames, size):
        progress(start / n_frames, note)
        codes = room[: n_px * (stop - start)].reshape(n_px, stop - start)
        _turn(np.reshape(movie.codes[start:stop], (stop - start, n_px)), codes, pool)
        yield PixelChunk(start, stop, codes)


def footprint_products(  # noqa: PLR0917
    movie: Movie,
    A: csc_matrix,
    pool: WorkerPool,
    progress: Progress,
    note: str = "",
    look: Callable[[PixelChunk], None] | None = None,
) -> FloatArray:
    """Aᵀ Y: each footprint's sum over the movie.

    Parameters
    ----------
    A
        (H*W, K), row order; dense columns (background) are welcome.
    look
        Shown every stretch of frames too, for what else is to be known of the movie.

    Returns
    -------
    (K, T) float32.
    """
    out = np.empty((A.shape[1], movie.shape[0]), np.float32)
    data = A.data.astype(np.float32)
    parts = _balanced(A.indptr, 4 * pool.workers)
    for chunk in pixel_chunks(movie, pool, progress, note):

        def work(part: tuple[int, int], chunk: PixelChunk = chunk) -> None:
            target = out[part[0] : part[1], chunk.start : chunk.stop]
            _project(chunk.codes, A.indptr[part[0] : part[1] + 1], A.indices, data, target)

        pool.each(work, parts)
        if look is not None:
            look(chunk)
    out *= np.float32(movie.scale)
    out += np.float32(movie.offset) * np.asarray(A.sum(axis=0), np.float32).reshape(-1, 1)
    return out


def trace_products(  # noqa: PLR0917 - kernels take no keywords
    movie: Movie, where: csc_matrix, traces: FloatArray, pool: WorkerPool, progress: Progress, note: str = ""
) -> NDArray[np.float64]:
    """Y Cᵀ at the entries of a sparse pattern only.

    Parameters
    ----------
    where
        (H*W, K) pattern: the pixels of interest of each trace.
    traces
        (K, T).

    Returns
    -------
    (nnz,) float64, one value per entry of `where`.
    """
    out = np.zeros(where.nnz)
    parts = _balanced(where.indptr, 4 * pool.workers)
    for chunk in pixel_chunks(movie, pool, progress, note):
        piece = np.ascontiguousarray(traces[:, chunk.start : chunk.stop], np.float32)

        def work(part: tuple[int, int], chunk: PixelChunk = chunk, piece: FloatArray = piece) -> None:
            _correlate(chunk.codes, where.indptr, where.indices, piece, part[0], part[1], out)

        pool.each(work, parts)
    out *= movie.scale
    sums = traces.sum(axis=1, dtype=np.float64)
    out += movie.offset * np.repeat(sums, np.diff(where.indptr))
    return out


def _balanced(indptr: NDArray, parts: int) -> list[tuple[int, int]]:
    """Cut columns into stretches of about equal numbers of entries."""
    n = indptr.size - 1
    edges = np.searchsorted(indptr, np.linspace(0, indptr[-1], parts + 1)[1:-1])
    cuts = np.unique(np.concatenate([[0], np.clip(edges, 0, n), [n]]))
    return [(int(a), int(b)) for a, b in pairwise(cuts)]


@kernel
def _project(codes: NDArray, indptr: NDArray, indices: NDArray, data: NDArray, out: NDArray) -> None:
    for k in range(out.shape[0]):
        row = out[k]
        row[:] = 0
        for q in range(indptr[k], indptr[k + 1]):
            a = data[q]
            pixel = codes[indices[q]]
            for t in range(row.size):
                row[t] += a * np.float32(pixel[t])


@kernel
def _correlate(  # noqa: PLR0917 - kernels take no keywords
    codes: NDArray, indptr: NDArray, indices: NDArray, traces: NDArray, first: int, last: int, out: NDArray
) -> None:
    for k in range(first, last):
        trace = traces[k]
        for q in range(indptr[k], indptr[k + 1]):
            pixel = codes[indices[q]]
            total = np.float32(0)
            for t in range(trace.size):
                total += trace[t] * np.float32(pixel[t])
            out[q] += total
