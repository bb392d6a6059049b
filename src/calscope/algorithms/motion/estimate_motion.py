"""NoRMCorre: rigid, then piecewise-rigid estimation of motion.

Pnevmatikakis & Giovannucci, 2017, J. Neurosci. Methods 291:83. A template is made from frames spread over the movie;
every frame is laid on it by the shift of the whole frame, then by those of its patches. What goes beyond the paper: the
patches' shifts are a beginning only; a smooth field is then fitted to what is left between frame and template, weighed
by the noise and by what the movie itself shows about how this tissue moves (`evidence.py`, `prior.py`).

The movie is streamed: beside the sample it is read twice, in chunks on several threads, and what is kept of a frame is
a few hundred numbers. The result doesn't depend on the number of threads. The corrected movie is written by
`apply_motion.py`.
"""

import math
from dataclasses import replace

from calscope.algorithms.frames import inner_crop
from calscope.algorithms.motion.evidence import Evidence, prepare_evidence
from calscope.algorithms.motion.motion_notes import Track, describe, describe_limits
from calscope.algorithms.motion.passes import MotionPasses, MotionPlan, make_plan
from calscope.algorithms.motion.prior import FRAMES, MotionPrior, estimate_map_fields
from calscope.algorithms.motion.template import Sample, make_template, take_sample
from calscope.model.movie import ArrayMovie, FloatArray, FrameSource, chunks
from calscope.model.progress import Progress, monotonic_progress, part, silent
from calscope.model.results import MotionEstimate


def estimate_motion(
    source: FrameSource,
    *,
    pw_rigid: bool,
    strides: tuple[int, int],
    overlaps: tuple[int, int],
    max_shifts: tuple[int, int],
    max_deviation_rigid: int,
    workers: int = 1,
    progress: Progress = silent,
) -> MotionEstimate:
    """Estimate the motion of every frame.

    Parameters
    ----------
    source
        The movie, (T, H, W) of any real type; values that aren't finite are replaced, which a note says.
    pw_rigid
        Follow deformation by a field of shifts, rather than the shift of the whole frame only.
    strides, overlaps
        Step between patches and their overlap (y, x), px; a patch's side is the sum.
    max_shifts
        Largest shift (y, x) of a whole frame, px.
    max_deviation_rigid
        How far the field may differ from the shift of the whole frame, px.
    workers
        Threads.
    progress
        Called after every chunk of every pass.

    Raises
    ------
    ValueError
        When the movie has no frames.
    """
    n_frames, height, width = source.shape
    if n_frames == 0:
        raise ValueError("A movie without frames can't be corrected.")
    if n_frames == 1:
        pw_rigid, max_shifts = False, (0, 0)
    progress = monotonic_progress(progress)
    asked, max_shifts = max_shifts, largest_shifts(max_shifts, (height, width))
    plan = make_plan(
        (height, width),
        pw_rigid=pw_rigid,
        strides=strides,
        overlaps=overlaps,
        max_shifts=max_shifts,
        max_deviation=max_deviation_rigid,
    )
    sample = take_sample(source)
    evidence, prior = _prepare(sample, plan, workers, part(progress, 0, 0.25))
    movie = MotionPasses(sample.clean(source), source.shape, plan, workers)
    track, corr_raw, rim_px = _follow(movie, evidence, prior, part(progress, 0.25, 1))
    grid = plan.grid
    return MotionEstimate(
        template=evidence.template,
        shifts_rig=track.rigid,
        corr_raw=corr_raw,
        rim_px=rim_px,
        shifts_els=plan.at_patches(track.coefficients),
        centers_px=None if grid is None else grid.centers_px,
        patch_shape_px=None if grid is None else grid.shape_px,
        field_coefficients=track.coefficients,
        values=sample.values(float(track.low.min()), float(track.high.max())),
        notes=(*describe(track, movie.shape, grid), *describe_limits(asked, max_shifts, n_frames)),
    )


def largest_shifts(asked: tuple[int, int], field: tuple[int, int]) -> tuple[int, int]:
    """Cut max_shifts to half of the field (H, W): a frame that moves further shows too little of the template."""
    return min(asked[0], field[0] // 2), min(asked[1], field[1] // 2)


def _prepare(sample: Sample, plan: MotionPlan, workers: int, progress: Progress) -> tuple[Evidence, MotionPrior | None]:
    """Make the template, the noise about it, and a first idea of how the tissue moves, from a sample of frames."""
    template = make_template(sample, plan.max_shifts, workers=workers, progress=part(progress, 0, 0.4))
    frames = sample.clean(ArrayMovie(sample.frames))
    passes = MotionPasses(frames, sample.frames.shape, plan, workers)
    track, _ = passes.estimate(template, None, part(progress, 0.4, 0.7))
    track = _around_their_mean(track.bridged())
    evidence = prepare_evidence(*passes.average(track, template, part(progress, 0.7, 0.8)), plan.field)
    readings, _ = passes.gather(track, evidence, _crop(plan, track)[1], part(progress, 0.8, 0.9))
    track, prior = _update(track, readings, evidence, passes, None, in_time=False)
    track = _around_their_mean(track)
    return prepare_evidence(*passes.average(track, evidence.template, part(progress, 0.9, 1)), plan.field), prior


def _around_their_mean(track: Track) -> Track:
    """Take from fields what they share: the template shows the tissue as it lies on the mean."""
    return replace(track, coefficients=track.coefficients - track.coefficients.mean(axis=0))


def _follow(
    movie: MotionPasses, evidence: Evidence, prior: MotionPrior | None, progress: Progress
) -> tuple[Track, FloatArray, int]:
    """Find the motion of every frame: by correlation, then twice by what is left of the difference to the template.

    Gives also the correlation of the frames with the template, (T,), and the rim that was left out for it, px.
    """
    track, readings = movie.estimate(evidence.template, evidence, part(progress, 0, 0.65))
    track, prior = _update(track.bridged(), readings, evidence, movie, prior, in_time=True)
    rim_px, inside = _crop(movie.plan, track)
    readings, corr_raw = movie.gather(track, evidence, inside, part(progress, 0.65, 1))
    return _update(track, readings, evidence, movie, prior, in_time=True)[0], corr_raw, rim_px


def _crop(plan: MotionPlan, track: Track) -> tuple[int, tuple[slice, slice]]:
    """Give the largest shift as a rim, px, and the part of the field inside of it."""
    largest = max(float(track.coefficients.max()), -float(track.coefficients.min()))
    rim_px = math.ceil(largest)
    return rim_px, inner_crop((plan.field.rows.shape[0], plan.field.columns.shape[0]), rim_px)


def _update(
    track: Track,
    readings: FloatArray,
    evidence: Evidence,
    passes: MotionPasses,
    prior: MotionPrior | None,
    *,
    in_time: bool,
) -> tuple[Track, MotionPrior | None]:
    """Combine the evidence of all frames; those that show nothing get what lies between their neighbours."""
    if len(readings) < 2 or track.blank.all():
        return track, prior
    plan = passes.plan
    found, prior = estimate_map_fields(
        readings,
        evidence.information,
        first=track.coefficients,
        shapes=plan.shapes,
        in_time=in_time,
        known=prior,
        bridge=track.bridge,
        workers=passes.workers,
    )
    # written over what they are better than: fields are the largest thing that is kept of a frame
    for start, stop in chunks(len(readings), FRAMES):
        part_of = slice(start, stop)
        track.rigid[part_of], track.coefficients[part_of] = plan.within_limits(found[part_of])
    return track.bridged(), prior
