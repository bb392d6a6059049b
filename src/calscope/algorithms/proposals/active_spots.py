"""Where something is active, and roughly how large it is, without knowing the size of cells beforehand.

Each frame is seen through differences of two Gaussians of many widths (scale space: Lindeberg 1998, Int J Comput Vis
30:79; a disc of radius r answers most where the Gaussian's standard deviation is r/√2). At each place and width the
covariance of neighbouring frames is measured: white noise has none, calcium has, and slow drifts are taken out of each
stretch of frames before. Maxima over places and widths are spots.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from calscope.algorithms.frames import map_chunks
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.progress import Progress, silent

BINNINGS = (1, 2, 4, 8)
WIDTHS = (1.5, 1.5 * 2**0.5)
"""Standard deviations of the narrower Gaussian at each binning, binned px: cells of 4 to 48 px in diameter."""
SURROUND = 1.6
"""Ratio of the two Gaussians' widths, at which their difference is nearest to a Laplacian."""
LAGS = (1, 2, 3)
"""Frames between those whose covariance is taken."""
STRETCH_PX = 16_000_000
"""Pixels of a stretch of frames, whose mean is taken out."""
LONGEST, SHORTEST = 256, 48
SMALLEST_SIDE = 24
"""No binning goes so far that a side of the field has fewer pixels than this."""
CLEAR_SD = 8.0
"""A spot's covariance is above the one that white noise gives by this many standard deviations of it."""
ABOVE_FIELD = 4.0
"""And above the median of the field by this many robust standard deviations."""
MOST_SPOTS = 80
APART = 1.2
"""Least distance of two spots, in radii of the larger one."""
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Spot:
    """A place where something is active."""

    y: float
    x: float
    radius_px: float
    """Of the disc that would answer most at the width at which it was found."""
    energy: float
    """Covariance of neighbouring frames there."""


@dataclass(frozen=True)
class ScaleEnergy:
    """What was measured at one width."""

    width_px: float
    binning: int
    energy: FloatArray
    """(h, w) covariance of neighbouring frames, binned px."""
    sd: FloatArray
    """(h, w) standard deviation of it were there white noise alone."""

    @property
    def radius_px(self) -> float:
        """Radius of the disc that answers most at this width."""
        return float(2**0.5 * self.width_px)


def stretch_length(shape: tuple[int, int, int]) -> int:
    """Give the number of frames of a stretch, for the field and never the machine."""
    return max(SHORTEST, min(LONGEST, STRETCH_PX // (shape[1] * shape[2])))


def scale_energies(movie: FrameSource, *, workers: int = 1, progress: Progress = silent) -> list[ScaleEnergy]:
    """Measure the activity at every place and width.

    Parameters
    ----------
    movie
        (T, H, W), finite, settled.
    """
    n_frames, height, width = movie.shape
    widths = [
        (binning, one)
        for binning in BINNINGS
        if binning == 1 or min(height, width) >= SMALLEST_SIDE * binning
        for one in WIDTHS
    ]

    def work(start: int, stop: int) -> list[NDArray[np.float64]]:
        if stop - start <= 2 * max(LAGS):
            return []
        frames = movie.read(start, stop)
        frames = frames - frames.mean(axis=0)
        return [_moments(seen) for seen in _seen(frames, widths)]

    parts = map_chunks(
        work,
        n_frames=n_frames,
        length=stretch_length(movie.shape),
        workers=workers,
        progress=progress,
        note="looking for what is active",
    )
    total: list[NDArray[np.float64]] = []
    for part in parts:
        total = [a + b for a, b in zip(total, part, strict=True)] if total and part else total or part
    return (
        [_energy(b, one, moments, n_frames) for (b, one), moments in zip(widths, total, strict=True)] if total else []
    )


def _seen(frames: FloatArray, widths: list[tuple[int, float]]):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Give the frames through each difference of Gaussians, (n, h, w) each."""
    small, last = frames, 1
    for binning, width in widths:
        if binning != last:
            small, last = _halved(small), binning
        out = np.empty_like(small)
        for frame, seen in zip(small, out, strict=True):
            narrow = cv2.GaussianBlur(frame, (0, 0), width, borderType=cv2.BORDER_REFLECT)
            seen[:] = narrow - cv2.GaussianBlur(frame, (0, 0), SURROUND * width, borderType=cv2.BORDER_REFLECT)
        yield out


def _halved(frames: FloatArray) -> FloatArray:
    height, width = (side // 2 for side in frames.shape[1:])
    out = np.empty((len(frames), height, width), np.float32)
    for frame, small in zip(frames, out, strict=True):
        cv2.resize(frame[: 2 * height, : 2 * width], (width, height), dst=small, interpolation=cv2.INTER_AREA)
    return out


def _moments(seen: FloatArray) -> NDArray[np.float64]:
    """Sum squares and products of frames a few apart, (2, h, w)."""
    squares = np.einsum("tyx,tyx->yx", seen, seen, dtype=np.float64)
    products = np.zeros(seen.shape[1:])
    for lag in LAGS:
        products += np.einsum("tyx,tyx->yx", seen[:-lag], seen[lag:], dtype=np.float64)
    return np.stack([squares, products])


def _energy(binning: int, width: float, moments: NDArray[np.float64], n_frames: int) -> ScaleEnergy:
    variance, energy = moments / n_frames
    sd = variance * np.sqrt(len(LAGS) / n_frames)
    return ScaleEnergy(width * binning, binning, energy.astype(np.float32), sd.astype(np.float32))


def find_spots(energies: list[ScaleEnergy], rim_px: tuple[int, int] = (0, 0)) -> list[Spot]:
    """Give the places that are most active, the most active first; no two of them on one cell."""
    found = [spot for one in energies for spot in _maxima(one, rim_px)]
    chosen: list[Spot] = []
    for spot in sorted(found, key=lambda s: -s.energy):
        if all(
            np.hypot(spot.y - other.y, spot.x - other.x) > APART * max(spot.radius_px, other.radius_px)
            for other in chosen
        ):
            chosen.append(spot)
            if len(chosen) == MOST_SPOTS:
                break
    return chosen


def _maxima(one: ScaleEnergy, rim_px: tuple[int, int]) -> list[Spot]:
    energy = one.energy
    side = 2 * max(1, round(one.radius_px / one.binning)) + 1
    middle = float(np.median(energy))
    spread = _MAD_TO_SD * float(np.median(np.abs(energy - middle)))
    clear = (energy > CLEAR_SD * one.sd) & (energy > middle + ABOVE_FIELD * spread)
    y, x = np.nonzero((energy == maximum_filter(energy, side)) & clear)
    height, width = (n * one.binning for n in energy.shape)
    spots = []
    for row, column in zip(y.tolist(), x.tolist(), strict=True):
        down, across = ((at + 0.5) * one.binning - 0.5 for at in (row, column))
        if rim_px[0] <= down < height - rim_px[0] and rim_px[1] <= across < width - rim_px[1]:
            spots.append(Spot(down, across, one.radius_px, float(energy[row, column])))
    return spots
