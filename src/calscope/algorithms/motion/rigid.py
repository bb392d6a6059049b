"""The shift of a whole frame against a template, from coarse to fine, by normalised correlation.

The first step of NoRMCorre (Pnevmatikakis & Giovannucci, 2017, J. Neurosci. Methods 291:83). The coarsest level, binned
so that few lags are left, is searched in full; each finer one only around what the one before found.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion.correlation import MIN_COLUMNS, between_pixels, correlate, peak
from calscope.compiled import kernel
from calscope.model.movie import FloatArray

REACH = 3
"""Lags searched to each side of the last level's peak."""
COARSEST_PX = 24
"""No level is binned so far that a side of the field has fewer pixels than this."""
FINEST = ((192, 4), (96, 2))
"""On fields whose sides have so many pixels the search ends at pixels binned by so many: the parabola finds the rest to
about 0.2 px, and the evidence that is read afterwards begins from there."""


@dataclass(frozen=True)
class _Level:
    """The template at one binning."""

    binning: int
    patch: FloatArray
    """The inner part of the template, mean 0."""
    margin: tuple[int, int]
    """What was cut off on each side, so that the patch still meets pixels when it is shifted."""
    pad: tuple[int, int]
    """What frames are extended by, where cutting more would leave too little of the template."""
    limit: tuple[int, int]
    """Largest shift of this level, px of this level."""


@dataclass(frozen=True)
class RigidTemplate:
    """A template prepared for rigid registration."""

    levels: tuple[_Level, ...]
    """From the coarsest to the finest."""
    max_shifts: tuple[int, int]
    norm: float
    """Norm of the finest patch."""


@dataclass(frozen=True)
class RigidEstimate:
    """Shifts of frames, and how sure they are."""

    shifts: FloatArray
    """(n, 2) px (y, x), to be applied to the frame; within max_shifts."""
    clipped: NDArray[np.bool_]
    """(n,) the best place lay beyond max_shifts."""
    correlation: FloatArray
    """(n,) normalised correlation at the best place."""
    gain: FloatArray
    """(n,) how strongly the frame shows the template: 1 on average, near 0 in the dark."""


def prepare_rigid(template: FloatArray, max_shifts: tuple[int, int]) -> RigidTemplate:
    """Bin and cut a template for `estimate_rigid`.

    Parameters
    ----------
    template
        (H, W) float32, finite.
    max_shifts
        Largest shift (y, x), px.
    """
    levels = []
    ends = (binning for side_px, binning in FINEST if min(template.shape) >= side_px and max(max_shifts) > 0)
    binning = next(ends, 1)
    while True:
        levels.append(_level(binned(template, binning), max_shifts, binning))
        few = max(max_shifts) <= 4 * binning
        if few or min(template.shape) // (2 * binning) < COARSEST_PX:
            break
        binning *= 2
    norm = float(np.linalg.norm(levels[0].patch))
    return RigidTemplate(levels=tuple(reversed(levels)), max_shifts=max_shifts, norm=norm)


def binned(images: FloatArray, binning: int) -> FloatArray:
    """Give images (..., H, W) of means of binning x binning pixels; a rest at the end is left out."""
    if binning == 1:
        return images
    *many, height, width = images.shape
    height, width = height // binning * binning, width // binning * binning
    # One below the other they are one image: no block of pixels lies across two of them.
    tall = np.ascontiguousarray(images[..., :height, :width]).reshape(-1, width)
    small = cv2.resize(tall, (width // binning, len(tall) // binning), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).reshape(*many, height // binning, width // binning)


def centred(images: FloatArray) -> FloatArray:
    """Take their means from images (n, H, W): sums of squares of large numbers would lose the digits."""
    out = np.empty_like(images)
    _centre(images, out)
    return out


@kernel
def _centre(images: NDArray, out: NDArray) -> None:
    for t in range(len(images)):
        total = np.float64(0)
        for y in range(images.shape[1]):
            line, own = images[t, y], np.float32(0)
            for x in range(line.size):
                own += line[x]
            total += own
        mean = np.float32(total / images[t].size)
        for y in range(images.shape[1]):
            line, target = images[t, y], out[t, y]
            for x in range(line.size):
                target[x] = line[x] - mean


def padded(images: FloatArray, down: int, across: int) -> FloatArray:
    """Extend images (n, H, W) by so many rows and columns on each side; their edges are repeated outwards."""
    return np.pad(images, ((0, 0), (down, down), (across, across)), mode="edge") if max(down, across) else images


def _level(image: FloatArray, max_shifts: tuple[int, int], binning: int) -> _Level:
    limit = [-(-most // binning) + 1 for most in max_shifts]
    reach = [most + REACH for most in limit]
    margin = [min(far, n // 5) for far, n in zip(reach, image.shape, strict=True)]
    pad = [far - cut for far, cut in zip(reach, margin, strict=True)]
    patch = image[margin[0] : image.shape[0] - margin[0], margin[1] : image.shape[1] - margin[1]]
    patch = np.ascontiguousarray(patch - patch.mean(dtype=np.float64), np.float32)
    return _Level(binning, patch, (margin[0], margin[1]), (pad[0], pad[1]), (limit[0], limit[1]))


def estimate_rigid(frames: FloatArray, template: RigidTemplate) -> RigidEstimate:
    """Estimate the shift that lays each frame on the template.

    Parameters
    ----------
    frames
        (n, H, W) float32, finite.
    template
        From `prepare_rigid`.
    """
    finest = template.levels[-1].binning
    images = centred(binned(frames, finest))
    lags, found = np.zeros((len(frames), 2), np.int64), np.zeros((len(frames), 4), np.float32)
    for number, level in enumerate(template.levels):
        some = padded(binned(images, level.binning // finest), *level.pad)
        top, left = (m + p for m, p in zip(level.margin, level.pad, strict=True))
        search = _search_all_of if number == 0 else _search_near_of
        search(some, top, left, level.patch, *level.limit, lags, found)
    # the frame shows at a lag what the template shows at 0, so the shift to apply is the other way
    best = np.asarray(-finest * (lags + found[:, :2]), np.float32)
    limits = np.asarray(template.max_shifts, np.float32)
    shifts = np.clip(best, -limits, limits)
    norm = max(template.norm, 1e-12)
    return RigidEstimate(
        shifts=shifts,
        clipped=np.any(shifts != best, axis=1),
        correlation=found[:, 2] / np.float32(norm),
        gain=found[:, 3] / np.float32(norm**2),
    )


@kernel
def _search_all_of(images, top, left, patch, limit_y, limit_x, lags, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Search each image in full: its lag (y, x), and what lies between the pixels, the peak and the product."""
    for t in range(len(images)):
        one = _search_all(images[t], top, left, patch, limit_y, limit_x)
        lags[t, 0], lags[t, 1], found[t, 0], found[t, 1], found[t, 2], found[t, 3] = one


@kernel
def _search_near_of(images, top, left, patch, limit_y, limit_x, lags, found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Do the same around the lags of images that are half as large."""
    for t in range(len(images)):
        one = _search_near(images[t], top, left, patch, limit_y, limit_x, 2 * lags[t, 0], 2 * lags[t, 1])
        lags[t, 0], lags[t, 1], found[t, 0], found[t, 1], found[t, 2], found[t, 3] = one


@kernel
def _search_all(image, top, left, patch, limit_y, limit_x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Find the peak among all lags within the limits."""
    reach_y = limit_y + 1
    reach_x = max(limit_x + 1, MIN_COLUMNS // 2)
    values = np.empty((2 * reach_y + 1, 2 * reach_x + 1), np.float32)
    correlate(image, top - reach_y, left - reach_x, patch, values)
    inner = values[:, reach_x - limit_x - 1 : reach_x + limit_x + 2]
    i, j = peak(inner)
    dy, dx = between_pixels(inner, i, j)
    lag_y = i - reach_y
    lag_x = j - limit_x - 1
    return lag_y, lag_x, dy, dx, inner[i, j], _product(image, top + lag_y, left + lag_x, patch)


@kernel
def _search_near(image, top, left, patch, limit_y, limit_x, lag_y, lag_x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Find the peak around a lag, moving on while it lies on the rim of the lags looked at."""
    values = np.empty((2 * REACH + 1, 2 * REACH + 1), np.float32)
    i = REACH
    j = REACH
    for attempt in range(4):
        lag_y = min(max(lag_y, -limit_y), limit_y)
        lag_x = min(max(lag_x, -limit_x), limit_x)
        correlate(image, top + lag_y - REACH, left + lag_x - REACH, patch, values)
        i, j = peak(values)
        on_rim = abs(i - REACH) == REACH - 1 or abs(j - REACH) == REACH - 1
        moved_y = min(max(lag_y + i - REACH, -limit_y), limit_y)
        moved_x = min(max(lag_x + j - REACH, -limit_x), limit_x)
        if attempt == 3 or not on_rim or (moved_y == lag_y and moved_x == lag_x):
            break
        lag_y = moved_y
        lag_x = moved_x
    dy, dx = between_pixels(values, i, j)
    found_y = lag_y + i - REACH
    found_x = lag_x + j - REACH
    return found_y, found_x, dy, dx, values[i, j], _product(image, top + found_y, left + found_x, patch)


@kernel
def _product(image, top, left, patch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    total = np.float32(0)
    for y in range(patch.shape[0]):
        a = image[top + y, left : left + patch.shape[1]]
        b = patch[y]
        for x in range(patch.shape[1]):
            total += a[x] * b[x]
    return total
