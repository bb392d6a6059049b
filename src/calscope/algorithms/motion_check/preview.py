"""A correction tried out where the movie moves most: raw, rigid and piecewise-rigid beside each other, in seconds.

The three are compared as a whole run's are (motion_quality): on the same frames and crop, equally smoothed, and held
against what the same correction seems to gain on a movie that doesn't move.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from calscope.algorithms.frames import CleanFrames, inner_crop
from calscope.algorithms.motion.likeness import correlations
from calscope.algorithms.motion_check.measures import Measured, gains_between, measure_versions
from calscope.algorithms.motion_check.motion_quality import TOO_FEW
from calscope.algorithms.motion_check.sample import BLOCK, SamplePlan, VersionSample, plan_sample, smooth, take_versions
from calscope.algorithms.motion_check.still_movie import StillMovie
from calscope.algorithms.motion_check.survey import richest_crop, worst_stretch
from calscope.algorithms.motion_check.verdict import verdict_of
from calscope.algorithms.summary import compute_summary
from calscope.model.motion_preview import MotionPreview, MotionSurvey, MovingPart, PreviewVersion
from calscope.model.movie import ArrayMovie, FloatArray, FrameSource, chunks
from calscope.model.notes import Note
from calscope.model.progress import Progress, part, silent
from calscope.model.results import MotionCorrection, MotionVerdict, MotionVersion, SummaryImages

Correct = Callable[[FrameSource, bool, Progress], MotionCorrection]
"""Corrects a movie: rigid, or piecewise-rigid where the second argument is true."""
FRAMES = 200
"""Length of the stretch."""
SIDE_PX = 160
"""Sides of the crop, unless patches are so large that fewer than two would fit."""
CHUNK = 32
"""Frames read at a time."""
STILL_FRAMES = 72
"""Of the movie that doesn't move."""


@dataclass(frozen=True)
class _Tried:
    """The crop and what the corrections made of it."""

    raw: ArrayMovie
    results: Mapping[MotionVersion, MotionCorrection]

    @property
    def best(self) -> MotionCorrection:
        """The most flexible correction."""
        return list(self.results.values())[-1]

    @property
    def border_px(self) -> int:
        """Rim that one of them had to fill in."""
        return max(result.corrected.border_px for result in self.results.values())

    @property
    def inside(self) -> tuple[slice, slice]:
        """The part that none of them leaves empty, at least the inner half."""
        return inner_crop(self.raw.shape[1:], self.border_px)


class _Versions:
    """Reads frames of every version."""

    def __init__(self, tried: _Tried) -> None:
        self.names: tuple[MotionVersion, ...] = ("raw", *tried.results)
        self._raw = CleanFrames(tried.raw, tried.best.estimate.template, tried.best.corrected.movie.range)
        self._results = tried.results

    def read(self, start: int) -> dict[MotionVersion, FloatArray]:
        """Give one stretch in every version, each (BLOCK, H, W)."""
        return self.frames(start, start + BLOCK)

    def frames(self, start: int, stop: int) -> dict[MotionVersion, FloatArray]:
        """Give frames `start` to `stop` of every version."""
        raw, _ = self._raw.read(start, stop)
        return {"raw": raw, **{name: done.corrected.movie.read(start, stop) for name, done in self._results.items()}}


def preview_motion(
    source: FrameSource,
    survey: MotionSurvey,
    *,
    correct: Correct,
    strides: tuple[int, int],
    overlaps: tuple[int, int],
    max_shifts: tuple[int, int],
    workers: int = 1,
    progress: Progress = silent,
) -> MotionPreview:
    """Try a correction on the stretch that moves most, in the part of the field that holds most structure.

    Parameters
    ----------
    source
        The raw movie, (T, H, W).
    survey
        From `survey_motion`.
    correct
        Runs the correction on a movie made here.
    strides, overlaps, max_shifts
        As the correction was given them, px.
    workers
        Threads; the result doesn't depend on them.
    progress
        Called as the work goes on.
    """
    crop = choose_crop(survey, source.shape, strides, overlaps)
    raw = _read(source, crop, part(progress, 0, 0.1))
    tried = _Tried(raw, _correct_both(raw, correct, part(progress, 0.1, 0.55)))
    images = _summaries(tried, part(progress, 0.55, 0.65))
    template_r = _template_r(tried)
    compared = _compare(tried, correct, workers, part(progress, 0.65, 1))
    measures = {name: found.summary() for name, found in compared.found.items()}
    return MotionPreview(
        crop=crop,
        versions={name: PreviewVersion(images[name], template_r[name], measures.get(name)) for name in images},
        verdict=compared.verdict,
        why=compared.why,
        n_evaluated=compared.n_evaluated,
        notes=tuple(_notes(survey, crop, tried, max_shifts)),
        crop_notes=tried.best.estimate.notes,
    )


def choose_crop(
    survey: MotionSurvey, shape: tuple[int, int, int], strides: tuple[int, int], overlaps: tuple[int, int]
) -> MovingPart:
    """Give the stretch that moves most and the crop that holds most structure, with room for two patches a side."""
    sides = (max(SIDE_PX, 2 * strides[0] + overlaps[0]), max(SIDE_PX, 2 * strides[1] + overlaps[1]))
    return richest_crop(survey, shape[1:], sides, worst_stretch(survey, shape[0], FRAMES))


def _read(source: FrameSource, crop: MovingPart, progress: Progress) -> ArrayMovie:
    n_frames = crop.stop - crop.start
    out = np.empty((n_frames, crop.height, crop.width), source.dtype)
    for start, stop in chunks(n_frames, CHUNK):
        out[start:stop] = source.read(crop.start + start, crop.start + stop)[:, crop.rows, crop.columns]
        progress(stop / n_frames, "reading the stretch that moves most")
    return ArrayMovie(out)


def _correct_both(raw: FrameSource, correct: Correct, progress: Progress) -> dict[MotionVersion, MotionCorrection]:
    rigid = correct(raw, False, part(progress, 0, 0.35))  # noqa: FBT003 - the contract of Correct
    piecewise = correct(raw, True, part(progress, 0.35, 1))  # noqa: FBT003
    return {"rigid": rigid} if piecewise.estimate.shifts_els is None else {"rigid": rigid, "piecewise": piecewise}


def _summaries(tried: _Tried, progress: Progress) -> dict[MotionVersion, SummaryImages]:
    movies: dict[MotionVersion, FrameSource] = {"raw": tried.raw}
    movies |= {name: result.corrected.movie for name, result in tried.results.items()}
    return {
        name: compute_summary(movie, part(progress, k / len(movies), (k + 1) / len(movies)))
        for k, (name, movie) in enumerate(movies.items())
    }


def _template_r(tried: _Tried) -> dict[MotionVersion, float]:
    versions, n_frames = _Versions(tried), tried.raw.shape[0]
    shared = np.ascontiguousarray(smooth(tried.best.estimate.template[None])[0][tried.inside])
    sums = dict.fromkeys(versions.names, 0.0)
    for start, stop in chunks(n_frames, CHUNK):
        for name, frames in versions.frames(start, stop).items():
            sums[name] += float(correlations(smooth(frames)[:, *tried.inside], shared).sum())
    return {name: total / n_frames for name, total in sums.items()}


@dataclass(frozen=True)
class _Compared:
    """What comparing the versions gave."""

    found: Mapping[MotionVersion, Measured]
    verdict: MotionVerdict
    why: Note
    n_evaluated: int


def _compare(tried: _Tried, correct: Correct, workers: int, progress: Progress) -> _Compared:
    plan = plan_sample(tried.best.corrected)
    if plan is None:
        return _Compared({}, "not evaluated", TOO_FEW, 0)
    plan = SamplePlan(plan.starts, tried.inside)
    samples = take_versions(
        _Versions(tried), plan, with_corr=True, workers=workers, progress=part(progress, 0, 0.2), note="comparing"
    )
    found = measure_versions(samples, workers=workers)
    mean = list(samples.values())[-1].mean
    still = _still(tried, mean, plan.in_order(STILL_FRAMES), correct, workers, part(progress, 0.4, 0.9))
    measured_still = measure_versions(still, workers=workers)
    steps: list[tuple[MotionVersion, MotionVersion]] = [("raw", "rigid")]
    if "piecewise" in samples:
        steps += [("rigid", "piecewise"), ("raw", "piecewise")]
    gains = [gain for before, after in steps for gain in gains_between(before, after, found, measured_still)]
    verdict, why = verdict_of(gains)
    return _Compared(found, verdict, why, plan.n_frames)


def _still(  # noqa: PLR0917 - what _compare holds
    tried: _Tried, mean: FloatArray, plan: SamplePlan, correct: Correct, workers: int, progress: Progress
) -> dict[MotionVersion, VersionSample]:
    """Correct a movie of the same picture, noise and activity that doesn't move, and sample its versions."""
    still = StillMovie(tried.best.corrected.movie, mean, plan.starts)
    frames = ArrayMovie(still.read(0, still.shape[0]))
    n = len(tried.results)
    again = _Tried(
        frames,
        {
            name: correct(frames, name == "piecewise", part(progress, 0.9 * k / n, 0.9 * (k + 1) / n))
            for k, name in enumerate(tried.results)
        },
    )
    all_of_it = SamplePlan(tuple(range(0, plan.n_frames, BLOCK)), plan.inside)
    return take_versions(
        _Versions(again),
        all_of_it,
        with_corr=False,
        workers=workers,
        progress=part(progress, 0.9, 1),
        note="a still movie",
    )


def _notes(survey: MotionSurvey, crop: MovingPart, tried: _Tried, max_shifts: tuple[int, int]) -> Iterator[Note]:
    within = (survey.frames >= crop.start) & (survey.frames < crop.stop)
    shifts = survey.shifts[within] - np.median(survey.shifts, axis=0)
    furthest = np.abs(shifts).max(axis=0, initial=0)
    for px, axis, limit in zip(furthest, ("y", "x"), max_shifts, strict=True):
        if px > limit + survey.binning / 2:
            yield Note("preview_moves_further", {"px": px, "axis": axis, "limit_px": limit})
    if "piecewise" not in tried.results:
        yield Note("preview_one_patch")
