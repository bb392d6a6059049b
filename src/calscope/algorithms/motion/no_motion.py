"""The estimate for a movie that has no still image to register to: no frame is moved."""

from dataclasses import replace

from calscope.algorithms.motion.estimate_motion import estimate_motion
from calscope.model.movie import FrameSource
from calscope.model.notes import Note
from calscope.model.progress import Progress, silent
from calscope.model.results import MotionEstimate


def estimate_no_motion(source: FrameSource, *, workers: int = 1, progress: Progress = silent) -> MotionEstimate:
    """Give an estimate of shifts that are all 0, with the template and the values of the movie, (T, H, W)."""
    estimate = estimate_motion(
        source,
        pw_rigid=False,
        strides=(1, 1),
        overlaps=(0, 0),
        max_shifts=(0, 0),
        max_deviation_rigid=0,
        workers=workers,
        progress=progress,
    )
    return replace(estimate, notes=(Note("no_motion_estimated"),))
