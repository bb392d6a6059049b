import numpy as np
import pytest

from calscope.algorithms.motion_check.short_film import plan_film
from calscope.ui.linked.component_film import words_of

LINE = np.array([[10, 20], [12, 20], [12, 23], [np.nan, np.nan], [30, 40], [31, 41]], np.float32)


def test_outline_lies_on_the_pictures_where_it_lies_in_the_field():
    plan = plan_film((100, 40, 40), start=10, length=20)
    words = words_of(plan, (15, 55, 5, 45), LINE, np.zeros(100, np.float32))
    assert words.outline == (((5.5, 5.5), (7.5, 5.5), (7.5, 8.5)), ((25.5, 25.5), (26.5, 26.5)))


def test_outline_is_as_small_as_binned_pictures():
    plan = plan_film((3000, 1024, 1024), start=0, length=150)
    assert plan.binning > 1
    words = words_of(plan, (0, 1024, 0, 1024), LINE, np.zeros(3000, np.float32))
    assert words.outline[0][0] == pytest.approx((10.5 / plan.binning, 20.5 / plan.binning), abs=0.01)


def test_curve_has_the_largest_value_of_the_frames_that_a_picture_stands_for():
    trace = np.zeros(1000, np.float32)
    trace[137], trace[200] = 5, -3
    plan = plan_film((1000, 32, 32), start=100, length=300)
    words = words_of(plan, (0, 32, 0, 32), np.empty((0, 2), np.float32), trace)
    assert plan.every == 2 and len(words.curve) == plan.n
    assert words.curve[18] == 5 and min(words.curve) == 0 and words.curve_unit == "a.u."
    assert words.outline == ()
