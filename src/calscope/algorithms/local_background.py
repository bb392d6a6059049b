"""Fluctuations of the neuropil that are wider than cells, taken out of the movie before cells are looked for.

A few background components with one trace each can't follow neuropil that glows differently in every corner of the
field; what they leave ends up in the cells' traces, or makes components of its own. Here the light of the frame is
averaged over blocks of a soma's size, and each block takes the median of its neighbourhood of five by five: cells are
few and small enough not to move it. What changes over time in that smooth image is subtracted; what stands still is
left to b.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, kron

from calscope.algorithms.pixel_stream import footprint_products, trace_products
from calscope.algorithms.threads import Team
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress

NEIGHBOURHOOD = 5
"""Side of the neighbourhood, in blocks; cv2 has this median for float32 up to 5."""
SMOOTHING_BLOCKS = 0.7
CHUNK_FRAMES = 256


@dataclass(frozen=True)
class LocalBackground:
    """Smooth fluctuations on a coarse grid that is stretched over the field."""

    dims: tuple[int, int]
    grid: tuple[int, int]
    values: FloatArray
    """(grid rows · grid columns, T), mean 0 over time."""

    @classmethod
    def of(cls, movie: Movie, block_px: int, team: Team, progress: Progress) -> Self | None:
        """Measure it; None where the field is too small to tell cells from their surroundings."""
        n_frames, height, width = movie.shape
        grid = round(height / block_px), round(width / block_px)
        if min(grid) < NEIGHBOURHOOD:
            return None
        binned = np.empty((n_frames, *grid), np.float32)

        def work(stretch: tuple[int, int]) -> None:
            for t, frame in enumerate(movie.read(*stretch), stretch[0]):
                binned[t] = cv2.resize(frame, grid[::-1], interpolation=cv2.INTER_AREA)

        stretches = chunks(n_frames, CHUNK_FRAMES)
        for i, _ in enumerate(team.map(work, stretches)):
            progress(i / len(stretches), "Measuring the local background")
        binned -= binned.mean(axis=0)
        for t in range(n_frames):
            binned[t] = cv2.GaussianBlur(cv2.medianBlur(binned[t], NEIGHBOURHOOD), (0, 0), SMOOTHING_BLOCKS)
        binned -= binned.mean(axis=0)
        return cls((height, width), grid, np.ascontiguousarray(binned.reshape(n_frames, -1).T))

    def patch(self, where: tuple[slice, slice]) -> FloatArray:
        """Give it at each pixel of a patch, (h, w, T)."""
        rows = _weights(self.dims[0], self.grid[0])[where[0]]
        columns = _weights(self.dims[1], self.grid[1])[where[1]]
        y, x = np.flatnonzero(rows.any(axis=0)), np.flatnonzero(columns.any(axis=0))
        part = self.values.reshape(*self.grid, -1)[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
        wide = np.tensordot(rows[:, y], part, axes=(1, 0))
        return np.asarray(np.einsum("xj,yjt->yxt", columns[:, x], wide, optimize=True), np.float32)

    def weights(self) -> csr_matrix:
        """(H*W, grid) bilinear weights of the grid's values at each pixel, row order."""
        rows, columns = (csr_matrix(_weights(n, m)) for n, m in zip(self.dims, self.grid, strict=True))
        return csr_matrix(kron(rows, columns, format="csr"))


def _weights(n: int, m: int) -> FloatArray:
    """(n, m) linear interpolation from m values stretched over n pixels; beyond the outer ones it is flat."""
    at = np.clip((np.arange(n) + 0.5) * m / n - 0.5, 0, m - 1)
    low = np.minimum(at.astype(np.intp), max(0, m - 2))
    out = np.zeros((n, m), np.float32)
    out[np.arange(n), low] = 1 - (at - low)
    out[np.arange(n), np.minimum(low + 1, m - 1)] += at - low
    return out


@dataclass(frozen=True)
class ClearedMovie:
    """A movie with its local background taken out; the subtraction happens in the products, no copy is made."""

    movie: Movie
    local: LocalBackground | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.movie.shape

    def footprint_products(self, A: csc_matrix, team: Team, progress: Progress, note: str = "") -> FloatArray:
        """Aᵀ Y, as `pixel_stream.footprint_products`."""
        out = footprint_products(self.movie, A, team, progress, note)
        if self.local is not None:
            out -= np.asarray((A.T @ self.local.weights()) @ self.local.values, np.float32)
        return out

    def trace_products(
        self, where: csc_matrix, traces: FloatArray, team: Team, progress: Progress, note: str = ""
    ) -> NDArray[np.float64]:
        """Y Cᵀ where it is wanted, as `pixel_stream.trace_products`."""
        out = trace_products(self.movie, where, traces, team, progress, note)
        if self.local is not None:
            on_grid = self.local.values @ traces.T
            weights = self.local.weights()
            for k in range(where.shape[1]):
                entries = slice(where.indptr[k], where.indptr[k + 1])
                out[entries] -= weights[where.indices[entries]] @ on_grid[:, k]
        return out
