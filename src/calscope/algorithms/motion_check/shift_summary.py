"""A motion correction in a few numbers, and the frames that moved most."""

from dataclasses import dataclass

import numpy as np

from calscope.algorithms.motion_check.flags import MIN_MOTION_PX
from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import MotionEstimate, MotionMeasures, MotionQuality, MotionVersion


@dataclass(frozen=True)
class ShiftSummary:
    """How far frames lie from where they mostly lie; one unit, px or µm."""

    mean: float
    p95: float
    """95 % of the frames are shifted by less."""
    largest: float


def shift_length(motion: MotionEstimate, dxy_um: Pair | None = None) -> FloatArray:
    """Give the length of every frame's shift from the median shift, (T,), px; µm where the pixel size is given.

    Where the recording began against the template is arbitrary, hence the median.
    """
    shifts = np.asarray(motion.shifts_rig, np.float64)
    away = shifts - np.median(shifts, axis=0)
    return np.linalg.norm(away * (dxy_um or (1.0, 1.0)), axis=1).astype(np.float32)


def summarise_shifts(length: FloatArray) -> ShiftSummary:
    """Sum up the lengths of shifts, (T,)."""
    return ShiftSummary(float(length.mean()), float(np.percentile(length, 95)), float(length.max()))


def largest_motion(length: FloatArray, n: int = 6, apart: int = 15) -> list[int]:
    """Give the frames that moved most, the largest first, no two of them within `apart` frames of each other.

    None where nothing moved by more than the error of its estimation.

    Parameters
    ----------
    length
        (T,) length of the shift of every frame.
    """
    left = np.asarray(length, np.float64).copy()
    found: list[int] = []
    while len(found) < n and left.max(initial=-1.0) > MIN_MOTION_PX:
        frame = int(left.argmax())
        found.append(frame)
        left[max(frame - apart + 1, 0) : frame + apart] = -1.0
    return found


def done(motion: MotionEstimate) -> MotionVersion:
    """Give the version that the corrected movie is."""
    return "rigid" if motion.shifts_els is None else "piecewise"


def measured(quality: MotionQuality, version: MotionVersion) -> tuple[MotionMeasures, MotionMeasures] | None:
    """Give the measures of the raw movie and of a version of it; None where they were not compared."""
    before, after = quality.measures.get("raw"), quality.measures.get(version)
    return None if before is None or after is None else (before, after)


def crispness_gain(quality: MotionQuality, version: MotionVersion) -> float | None:
    """Give by which share the mean image of a version is crisper than that of the raw movie; None where unknown."""
    pair = measured(quality, version)
    if pair is None or pair[0].crispness.value <= 0:
        return None
    return pair[1].crispness.value / pair[0].crispness.value - 1
