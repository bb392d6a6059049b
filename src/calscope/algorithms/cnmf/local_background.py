"""Fluctuations of the neuropil that are wider than cells, taken out of the movie before cells are looked for.

A few background components with one trace each can't follow neuropil that differs from place to place; what they leave
ends up in the cells' traces, or makes components of its own. Here the light of the frame is
averaged over blocks of a soma's size, and each block takes the median of its 5 x 5 neighbourhood, which few and
small cells hardly change. What changes over time in that smooth image is subtracted; what is constant is
left to b.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, kron

from calscope.algorithms.cnmf.blocks import Blocks
from calscope.algorithms.cnmf.pixel_stream import PixelChunk, footprint_products, in_pixel_order, trace_products
from calscope.algorithms.threads import WorkerPool
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress

NEIGHBOURHOOD = 5
"""Side of the neighbourhood, in blocks; cv2 has this median for float32 up to 5."""
SMOOTHING_BLOCKS = 0.7
BLOCK_PX = 8
"""Side of the blocks where nobody measured any."""
BACKGROUND_GRID = 16
"""Most blocks along a side of the field in which the few components of the background are looked for."""
CHUNK_FRAMES = 256
FRAMES_AT_ONCE = 4
"""Frames that are smoothed as the channels of one image: cv2 has this median for up to four."""


@dataclass(frozen=True)
class LocalBackground:
    """Smooth fluctuations on a coarse grid over the field."""

    dims: tuple[int, int]
    grid: tuple[int, int]
    values: FloatArray
    """(grid rows · grid columns, T), mean 0 over time."""

    @classmethod
    def of(cls, blocks: Blocks, pool: WorkerPool) -> Self | None:
        """Measure it; None where the field is too small to tell cells from their surroundings."""
        if min(blocks.grid) < NEIGHBOURHOOD:
            return None
        still = blocks.means.mean(axis=1, dtype=np.float64).astype(np.float32)
        values = np.empty_like(blocks.means)

        def work(stretch: tuple[int, int]) -> None:
            some = slice(*stretch)
            values[:, some] = _smooth(blocks.means[:, some] - still[:, None], blocks.grid)

        pool.each(work, chunks(values.shape[1], CHUNK_FRAMES))
        values -= values.mean(axis=1, dtype=np.float64).astype(np.float32)[:, None]
        return cls(blocks.dims, blocks.grid, values)

    def patch(self, where: tuple[slice, slice]) -> FloatArray:
        """Give it at each pixel of a patch, (h, w, T)."""
        out = np.zeros((*(s.stop - s.start for s in where), self.values.shape[1]), np.float32)
        self.subtract_from(out, where)
        return np.negative(out, out=out)

    def subtract_from(
        self, patch: FloatArray, where: tuple[slice, slice], in_time: Callable[[FloatArray], FloatArray] | None = None
    ) -> None:
        """Subtract it from a patch, (h, w, T), in place; of a binned one, as `in_time` bins (T, ...)."""
        rows = _weights(self.dims[0], self.grid[0])[where[0]]
        used = np.flatnonzero(rows.any(axis=0))
        low, share = (values[where[1]] for values in _interpolation(self.dims[1], self.grid[1]))
        last = min(self.grid[1], int(low[-1]) + 2)
        part = self.values.reshape(*self.grid, -1)[used[0] : used[-1] + 1, low[0] : last]
        if in_time is not None:
            part = np.moveaxis(in_time(np.moveaxis(part, 2, 0)), 0, 2)
        wide = np.tensordot(rows[:, used], part, axes=(1, 0))
        _subtract_interpolated(patch, wide, low - low[0], share)

    @cached_property
    def weights(self) -> csr_matrix:
        """(H*W, grid) bilinear weights of the grid's values at each pixel, row order."""
        rows, columns = (csr_matrix(_weights(n, m)) for n, m in zip(self.dims, self.grid, strict=True))
        return csr_matrix(kron(rows, columns, format="csr"))


def _smooth(means: FloatArray, grid: tuple[int, int]) -> FloatArray:
    """Take the medians of neighbourhoods, smoothed a little, of every frame of (grid rows · grid columns, T)."""
    n_frames = means.shape[1]
    padded = np.pad(means, ((0, 0), (0, -n_frames % FRAMES_AT_ONCE)))
    frames = padded.reshape(*grid, -1, FRAMES_AT_ONCE)
    for i in range(frames.shape[2]):
        medians = cv2.medianBlur(np.ascontiguousarray(frames[:, :, i]), NEIGHBOURHOOD)
        frames[:, :, i] = cv2.GaussianBlur(medians, (0, 0), SMOOTHING_BLOCKS)
    return padded[:, :n_frames]


def _weights(n: int, m: int) -> FloatArray:
    """(n, m) linear interpolation from m values stretched over n pixels; beyond the outer ones it is flat."""
    low, share = _interpolation(n, m)
    out = np.zeros((n, m), np.float32)
    out[np.arange(n), low] = 1 - share
    out[np.arange(n), np.minimum(low + 1, m - 1)] += share
    return out


def _interpolation(n: int, m: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Of m values stretched over n pixels: the one before each pixel, and how far on towards the next it lies."""
    at = np.clip((np.arange(n) + 0.5) * m / n - 0.5, 0, m - 1)
    low = np.minimum(at.astype(np.intp), max(0, m - 2))
    return low, (at - low).astype(np.float32)


@kernel
def _subtract_interpolated(patch: NDArray, wide: NDArray, low: NDArray, share: NDArray) -> None:
    for y in range(patch.shape[0]):
        for x in range(patch.shape[1]):
            pixel, before, after = patch[y, x], wide[y, low[x]], wide[y, min(low[x] + 1, wide.shape[1] - 1)]
            u, v = np.float32(1) - share[x], share[x]
            for t in range(pixel.size):
                pixel[t] -= u * before[t] + v * after[t]


@dataclass(frozen=True)
class BackgroundSubtractedMovie:
    """A movie minus its local background; the subtraction is done in the products, no copy is made."""

    movie: Movie
    local: LocalBackground | None = None
    blocks: Blocks | None = None
    """Of the movie as it is, for the background."""

    @classmethod
    def of(
        cls,
        movie: Movie,
        block_px: int,
        pool: WorkerPool,
        progress: Progress,
        look: Callable[[PixelChunk], None] | None = None,
    ) -> Self:
        """Measure the local background in blocks; `look` is called with every chunk of the movie."""
        movie = in_pixel_order(movie, pool)
        blocks = Blocks.of(movie, block_px, pool, progress, look)
        return cls(movie, LocalBackground.of(blocks, pool), blocks.coarser(BACKGROUND_GRID))

    def whole(self) -> Self:
        """Give the movie with its local background."""
        return replace(self, local=None)

    def block_means(self, pool: WorkerPool, progress: Progress) -> tuple[csc_matrix, FloatArray]:
        """Give the pattern of the blocks, (H*W, blocks), and their means, (blocks, T), as new arrays."""
        blocks = self.blocks or Blocks.of(self.movie, BLOCK_PX, pool, progress).coarser(BACKGROUND_GRID)
        pattern, means = blocks.pattern, blocks.means.copy()
        if self.local is not None:
            means -= np.asarray((pattern.T @ self.local.weights) @ self.local.values, np.float32)
        return pattern, means

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.movie.shape

    def footprint_products(self, A: csc_matrix, pool: WorkerPool, progress: Progress, note: str = "") -> FloatArray:
        """Aᵀ Y, as `pixel_stream.footprint_products`."""
        out = footprint_products(self.movie, A, pool, progress, note)
        if self.local is not None:
            out -= np.asarray((A.T @ self.local.weights) @ self.local.values, np.float32)
        return out

    def trace_products(
        self, where: csc_matrix, traces: FloatArray, pool: WorkerPool, progress: Progress, note: str = ""
    ) -> NDArray[np.float64]:
        """Y Cᵀ where it is wanted, as `pixel_stream.trace_products`."""
        out = trace_products(self.movie, where, traces, pool, progress, note)
        if self.local is not None:
            on_grid = np.asarray((self.local.values @ traces.T).T, np.float32)
            on_grid = np.ascontiguousarray(on_grid).reshape(-1, *self.local.grid)
            rows, columns = (_interpolation(n, m) for n, m in zip(self.local.dims, self.local.grid, strict=True))
            _subtract_at_pixels(out, where.indptr, where.indices, on_grid, *rows, *columns)
        return out


@kernel
def _subtract_at_pixels(  # noqa: PLR0917 - kernels take no keywords
    out: NDArray,
    indptr: NDArray,
    pixels: NDArray,
    on_grid: NDArray,
    low_y: NDArray,
    share_y: NDArray,
    low_x: NDArray,
    share_x: NDArray,
) -> None:
    """Subtract from the entries of each column what its image on the grid, (K, rows, columns), is at their pixels."""
    width = low_x.size
    for k in range(indptr.size - 1):
        image = on_grid[k]
        for q in range(indptr[k], indptr[k + 1]):
            y, x = pixels[q] // width, pixels[q] % width
            top, left, down, across = low_y[y], low_x[x], share_y[y], share_x[x]
            bottom, right = min(top + 1, image.shape[0] - 1), min(left + 1, image.shape[1] - 1)
            above = (1 - across) * image[top, left] + across * image[top, right]
            below = (1 - across) * image[bottom, left] + across * image[bottom, right]
            out[q] -= (1 - down) * above + down * below
