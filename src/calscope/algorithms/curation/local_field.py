"""The part of a field around a few components: its movie, and what the background and the components there explain.

Everything is as in the refit (`cnmf.refit`), on a window: the local background is taken out of the movie, and the
components, which stay as they are, leave the background's traces and images.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, hstack

from calscope.algorithms.cnmf.background import nonnegative_factors
from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.footprints import Dims, from_rows, normalised
from calscope.algorithms.cnmf.local_background import NEIGHBOURHOOD, BackgroundSubtractedMovie
from calscope.algorithms.cnmf.patch_fit import Where, effective_tsub, mean_of_frames, read_patch
from calscope.algorithms.cnmf.spatial import background_images
from calscope.algorithms.cnmf.zero_level import raised
from calscope.algorithms.curation.component_rows import ComponentRow
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray, Movie
from calscope.model.progress import Progress, part
from calscope.model.results import Components

MARGIN_BLOCKS = (NEIGHBOURHOOD + 1) / 2
"""Around what is fitted, in blocks of the local background: it is measured from the blocks beside a place."""
HALF = 0.5


@dataclass(frozen=True)
class LocalField:
    """A window of the field."""

    where: Where
    dims: Dims
    """Rows, columns of the whole field."""
    movie: BackgroundSubtractedMovie
    factors: Factors
    """The components that reach into the window, cut at its edges, and the background; pixels in row order."""

    @classmethod
    def around(
        cls,
        pixels: NDArray,
        movie: Movie,
        found: Components,
        rows: Sequence[ComponentRow],
        *,
        gSig: tuple[int, int],
        gSiz: tuple[int, int],
        nb: int,
        pool: WorkerPool,
        progress: Progress,
    ) -> Self:
        """Take the window around some pixels of the field (Fortran order).

        Parameters
        ----------
        found
            The fit, for its noise and the zero of the movie.
        rows
            The components that explain the movie here.
        """
        where = _window(pixels, found.dims, gSig, gSiz)
        part_of = raised(replace(movie, codes=movie.codes[:, where[0], where[1]]), level_of(found))
        local = BackgroundSubtractedMovie.of(part_of, 2 * max(gSig), pool, part(progress, 0, 0.4))
        noise = np.asarray(found.sn, np.float32).reshape(found.dims, order="F")[where]
        start = _inside(rows, where, found.dims, noise.ravel(), found.n_frames)
        near = box_around(pixels, gSiz, found.dims)
        f = _background_traces(local, start, nb, _moved(near, where), pool, part(progress, 0.4, 0.6))
        b = background_images(movie=local, factors=start, f=f, pool=pool, progress=part(progress, 0.6, 1))
        return cls(where, found.dims, local, replace(start, b=b, f=f))

    @property
    def n_px(self) -> int:
        """Pixels of the window."""
        return self.movie.shape[1] * self.movie.shape[2]

    def with_components(self, A: csc_matrix, C: FloatArray) -> Factors:
        """Give the factors with new components behind the others; none of these is dropped for its size."""
        unit, traces = normalised(A, C)
        n_new = unit.shape[1]
        columns = hstack([self.factors.A, unit], format="csc", dtype=np.float32)
        seed_of = np.append(np.full(self.factors.n, -1, np.intp), np.arange(n_new))
        return replace(self.factors, A=columns, C=np.concatenate([self.factors.C, traces]), seed_of=seed_of)

    def with_background_beside(self, A: csc_matrix, C: FloatArray, pool: WorkerPool, progress: Progress) -> Self:
        """Find the background's images again, now that new components explain their part of the movie.

        Without, a cell's mean activity stays in the background under it, and its trace falls below zero.
        """
        start = self.with_components(A, C)
        b = background_images(movie=self.movie, factors=start, f=self.factors.f, pool=pool, progress=progress)
        return replace(self, factors=replace(self.factors, b=b))

    def left(self, where: Where) -> tuple[FloatArray, int]:
        """Give what components and background leave of a patch of the window, (h, w, T / every), and `every`."""
        n_frames, height, width = self.movie.shape
        every = effective_tsub(1, n_frames, (where[0].stop - where[0].start) * (where[1].stop - where[1].start))
        out = read_patch(self.movie, where, every)
        A, C = self.factors.with_background()
        pixels = np.arange(height * width).reshape(height, width)[where].ravel()
        explained = csr_matrix(A)[pixels] @ mean_of_frames(np.ascontiguousarray(C.T), every).T
        out -= np.asarray(explained, np.float32).reshape(out.shape)
        return out, every

    def products(self, A: csc_matrix, pool: WorkerPool, progress: Progress) -> FloatArray:
        """Give the movie under footprints, (pixels of the window, n), less the background, (n, T)."""
        seen = self.movie.footprint_products(A, pool, progress, "Updating traces")
        return np.asarray(seen - np.asarray(A.T @ self.factors.b) @ self.factors.f, np.float32)

    def to_field(self, A: csc_matrix) -> csc_matrix:
        """Give footprints of the window, row order, as those of the whole field, Fortran order."""
        height = self.dims[0]
        y, x = np.divmod(A.indices, self.movie.shape[2])
        pixels = y + self.where[0].start + (x + self.where[1].start) * height
        out = csc_matrix((A.data, pixels, A.indptr), shape=(height * self.dims[1], A.shape[1]), dtype=np.float32)
        out.sort_indices()
        return out

    def to_window(self, pixels: NDArray) -> NDArray:
        """Give pixels of the whole field, Fortran order, in the window's own row order."""
        x, y = np.divmod(pixels, self.dims[0])
        return np.asarray((y - self.where[0].start) * self.movie.shape[2] + x - self.where[1].start)


def level_of(found: Components) -> float:
    """Give the constant that was taken out of the movie before the fit (`zero_level`); 0 where none was."""
    below = found.b.min(axis=0, initial=0) < 0
    return float(found.b[0, below].sum()) if below.any() else 0.0


def box_around(pixels: NDArray, margin: tuple[int, int], dims: Dims) -> Where:
    """Give the rows and columns that hold some pixels (Fortran order), with a margin inside the field."""
    x, y = np.divmod(pixels, dims[0])
    rows, columns = (
        slice(max(0, int(at.min()) - wide), min(n, int(at.max()) + wide + 1))
        for at, wide, n in zip((y, x), margin, dims, strict=True)
    )
    return rows, columns


def _moved(place: Where, where: Where) -> Where:
    """Give a place of the field in the window's own rows and columns."""
    rows, columns = (
        slice(own.start - start.start, own.stop - start.start) for own, start in zip(place, where, strict=True)
    )
    return rows, columns


def _background_traces(  # noqa: PLR0917
    movie: BackgroundSubtractedMovie, start: Factors, nb: int, near: Where, pool: WorkerPool, progress: Progress
) -> FloatArray:
    """Find the background's traces, (nb, T), in the blocks beside what is fitted.

    A cell that no component explains would be most of what changes in so small a field, and become background.
    """
    pattern, binned = movie.block_means(pool, progress)
    if start.n:
        binned -= (pattern.T @ start.A).astype(np.float32) @ start.C
    inside = np.zeros(start.dims, bool)
    inside[near] = True
    beside = np.asarray(pattern.T @ inside.ravel().astype(np.float32)) < HALF
    return nonnegative_factors(binned[beside] if beside.any() else binned, nb)[1]


def _window(pixels: NDArray, dims: Dims, gSig: tuple[int, int], gSiz: tuple[int, int]) -> Where:
    blocks = round(MARGIN_BLOCKS * 2 * max(gSig))
    return box_around(pixels, (2 * gSiz[0] + blocks, 2 * gSiz[1] + blocks), dims)


def _inside(rows: Sequence[ComponentRow], where: Where, dims: Dims, noise: FloatArray, n_frames: int) -> Factors:
    """Give the components that reach into a window, cut at its edges."""
    height, width = (axis.stop - axis.start for axis in where)
    pixels, weights, traces = [], [], []
    for row in rows:
        x, y = np.divmod(row.pixels, dims[0])
        own = (y >= where[0].start) & (y < where[0].stop) & (x >= where[1].start) & (x < where[1].stop)
        if own.any():
            pixels.append((y[own] - where[0].start) * width + x[own] - where[1].start)
            weights.append(np.asarray(row.weights)[own])
            traces.append(row.c)
    C = np.array(traces, np.float32).reshape(-1, n_frames)
    A, C = normalised(from_rows(pixels, weights, height * width), C)
    nothing = np.zeros((height * width, 0), np.float32), np.zeros((0, n_frames), np.float32)
    return Factors((height, width), A, C, *nothing, noise)
