"""An honest look at a motion correction: did it help, did the piecewise part help, and what should a person look at.

Raw, rigid and piecewise-rigid are compared on the same frames and the same crop, equally smoothed, by measures that
photon noise doesn't enter, with intervals from paired bootstrap draws of stretches of frames; and each gain is held
against what the same correction seems to gain on a movie of the same picture and noise that doesn't move. A version is
recommended only where measures agree on it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from calscope.algorithms.frames import inner_crop
from calscope.algorithms.motion_check.flags import brightness, flag_frames, follows_shift, notable
from calscope.algorithms.motion_check.measures import gains_between, measure_versions
from calscope.algorithms.motion_check.sample import (
    BLOCK,
    SamplePlan,
    Versions,
    VersionSample,
    crop_inside,
    plan_sample,
    shows_picture,
    take_versions,
)
from calscope.algorithms.motion_check.still_movie import StillMovie
from calscope.algorithms.motion_check.verdict import verdict_of
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.notes import Note
from calscope.model.progress import Progress, part, silent
from calscope.model.results import (
    MotionCorrection,
    MotionEstimate,
    MotionGain,
    MotionMeasures,
    MotionQuality,
    MotionVerdict,
    MotionVersion,
)

Correct = Callable[[FrameSource, Progress], MotionCorrection]
"""The correction as it was done, on another movie of the same field; its result is used and thrown away."""
STILL_PX = 6_000_000
"""Pixels of the movie that doesn't move; the share of time that this takes shrinks with the length of the movie."""
STILL_SIDE_PX = 160
"""It shows the middle of the field up to that side, or two patches: what noise gains is about the same everywhere."""
TOO_FEW = Note("verdict_too_few_frames")


def measure_motion(
    source: FrameSource,
    motion: MotionCorrection,
    *,
    correct: Correct,
    max_shifts: tuple[int, int],
    max_deviation_rigid: int,
    workers: int = 1,
    progress: Progress = silent,
) -> MotionQuality:
    """Judge a motion correction.

    Parameters
    ----------
    source
        The raw movie, (T, H, W).
    motion
        What the correction made of it.
    correct
        Runs the same correction, with the same parameters, on a short movie made here.
    max_shifts, max_deviation_rigid
        The limits that the correction was given, px.
    workers
        Threads; the result doesn't depend on them.
    progress
        Called as the work goes on.
    """
    motion = _finite(motion)
    comparison = _compare(source, motion, correct, workers, part(progress, 0, 0.9))
    frames = flag_frames(motion, max_shifts)
    estimate, corrected = motion.estimate, motion.corrected
    light = brightness(corrected.movie, crop_inside(corrected), part(progress, 0.9, 1))
    follows = follows_shift(light, estimate.shifts_rig, shows_picture(corrected))
    flags = notable(
        estimate,
        frames,
        max_shifts=max_shifts,
        max_deviation_rigid=max_deviation_rigid,
        noise_left=comparison.noise_left,
        light=follows,
    )
    return MotionQuality(
        shift_px=frames.shift_px,
        margin_to_max_shift_px=frames.margin_to_max_shift_px,
        clipped=frames.clipped,
        got_worse=frames.got_worse,
        brightness_r=follows[0],
        brightness_p=follows[1],
        measures=comparison.measures,
        gains=comparison.gains,
        verdict=comparison.verdict,
        why=comparison.why,
        n_evaluated=comparison.n_evaluated,
        flags=flags,
    )


def _finite(motion: MotionCorrection) -> MotionCorrection:
    """Take frames whose shift or correlation isn't a number, as an engine may leave them, for ones without a picture.

    Their shifts become 0, as do their correlations, by which they are left out of what is compared.
    """
    estimate, corrected = motion.estimate, motion.corrected
    of_frames = [estimate.shifts_rig, estimate.corr_raw, corrected.corr_corrected]
    of_frames += [] if estimate.shifts_els is None else [estimate.shifts_els]
    lost = ~np.all([np.isfinite(v.reshape(len(v), -1)).all(axis=1) for v in of_frames], axis=0)
    estimate = replace(estimate, template=np.nan_to_num(estimate.template, posinf=0.0, neginf=0.0))
    if not lost.any():
        return replace(motion, estimate=estimate)

    def without(values: FloatArray) -> FloatArray:
        out = values.copy()
        out[lost] = 0
        return out

    estimate = replace(
        estimate,
        shifts_rig=without(estimate.shifts_rig),
        shifts_els=None if estimate.shifts_els is None else without(estimate.shifts_els),
        corr_raw=without(estimate.corr_raw),
    )
    return MotionCorrection(estimate, replace(corrected, corr_corrected=without(corrected.corr_corrected)))


@dataclass(frozen=True)
class _Comparison:
    """What comparing the versions gave."""

    measures: dict[MotionVersion, MotionMeasures]
    gains: tuple[MotionGain, ...]
    verdict: MotionVerdict
    why: Note
    n_evaluated: int
    noise_left: float | None


def _compare(
    source: FrameSource, motion: MotionCorrection, correct: Correct, workers: int, progress: Progress
) -> _Comparison:
    plan = plan_sample(motion.corrected)
    if plan is None:
        return _Comparison({}, (), "not evaluated", TOO_FEW, 0, None)
    samples = take_versions(
        Versions(source, motion),
        plan,
        with_corr=True,
        workers=workers,
        progress=part(progress, 0, 0.3),
        note="versions of the movie",
    )
    found = measure_versions(samples, workers=workers)
    last = list(samples.values())[-1]
    still = _still(
        motion,
        last.mean,
        plan.in_order(STILL_PX // last.mean.size),
        correct=correct,
        workers=workers,
        progress=part(progress, 0.4, 0.9),
    )
    measured_still = measure_versions(still, workers=workers)
    gains = [g for a, b in _steps(tuple(samples)) for g in gains_between(a, b, found, measured_still)]
    verdict, why = verdict_of(gains)
    return _Comparison(
        measures={name: measured.summary() for name, measured in found.items()},
        gains=tuple(g for g in gains if (g.before, g.after) != ("raw", "piecewise")),
        verdict=verdict,
        why=why,
        n_evaluated=plan.n_frames,
        noise_left=last.noise / samples["raw"].noise if samples["raw"].noise > 0 else None,
    )


def _still(
    motion: MotionCorrection, mean: FloatArray, plan: SamplePlan, *, correct: Correct, workers: int, progress: Progress
) -> dict[MotionVersion, VersionSample]:
    """Correct the movie that doesn't move, and sample its versions on the same crop."""
    movie = StillMovie(motion.corrected.movie, mean, plan.starts, _middle(motion.estimate))
    again = correct(movie, part(progress, 0, 0.7))
    all_of_it = SamplePlan(
        tuple(range(0, plan.n_frames, BLOCK)), inner_crop(movie.shape[1:], motion.corrected.border_px)
    )
    return take_versions(
        Versions(movie, again),
        all_of_it,
        with_corr=False,
        workers=workers,
        progress=part(progress, 0.7, 1),
        note="a still movie",
    )


def _middle(motion: MotionEstimate) -> tuple[slice, slice]:
    """Give the part of the field that the movie that doesn't move shows; it holds patches side by side."""
    side = max(STILL_SIDE_PX, *(2 * n for n in motion.patch_shape_px or (0, 0)))
    rows, columns = (slice(max(0, n - side) // 2, max(0, n - side) // 2 + min(n, side)) for n in motion.shape[1:])
    return rows, columns


def _steps(names: tuple[MotionVersion, ...]) -> list[tuple[MotionVersion, MotionVersion]]:
    if "piecewise" in names:
        return [("raw", "rigid"), ("rigid", "piecewise"), ("raw", "piecewise")]
    return [("raw", "rigid")]
