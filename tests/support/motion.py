"""Motion correction in memory, in one call."""

import numpy as np

from calscope.algorithms.motion.apply_motion import apply_motion
from calscope.algorithms.motion.estimate_motion import estimate_motion
from calscope.model.progress import part, silent
from calscope.model.results import MotionCorrection


def correct_movie(source, *, workers=2, progress=silent, allocate=None, **settings):
    """Estimate the motion of a movie and correct the movie by it; `settings` are those of `estimate_motion`."""
    estimate = estimate_motion(source, **settings, workers=workers, progress=part(progress, 0, 0.8))
    corrected = apply_motion(
        source,
        estimate,
        allocate=allocate or (lambda name, shape, dtype: np.zeros(shape, dtype)),
        values=estimate.values,
        workers=workers,
        progress=part(progress, 0.8, 1),
    )
    return MotionCorrection(estimate, corrected)
