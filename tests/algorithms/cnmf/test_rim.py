import numpy as np
import pytest

from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.model.results import MotionEstimate


def moved(shifts_rig, shifts_els=None):
    ones = np.ones(len(shifts_rig), np.float32)
    return MotionEstimate(np.zeros((8, 8), "f4"), shifts_rig.astype("f4"), ones, 9, shifts_els=shifts_els)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sign", [1, -1])
def test_rare_jumps_do_not_widen_the_rim_and_frequent_ones_do(axis, sign):
    shifts = np.zeros((200, 2))
    shifts[:, axis] = 1.2 * sign
    shifts[:8, axis] = 8.5 * sign
    assert often_filled_px(moved(shifts), 9) == 2
    shifts[:20, axis] = 8.5 * sign
    assert often_filled_px(moved(shifts), 9) == 9


def test_the_patch_that_moves_most_counts():
    els = np.zeros((50, 4, 2), np.float32)
    els[:, 2, 1] = -3.4
    assert often_filled_px(moved(np.zeros((50, 2)), els), 9) == 4


def test_never_more_than_the_border():
    assert often_filled_px(moved(np.full((50, 2), 7.0)), 3) == 3
