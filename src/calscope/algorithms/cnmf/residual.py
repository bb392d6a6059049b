"""What a fit left in the movie: where a cell was missed, the residual still has a cell's transients.

The residual Y - A C - b f of each pixel is divided by the pixel's noise, averaged over a stretch about as long as a
transient, and matched with a soma: blurred with a Gaussian of its size, less the mean of the surroundings, as in the
search for seeds (`initialization`). The image is the maximum over time, in standard deviations of that signal.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from calscope.algorithms.cnmf.footprints import from_fortran, swap_order
from calscope.algorithms.cnmf.patch_fit import mean_of_frames
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress, silent
from calscope.model.results import Components, Residual

BINS_PER_TRANSIENT = 2
"""A transient is looked at in bins of half its length, two neighbouring ones at a time."""
VALUES_PER_CHUNK = 24_000_000
FEWEST_STRETCHES = 4
"""So that threads share a short recording too."""


def residual_peaks(
    movie: Movie,
    found: Components,
    *,
    gSig: tuple[int, int],
    gSiz: tuple[int, int],
    transient_frames: float,
    workers: int = 1,
    progress: Progress = silent,
) -> Residual:
    """Find how far the residual ever rises at each pixel.

    Parameters
    ----------
    movie
        The one that was fitted.
    found
        The fit.
    gSig, gSiz
        Half-size of a soma and side of the window around it, px (y, x).
    transient_frames
        About how many frames a transient lasts.
    workers
        Threads; the result doesn't depend on how many.
    progress
        Told what is done; may raise `Cancelled`.
    """
    n_frames = movie.shape[0]
    every = int(np.clip(round(transient_frames / BINS_PER_TRANSIENT), 1, max(1, n_frames // BINS_PER_TRANSIENT)))
    model = _Model.of(found, every, movie.shape[0])
    look = _SomaMatch.of(found, gSig, gSiz)
    n_px = movie.shape[1] * movie.shape[2]
    n_bins = -(-n_frames // every)
    size = max(1, min(VALUES_PER_CHUNK // (n_px * every), -(-n_bins // FEWEST_STRETCHES)))
    stretches = chunks(n_bins, size)

    def work(stretch: tuple[int, int]) -> _Part:
        start, stop = stretch
        # The bin before belongs to it too, because two neighbouring bins are seen together.
        first = max(0, start - 1)
        left = _binned(movie, first * every, min(stop * every, n_frames), every)
        left -= model.bins(first, stop)
        return look.summed(left, first)

    parts = []
    with WorkerPool(workers) as pool:
        for i, one in enumerate(pool.map(work, stretches)):
            parts.append(one)
            progress((i + 1) / len(stretches), "Looking at what is left")
    return _joined(parts, every, n_frames)


def _binned(movie: Movie, start: int, stop: int, every: int) -> FloatArray:
    """Average frames in bins of `every`, (n, H, W); the last may be of fewer."""
    codes = movie.codes[start:stop]
    total = codes[::every].astype(np.float32)
    for offset in range(1, every):
        more = codes[offset::every]
        total[: len(more)] += more
    counts = np.full(len(total), every, np.float32)
    counts[-1] = len(codes) - every * (len(total) - 1)
    total *= (np.float32(movie.scale) / counts)[:, None, None]
    total += np.float32(movie.offset)
    return total


@dataclass(frozen=True)
class _Model:
    """What the fit says of the movie, in bins of frames."""

    dims: tuple[int, int]
    A: csr_matrix
    C: FloatArray
    b: FloatArray
    f: FloatArray

    @classmethod
    def of(cls, found: Components, every: int, n_frames: int) -> "_Model":
        C = mean_of_frames(np.asarray(found.C[:, :n_frames], np.float32).T, every)
        f = mean_of_frames(np.asarray(found.f[:, :n_frames], np.float32).T, every)
        b = swap_order(np.asarray(found.b, np.float32), found.dims[::-1])
        return cls(found.dims, csr_matrix(from_fortran(found.A, found.dims)), C, b, f)

    def bins(self, start: int, stop: int) -> FloatArray:
        """Give bins `start` to `stop`, (n, H, W)."""
        cells = np.asarray((self.A @ self.C[start:stop].T).T, np.float32)
        whole = cells + self.f[start:stop] @ self.b.T
        return whole.reshape(stop - start, *self.dims)


@dataclass(frozen=True)
class _Part:
    """A stretch of time: its peaks, and sums for the noise."""

    peak: FloatArray
    at: NDArray[np.int64]
    """Bin of the peak."""
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    n: int


@dataclass(frozen=True)
class _SomaMatch:
    """Matched filter of a soma's size."""

    weight: FloatArray
    """(H, W) one over the noise of each pixel."""
    gSig: tuple[int, int]
    gSiz: tuple[int, int]

    @classmethod
    def of(cls, found: Components, gSig: tuple[int, int], gSiz: tuple[int, int]) -> "_SomaMatch":
        noise = np.asarray(found.sn, np.float32).reshape(found.dims, order="F")
        seen = np.isfinite(noise) & (noise > 0)
        weight = np.where(seen, 1 / np.where(seen, noise, 1), 0).astype(np.float32)
        return cls(np.ascontiguousarray(weight), gSig, gSiz)

    def matched(self, frame: FloatArray) -> FloatArray:
        """Blur one frame in units of its noise, less its surroundings."""
        white = np.ascontiguousarray(frame * self.weight)
        side = (2 * self.gSiz[1] + 1, 2 * self.gSiz[0] + 1)
        around = cv2.blur(white, side, borderType=cv2.BORDER_REFLECT)
        blurred = cv2.GaussianBlur(
            white, (0, 0), sigmaX=self.gSig[1], sigmaY=self.gSig[0], borderType=cv2.BORDER_REFLECT
        )
        return np.asarray(blurred - around, np.float32)

    def summed(self, left: FloatArray, first: int) -> _Part:
        """Take the peak over pairs of neighbouring bins (of the first bin alone where there is no other)."""
        shape = left.shape[1:]
        peak, at = np.full(shape, -np.inf, np.float32), np.zeros(shape, np.int64)
        total, squares = np.zeros(shape), np.zeros(shape)
        before = self.matched(left[0])
        for number, frame in enumerate(left[1:] if len(left) > 1 else left):
            after = self.matched(frame)
            pair = before + after
            before = after
            at[pair > peak] = first + number
            np.maximum(peak, pair, out=peak)
            total += pair
            squares += pair * pair
        return _Part(peak, at, total, squares, max(1, len(left) - 1))


def _joined(parts: list[_Part], every: int, n_frames: int) -> Residual:
    peak, at = parts[0].peak.copy(), parts[0].at.copy()
    for part in parts[1:]:
        higher = part.peak > peak
        peak[higher], at[higher] = part.peak[higher], part.at[higher]
    n = sum(part.n for part in parts)
    mean = np.sum([part.first for part in parts], axis=0) / n
    spread = np.sqrt(np.maximum(np.sum([part.second for part in parts], axis=0) / n - mean**2, 0))
    # One scale for the whole field: a missed cell must not be measured by its own activity.
    usual = float(np.median(spread[spread > 0])) if (spread > 0).any() else 1.0
    frame = np.minimum((at + 1) * every, n_frames - 1)
    return Residual(peak=((peak - mean) / usual).astype(np.float32), frame=frame.astype(np.int32))
