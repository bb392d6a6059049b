"""Seeds for the refit: where the residual of the first fit varies on the scale of a cell more than noise explains.

The greedy search takes K components of a patch by their energy, so that dim somata are missed beside bright small
structures. The residual of the first fit no longer contains those. Here its residual, in units of noise and averaged
over a few pixels and frames, is matched with a soma and its surroundings; where the matched residual varies clearly
more than usual in the field, outside of the components found, a seed is placed.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.sparse import csc_matrix, csr_matrix

from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.patch_fit import mean_of_frames
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress
from calscope.model.seeds import Seeds

BLOCK_PX, BLOCK_FRAMES = 2, 3
CLEARLY_MORE = 1.75
"""Variance of the matched residual, as a multiple of the field's median, from which on a component is worth a try."""
CORE = 0.25
"""Where a footprint has this share of its peak, what is left is the cell's own (motion, saturation), not a new cell."""
APART = 1.5
"""Distance between two new places, in gSig."""
BLUR, SURROUND = 0.6, 2.25
"""Spread of the match and half-side of its surroundings, in gSig."""
SHADOW = 0.02
"""Share of a peak's variance that its surroundings take on, because their own surroundings hold the peak."""
FRAMES_AT_ONCE = 384
CHANNELS = 32
"""Bins of frames that are matched as the channels of one image."""


def find_residual_seeds(
    movie: Movie, factors: Factors, *, gSig: tuple[int, int], border_px: int, pool: WorkerPool, progress: Progress
) -> Seeds:
    """Find the pixels (y, x) of the seeds, the clearest first.

    Parameters
    ----------
    movie
        The one that was fitted.
    factors
        All of the fit: what they and their background leave is searched.
    gSig
        Half-size of a soma, px (y, x).
    border_px
        Rim in which nothing is looked for.
    """
    height, width = factors.dims
    grid = -(-height // BLOCK_PX), -(-width // BLOCK_PX)
    if min(grid) < 2 * max(gSig) or movie.shape[0] < 2 * BLOCK_FRAMES:
        return ()
    look = _SomaMatch.of(movie, factors, grid, gSig)
    total, squares, n = np.zeros(grid), np.zeros(grid), 0
    stretches = chunks(movie.shape[0] // BLOCK_FRAMES * BLOCK_FRAMES, FRAMES_AT_ONCE)
    for i, part in enumerate(pool.map(look.sums, stretches)):
        progress(i / len(stretches), "Looking for missed cells")
        total, squares, n = total + part[0], squares + part[1], n + part[2]
    power = (squares / n - (total / n) ** 2) / look.gain
    return _peaks(power, _found(factors), gSig, border_px)


def _found(factors: Factors) -> NDArray[np.bool_]:
    """(H, W) where a footprint has a fair share of its peak."""
    out = np.zeros(factors.A.shape[0], bool)
    for k in range(factors.n):
        entries = slice(factors.A.indptr[k], factors.A.indptr[k + 1])
        values = factors.A.data[entries]
        out[factors.A.indices[entries][values > CORE * values.max(initial=0)]] = True
    return out.reshape(factors.dims)


def _peaks(power: NDArray, found: NDArray[np.bool_], gSig: tuple[int, int], border_px: int) -> Seeds:
    height, width = found.shape
    rows, columns = (
        np.minimum(np.arange(n) * BLOCK_PX + BLOCK_PX // 2, m - 1)
        for n, m in zip(power.shape, found.shape, strict=True)
    )
    inside = np.outer(_inside_border(rows, height, border_px), _inside_border(columns, width, border_px))
    usual = float(np.median(power))
    power = np.where(inside, power, 0.0)
    near = maximum_filter(power, size=tuple(2 * round(APART * s / BLOCK_PX) + 1 for s in gSig))
    # No farther than the match looks: a bright cell elsewhere must not hide a dim one.
    around = maximum_filter(power, size=_surround_weights((gSig[0] / BLOCK_PX, gSig[1] / BLOCK_PX)))
    clear = power > np.maximum(CLEARLY_MORE * usual, usual + SHADOW * around)
    places = []
    for row, column in np.argwhere((power == near) & clear):
        y, x = int(rows[row]), int(columns[column])
        if not found[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].any():
            places.append((-power[row, column], y, x))
    return tuple((y, x) for _, y, x in sorted(places))


def _inside_border(at: NDArray[np.intp], n: int, border_px: int) -> NDArray[np.bool_]:
    return (at >= border_px) & (at < n - border_px)


@dataclass(frozen=True)
class _SomaMatch:
    """The movie and the fit on a coarse grid, and the match."""

    movie: Movie
    A: csr_matrix
    C: FloatArray
    """(T / 3, K)."""
    b: FloatArray
    f: FloatArray
    weight: FloatArray
    """One over the noise of each block; 0 where there is none."""
    gSig: tuple[float, float]
    """In blocks."""
    gain: NDArray[np.float64]
    """Variance that white noise has after the match, which is more at the edges."""

    @classmethod
    def of(cls, movie: Movie, factors: Factors, grid: tuple[int, int], gSig: tuple[int, int]) -> "_SomaMatch":
        blocks = _means_of(factors.dims)
        n = movie.shape[0] // BLOCK_FRAMES * BLOCK_FRAMES
        variance = (blocks.power(2).T @ factors.sn.astype(np.float64) ** 2 / BLOCK_FRAMES).reshape(grid)
        weight = np.where(variance > 0, 1 / np.sqrt(np.where(variance > 0, variance, 1)), 0)
        sig = gSig[0] / BLOCK_PX, gSig[1] / BLOCK_PX
        return cls(
            movie,
            csr_matrix(blocks.T @ factors.A),
            mean_of_frames(np.ascontiguousarray(factors.C[:, :n].T), BLOCK_FRAMES),
            np.asarray(blocks.T @ factors.b, np.float32),
            mean_of_frames(np.ascontiguousarray(factors.f[:, :n].T), BLOCK_FRAMES),
            weight.astype(np.float32),
            sig,
            _gain(grid, sig),
        )

    def sums(self, stretch: tuple[int, int]) -> tuple[NDArray, NDArray, int]:
        """Give the sums of the matched residual and of its square over a stretch of frames, and the number of bins."""
        grid = self.gain.shape
        first = stretch[0] // BLOCK_FRAMES
        total, squares = np.zeros(grid, np.float32), np.zeros(grid, np.float32)
        binned = _binned(self.movie.codes[stretch[0] : stretch[1]], grid) * np.float32(self.movie.scale)
        binned += np.float32(self.movie.offset)
        here = slice(first, first + len(binned))
        model = np.asarray(self.A @ self.C[here].T, np.float32) + self.b @ self.f[here].T
        for start, stop in chunks(len(binned), CHANNELS):
            left = np.moveaxis(binned[start:stop], 0, 2) - model[:, start:stop].reshape(*grid, -1)
            seen = _matched(left * self.weight[:, :, None], self.gSig)
            total += seen.sum(axis=2)
            squares += np.einsum("yxt,yxt->yx", seen, seen)
        return total, squares, len(binned)


def _means_of(dims: tuple[int, int]) -> csc_matrix:
    """(H*W, blocks) pattern that averages over blocks, row order."""
    y, x = np.divmod(np.arange(dims[0] * dims[1]), dims[1])
    block = (y // BLOCK_PX) * -(-dims[1] // BLOCK_PX) + x // BLOCK_PX
    share = (1.0 / np.bincount(block)[block]).astype(np.float32)
    return csc_matrix((share, (np.arange(block.size), block)))


def _binned(codes: NDArray[np.uint16], grid: tuple[int, int]) -> FloatArray:
    """Average frames and pixels; the last row or column of blocks may be narrower."""
    total = codes[::BLOCK_FRAMES].astype(np.float32)
    for first in range(1, BLOCK_FRAMES):
        total += codes[first::BLOCK_FRAMES]
    out = np.empty((len(total), *grid), np.float32)
    odd = tuple((0, BLOCK_PX * blocks - n) for blocks, n in zip(grid, total.shape[1:], strict=True))
    if any(more for _, more in odd):
        total = np.pad(total, ((0, 0), *odd), mode="edge")
    for t, frame in enumerate(total):
        out[t] = cv2.resize(frame, grid[::-1], interpolation=cv2.INTER_AREA)
    return out / np.float32(BLOCK_FRAMES)


def _matched(images: FloatArray, gSig: tuple[float, float]) -> FloatArray:
    """Match images, (rows, columns, n)."""
    blurred = cv2.GaussianBlur(images, (0, 0), sigmaX=BLUR * gSig[1], sigmaY=BLUR * gSig[0])
    return np.asarray(blurred - cv2.blur(images, _surround_weights(gSig)[::-1]), np.float32).reshape(images.shape)


def _surround_weights(gSig: tuple[float, float]) -> tuple[int, int]:
    rows, columns = (4 * round(SURROUND * s) + 3 for s in gSig)
    return rows, columns


def _gain(grid: tuple[int, int], gSig: tuple[float, float]) -> NDArray[np.float64]:
    """Sum of the squared weights of the match at each block; both of its parts are products of rows and columns."""
    parts = []
    for axis, n in enumerate(grid):
        unit = np.eye(n, dtype=np.float32)
        blurred = cv2.GaussianBlur(unit, (1, 0), sigmaX=1e-6, sigmaY=BLUR * gSig[axis]).astype(np.float64)
        around = cv2.blur(unit, (1, _surround_weights(gSig)[axis])).astype(np.float64)
        parts.append([(blurred**2).sum(axis=1), (blurred * around).sum(axis=1), (around**2).sum(axis=1)])
    first, mixed, second = (np.outer(rows, columns) for rows, columns in zip(*parts, strict=True))
    return first - 2 * mixed + second
