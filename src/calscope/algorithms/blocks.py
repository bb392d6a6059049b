"""The movie averaged over a coarse grid of blocks: all that the search for wide, slow light needs of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.footprints import Dims
from calscope.algorithms.pixel_stream import PixelChunk, footprint_products
from calscope.algorithms.threads import Team
from calscope.model.movie import FloatArray, Movie
from calscope.model.progress import Progress


@dataclass(frozen=True)
class Blocks:
    """Means over the blocks of a grid."""

    dims: Dims
    grid: tuple[int, int]
    means: FloatArray
    """(grid rows · grid columns, T)."""

    @classmethod
    def of(
        cls,
        movie: Movie,
        block_px: int,
        team: Team,
        progress: Progress,
        look: Callable[[PixelChunk], None] | None = None,
    ) -> Self:
        """Average a movie over blocks of about `block_px`; `look` is shown every stretch of it on the way."""
        dims = movie.shape[1], movie.shape[2]
        grid = max(1, round(dims[0] / block_px)), max(1, round(dims[1] / block_px))
        means = footprint_products(movie, block_pattern(dims, grid), team, progress, "Measuring noise and light", look)
        return cls(dims, grid, means)

    def pattern(self) -> csc_matrix:
        """Give what averages over the blocks, (H*W, blocks), row order."""
        return block_pattern(self.dims, self.grid)


def block_pattern(dims: Dims, grid: tuple[int, int]) -> csc_matrix:
    """Pattern that averages over a grid of blocks of about the same size: (H*W, blocks), row order."""
    row, column = (np.arange(n) * m // n for n, m in zip(dims, grid, strict=True))
    block = (row[:, None] * grid[1] + column).ravel()
    size = np.bincount(block, minlength=grid[0] * grid[1])
    entries = (1.0 / size[block]).astype(np.float32)
    return csc_matrix((entries, (np.arange(block.size), block)), shape=(block.size, size.size))
