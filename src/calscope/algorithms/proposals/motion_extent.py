"""How far a movie moves as a whole, and how much its parts move on their own.

The first comes from the survey. A frame that alone lies far from its neighbours counts where it fits the template
there, not where it was laid on a wrong place. For the second, short stretches of the settled movie are halved into
every other frame, and the shift of each part of the field is measured in both halves, linear in the template's slopes
(Lucas & Kanade 1981). Noise differs between the halves, so their covariance is the movement alone.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion_check.bootstrap import draw_weights, estimate
from calscope.algorithms.motion_check.survey import bin_frames, longest_reach_px, without_lone_peaks
from calscope.model.motion_preview import MotionSurvey
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.progress import Progress, silent
from calscope.model.results import Estimate

USUAL_SHARE = 0.99
"""The interval of the largest shift begins at what this share of the frames stays below."""
MOST_LONE = 40
"""Frames looked at again because they alone lie far off."""
FITS = 0.6
"""A lone frame fits where its correlation with the template is at least this share of the usual one."""
PARTS = 3
"""Parts of the field along each side."""
FEWEST_PARTS = 3
STRETCH = 8
"""Frames of a stretch, half of them in each half."""
MOST_STRETCHES = 60
FEWEST_STRETCHES = 6
SMOOTH_PX, WIDE_PX = 1.5, 6.0
LEAST_PART_PX = 24
_MOST_PX = 3.0
"""Movement that is linear in the template's slopes at best."""


@dataclass(frozen=True)
class LargestShift:
    """How far the whole field moves from where it mostly lies."""

    y_px: Estimate
    x_px: Estimate
    at_limit: bool
    """It moves as far as could be looked at, or further."""


@dataclass(frozen=True)
class LocalMotion:
    """How far parts of the field move on their own."""

    px: Estimate
    """Root mean square over parts, with its bootstrap interval."""
    parts_px: FloatArray
    """(3, 3) that of each part; NaN where too little of it is quiet."""


def largest_shift(source: FrameSource, survey: MotionSurvey) -> LargestShift:
    """Find the largest shift along each axis.

    Parameters
    ----------
    source
        The movie that was surveyed, (T, H, W).
    survey
        From `survey_motion`.
    """
    found = np.asarray(survey.shifts - np.median(survey.shifts, axis=0), np.float32)
    steady = without_lone_peaks(found)
    trusted = _trusted(source, survey, found, steady)
    ends = []
    for axis in (0, 1):
        largest = float(np.abs(trusted[:, axis]).max())
        usual = float(np.quantile(np.abs(trusted[:, axis]), USUAL_SHARE))
        ends.append(Estimate(largest, usual, largest + survey.binning / 2))
    reach = longest_reach_px(source.shape[1:], survey.binning)
    at_limit = bool(np.abs(trusted).max() >= reach - survey.binning / 2)
    return LargestShift(ends[0], ends[1], at_limit)


def _trusted(source: FrameSource, survey: MotionSurvey, found: FloatArray, steady: FloatArray) -> FloatArray:
    """Give the shifts, of frames that alone lie further off than any other those between their neighbours'."""
    beyond = (np.abs(found) - np.abs(steady).max(axis=0, initial=0)).max(axis=1)
    lone = np.argsort(-beyond)[:MOST_LONE]
    lone = lone[beyond[lone] > 0]
    if not lone.size:
        return found
    usual = np.median([_likeness(source, survey, i) for i in np.linspace(0, len(found) - 1, MOST_LONE).astype(int)])
    out = np.where(beyond[:, None] > 0, steady, found)
    for i in lone.tolist():
        if _likeness(source, survey, i) >= FITS * usual:
            out[i] = found[i]
    return out


def _likeness(source: FrameSource, survey: MotionSurvey, index: int) -> float:
    """Correlation of a frame, laid where the survey laid it, with the template, without the rim that it left."""
    frame = int(survey.frames[index])
    seen = bin_frames(np.nan_to_num(np.asarray(source.read(frame, frame + 1), np.float32)), survey.binning)[0]
    down, right = (round(float(px) / survey.binning) for px in survey.shifts[index])
    moved = np.roll(cv2.GaussianBlur(seen, (0, 0), 1.0), (down, right), axis=(0, 1))
    rims = [min(abs(px) + 1, n // 4) for px, n in zip((down, right), seen.shape, strict=True)]
    inside = np.s_[rims[0] : seen.shape[0] - rims[0], rims[1] : seen.shape[1] - rims[1]]
    a, b = moved[inside].ravel(), survey.template[inside].ravel()
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def local_motion(
    movie: FrameSource, active: NDArray[np.bool_], rim_px: tuple[int, int], *, progress: Progress = silent
) -> LocalMotion | None:
    """Measure how far parts of the field move on their own; None where it can't be told.

    Parameters
    ----------
    movie
        (T, H, W), settled.
    active
        (H, W) pixels whose light changes, which would look like movement.
    rim_px
        Rim that is often not seen.
    """
    n_frames = movie.shape[0]
    count = min(MOST_STRETCHES, n_frames // STRETCH)
    inside = tuple(slice(rim, side - rim) for rim, side in zip(rim_px, movie.shape[1:], strict=True))
    if count < FEWEST_STRETCHES or min(s.stop - s.start for s in inside) < PARTS * LEAST_PART_PX:
        return None
    halves = []
    for done, start in enumerate(np.linspace(0, n_frames - STRETCH, count).astype(int).tolist()):
        frames = movie.read(start, start + STRETCH)
        halves.append([_fine(frames[k::2].mean(axis=0))[inside] for k in (0, 1)])
        progress(done / count, "looking for movement of parts")
    images = np.array(halves)
    found = _part_shifts(images, ~active[inside])
    return None if found is None else _shared(found)


def _fine(image: FloatArray) -> FloatArray:
    """Take noise and wide changes of light out of an image: what is left are structures that can be seen to move."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), SMOOTH_PX) - cv2.GaussianBlur(image, (0, 0), WIDE_PX), np.float32)


def _part_shifts(images: FloatArray, still: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Shift of each part against the mean image, less that of the field, (stretches, 2 halves, parts, 2).

    NaN for parts of which too little is still; None where fewer than three are left.
    """
    mean = images.mean(axis=(0, 1))
    down, across = np.gradient(mean)
    shifts = np.full((PARTS**2, 2, images.shape[0] * images.shape[1]), np.nan)
    for number, (rows, columns) in enumerate(_parts(mean.shape)):
        quiet = still[rows, columns]
        if quiet.sum() < LEAST_PART_PX**2 / 4:
            continue
        # a frame that is brighter, or has more contrast, has not moved
        shapes = [image[rows, columns][quiet] for image in (down, across, mean, np.ones_like(mean))]
        values = (images[:, :, rows, columns] - mean[rows, columns])[..., quiet].astype(np.float64)
        fitted = np.linalg.lstsq(np.stack(shapes, axis=1), values.reshape(-1, values.shape[-1]).T, rcond=None)[0]
        shifts[number] = fitted[:2]
    if np.isfinite(shifts[:, 0, 0]).sum() < FEWEST_PARTS:
        return None
    each = shifts.transpose(2, 0, 1).reshape(*images.shape[:2], PARTS**2, 2)
    each = np.clip(each, -_MOST_PX, _MOST_PX)
    return np.asarray(each - np.nanmedian(each, axis=2, keepdims=True))


def _parts(field: tuple[int, ...]) -> list[tuple[slice, slice]]:
    rows, columns = ([slice(n * i // PARTS, n * (i + 1) // PARTS) for i in range(PARTS)] for n in field)
    return [(some, others) for some in rows for others in columns]


def _shared(shifts: NDArray[np.float64]) -> LocalMotion:
    """Root of the covariance of the two halves, over both axes: with its bootstrap interval, and of each part."""
    centred = shifts - shifts.mean(axis=(0, 1))
    of_parts = (centred[:, 0] * centred[:, 1]).sum(axis=-1) / 2
    product = np.nanmean(of_parts, axis=1)
    weights = draw_weights(len(product))
    px = estimate(np.sqrt(np.maximum(weights @ product / len(product), 0)))
    parts_px = np.sqrt(np.maximum(of_parts.mean(axis=0), 0)).reshape(PARTS, PARTS)
    return LocalMotion(px, parts_px.astype(np.float32))
