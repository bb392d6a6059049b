"""The rim of the field that motion correction fills in too often to look for cells there."""

import math

import numpy as np

from calscope.model.results import MotionEstimate

OFTEN = 0.05
"""A pixel that had to be filled in in a smaller share of the frames shows a cell well enough."""


def often_filled_px(motion: MotionEstimate, border_px: int) -> int:
    """Give the width of the rim that is filled in in more than a few frames, px.

    `border_px` is the worst frame's: one jump of the animal would hide all cells at the edge.
    """
    shifts = motion.shifts_rig[:, None] if motion.shifts_els is None else motion.shifts_els
    if not shifts.size:
        return border_px
    largest = np.abs(shifts).max(axis=(1, 2))
    return min(border_px, math.ceil(float(np.quantile(largest, 1 - OFTEN))))
