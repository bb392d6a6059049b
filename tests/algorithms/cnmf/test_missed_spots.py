import numpy as np
import pytest
from stand_in import make_components

from calscope.algorithms.cnmf.missed_spots import SMALLEST_RISE_SD, missed_spots
from calscope.model.results import Residual

DIMS = (40, 60)


def left_over(*spots):
    """A residual that rises at each (y, x, SD)."""
    peak = np.ones(DIMS, np.float32)
    for y, x, rise in spots:
        peak[y - 1 : y + 2, x - 1 : x + 2] = rise - 1
        peak[y, x] = rise
    return Residual(peak=peak, frame=np.zeros(DIMS, np.int32))


@pytest.fixture
def nothing():
    return make_components(DIMS, 0, 10)


def test_high_spots_come_first_and_low_ones_not_at_all(nothing):
    residual = left_over((10, 12, 12), (30, 50, 30), (20, 25, 0.6 * SMALLEST_RISE_SD))
    assert missed_spots(residual, nothing, border_px=0).tolist() == [[30, 50], [10, 12]]


def test_neither_rim_nor_footprints_count(nothing):
    residual = left_over((3, 30, 20), (20, 30, 20))
    assert missed_spots(residual, nothing, border_px=6).tolist() == [[20, 30]]
    one = make_components(DIMS, 1, 10)
    y, x = np.unravel_index(int(one.A.toarray()[:, 0].argmax()), DIMS, order="F")
    assert missed_spots(left_over((int(y), int(x), 20)), one, border_px=0).tolist() == []
