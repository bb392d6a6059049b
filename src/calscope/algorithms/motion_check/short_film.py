"""A stretch of a movie made small enough to be played in a browser: fewer frames, means over neighbours, larger pixels.

Averaging over a few frames is what makes movement visible under photon noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion_check.survey import bin_frames
from calscope.model.movie import FloatArray, FrameSource, chunks

MOST_FRAMES = 150
MOST_PX = 10_000_000
"""Pixels of all frames that are shown of one version."""
READ_AT_ONCE = 16


@dataclass(frozen=True)
class FilmPlan:
    """Which frames are shown, and what each is made of."""

    start: int
    """First frame."""
    n: int
    """Frames shown."""
    every: int
    """Frames of the movie from one that is shown to the next."""
    mean_of: int
    """Frames of the movie that each is the mean of, around its own."""
    binning: int
    """Pixels of the movie along a side of a pixel shown."""

    @property
    def frames(self) -> range:
        """Numbers of the frames shown."""
        return range(self.start, self.start + self.n * self.every, self.every)

    @property
    def stop(self) -> int:
        """Frame behind the last of the stretch."""
        return self.start + self.n * self.every


Crop = tuple[int, int, int, int]
"""First row, row behind the last, first column, column behind the last, px."""


@dataclass(frozen=True)
class CroppedFrames:
    """A part of the field of a movie, as a source of frames."""

    source: FrameSource
    crop: Crop

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        top, bottom, left, right = self.crop
        return self.source.shape[0], bottom - top, right - left

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.source.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, h, w)."""
        top, bottom, left, right = self.crop
        return self.source.read(start, stop)[:, top:bottom, left:right]


def crop_around(pixels: tuple[NDArray, NDArray], dims: tuple[int, int], *, least_px: int) -> Crop:
    """Give a square around some pixels, three times as wide as they lie apart, within the field.

    Parameters
    ----------
    pixels
        Their rows and their columns; without any, the square is in the middle of the field.
    dims
        Rows and columns of the field.
    least_px
        Side of the smallest square.
    """
    ends = [
        (int(at.min()), int(at.max()) + 1) if at.size else (size // 2,) * 2
        for at, size in zip(pixels, dims, strict=True)
    ]
    side = max(least_px, *(3 * (high - low) for low, high in ends))
    crop: list[int] = []
    for (low, high), size in zip(ends, dims, strict=True):
        length = min(side, size)
        start = min(max((low + high - length) // 2, 0), size - length)
        crop += [start, start + length]
    return crop[0], crop[1], crop[2], crop[3]


def plan_film(shape: tuple[int, int, int], *, start: int, length: int, mean_of: int = 1) -> FilmPlan:
    """Plan a film of `length` frames from `start`, within what a browser plays without a pause.

    Parameters
    ----------
    shape
        Of the movie: frames, rows, columns.
    mean_of
        Frames that each shown frame is the mean of.
    """
    n_frames, height, width = shape
    length = max(1, min(length, n_frames))
    start = max(0, min(start, n_frames - length))
    every = -(-length // MOST_FRAMES)
    n = length // every
    binning = 1
    while n * (height // binning) * (width // binning) > MOST_PX:
        binning += 1
    return FilmPlan(start, n, every, max(1, min(mean_of, n_frames)), binning)


def film_frames(source: FrameSource, plan: FilmPlan) -> FloatArray:
    """Make the frames of a film, (n, h, w) float32; at the ends of the movie the means are over fewer frames."""
    first = max(0, plan.start - (plan.mean_of - 1) // 2)
    last = min(source.shape[0], plan.frames[-1] + plan.mean_of // 2 + 1)
    small = np.concatenate(
        [
            bin_frames(np.asarray(source.read(first + a, first + b), np.float32), plan.binning)
            for a, b in chunks(last - first, READ_AT_ONCE)
        ]
    )
    out = np.empty((plan.n, *small.shape[1:]), np.float32)
    for image, frame in zip(out, plan.frames, strict=True):
        around = slice(max(0, frame - (plan.mean_of - 1) // 2 - first), frame + plan.mean_of // 2 + 1 - first)
        np.mean(small[around], axis=0, out=image)
    return out
