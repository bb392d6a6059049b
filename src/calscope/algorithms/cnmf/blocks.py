"""The movie averaged over a coarse grid of blocks, which is enough to estimate wide, slow background light."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.footprints import Dims
from calscope.algorithms.cnmf.pixel_stream import PixelChunk, footprint_products
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray, Movie
from calscope.model.progress import Progress


@dataclass(frozen=True)
class Blocks:
    """Means over the blocks of a grid."""

    dims: Dims
    grid: tuple[int, int]
    means: FloatArray
    """(grid rows · grid columns, T)."""
    pattern: csc_matrix
    """What averages over the blocks, (H*W, blocks), row order."""

    @classmethod
    def of(
        cls,
        movie: Movie,
        block_px: int,
        pool: WorkerPool,
        progress: Progress,
        look: Callable[[PixelChunk], None] | None = None,
    ) -> Self:
        """Average a movie over blocks of about `block_px`; `look` is called with every chunk."""
        dims = movie.shape[1], movie.shape[2]
        grid = max(1, round(dims[0] / block_px)), max(1, round(dims[1] / block_px))
        pattern = block_pattern(dims, grid)
        means = footprint_products(movie, pattern, pool, progress, "Measuring noise and light", look)
        return cls(dims, grid, means, pattern)

    def coarser(self, most: int) -> Self:
        """Average blocks until each side of the grid has no more than `most`."""
        grid = min(most, self.grid[0]), min(most, self.grid[1])
        if grid == self.grid:
            return self
        joining = block_pattern(self.grid, grid)
        means = np.asarray(joining.T @ self.means, np.float32)
        return replace(self, grid=grid, means=means, pattern=csc_matrix(self.pattern @ joining))


def block_pattern(dims: Dims, grid: tuple[int, int]) -> csc_matrix:
    """Pattern that averages over a grid of blocks of about the same size: (H*W, blocks), row order."""
    block = block_numbers(dims, grid)
    size = np.bincount(block, minlength=grid[0] * grid[1])
    entries = (1.0 / size[block]).astype(np.float32)
    return csc_matrix((entries, (np.arange(block.size), block)), shape=(block.size, size.size))


def block_numbers(dims: Dims, grid: tuple[int, int]) -> NDArray[np.intp]:
    """(H*W,) the number of each pixel's block in a grid of blocks of about the same size, row order."""
    row, column = (np.arange(n) * m // n for n, m in zip(dims, grid, strict=True))
    return (row[:, None] * grid[1] + column).ravel()
