import numpy as np
import pytest

from calscope.algorithms.cnmf.rim import often_filled_px
from calscope.model.movie import Movie
from calscope.model.results import MotionResult


def moved(shifts_rig, shifts_els=None, border_px=9):
    ones = np.ones(len(shifts_rig), np.float32)
    still = Movie(np.zeros((len(shifts_rig), 8, 8), np.uint16))
    return MotionResult(
        still, np.zeros((8, 8), "f4"), shifts_rig.astype("f4"), ones, ones, border_px, shifts_els=shifts_els
    )


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sign", [1, -1])
def test_rare_jumps_do_not_widen_the_rim_and_frequent_ones_do(axis, sign):
    shifts = np.zeros((200, 2))
    shifts[:, axis] = 1.2 * sign
    shifts[:8, axis] = 8.5 * sign
    assert often_filled_px(moved(shifts)) == 2
    shifts[:20, axis] = 8.5 * sign
    assert often_filled_px(moved(shifts)) == 9


def test_the_patch_that_moves_most_counts():
    els = np.zeros((50, 4, 2), np.float32)
    els[:, 2, 1] = -3.4
    assert often_filled_px(moved(np.zeros((50, 2)), els)) == 4


def test_never_more_than_the_border():
    assert often_filled_px(moved(np.full((50, 2), 7.0), border_px=3)) == 3
