from types import SimpleNamespace

import numpy as np
import pytest

from calscope.algorithms.motion_check.shift_summary import largest_motion, shift_length, summarise_shifts


def test_shifts_are_measured_from_where_frames_mostly_lie():
    shifts = np.full((9, 2), (5.0, -7.0), np.float32)
    shifts[3] += (3, 4)
    length = shift_length(SimpleNamespace(shifts_rig=shifts))
    assert length.tolist() == pytest.approx([0, 0, 0, 5, 0, 0, 0, 0, 0])
    in_um = shift_length(SimpleNamespace(shifts_rig=shifts), (2.0, 0.5))
    assert in_um[3] == pytest.approx(np.hypot(6, 2))
    assert summarise_shifts(length).mean == pytest.approx(5 / 9)


def test_frames_that_moved_most_come_first_and_not_beside_each_other():
    length = np.zeros(200, np.float32)
    length[50], length[52], length[120], length[199] = 4, 3.9, 6, 1
    assert largest_motion(length, 3, apart=10) == [120, 50, 199]


def test_nothing_moved_in_a_recording_that_holds_still():
    assert largest_motion(np.full(30, 0.05, np.float32)) == []
