"""Outlines as a hand draws them: small, over the border, outside."""

import numpy as np
import pytest

from calscope.algorithms.curation.outline_pixels import pixels_inside
from calscope.model.errors import ParameterError

DIMS = (20, 30)


def image(points):
    return pixels_inside(points, DIMS).toarray().reshape(DIMS, order="F").astype(bool)


def test_an_outline_holds_what_is_inside_and_its_edge():
    found = image([(2, 3), (2, 8), (6, 8), (6, 3)])
    expected = np.zeros(DIMS, bool)
    expected[2:7, 3:9] = True
    assert np.array_equal(found, expected)


def test_one_point_is_a_pixel_and_two_are_a_line():
    assert np.argwhere(image([(7.4, 11.6)])).tolist() == [[7, 12]]
    assert image([(1, 1), (1, 2)]).sum() == 2


def test_what_reaches_over_the_border_is_cut_there():
    found = image([(-5, -5), (-5, 3), (3, 3), (3, -5)])
    assert found.sum() == 16 and found[:4, :4].all()


@pytest.mark.parametrize("points", [[(20, 0)], [(-1, 5)], [(40, 40), (40, 50), (50, 50)]])
def test_outside_of_the_field_it_is_refused(points):
    with pytest.raises(ParameterError, match="outside of the field of 20 x 30 px"):
        pixels_inside(points, DIMS)


@pytest.mark.parametrize("points", [[], [(np.nan, 1.0)], [(1.0, 1.0)] * 4001])
def test_what_is_no_outline_is_refused(points):
    with pytest.raises(ParameterError, match="An outline has 1 to 4000 points"):
        pixels_inside(points, DIMS)
