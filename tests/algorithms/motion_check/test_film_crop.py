import numpy as np
import pytest

from calscope.algorithms.motion_check.short_film import CroppedFrames, crop_around, film_frames, plan_film
from calscope.model.movie import ArrayMovie

PIXELS = np.array([40, 41, 49]), np.array([100, 103, 119])


def test_square_lies_around_the_pixels():
    assert crop_around(PIXELS, (200, 200), least_px=10) == (15, 75, 80, 140)
    assert crop_around(PIXELS, (200, 200), least_px=100) == (0, 100, 60, 160)


@pytest.mark.parametrize("dims", [(50, 120), (60, 300), (300, 121)])
def test_square_stays_in_the_field(dims):
    top, bottom, left, right = crop_around(PIXELS, dims, least_px=64)
    assert 0 <= top <= 40 and 50 <= bottom <= dims[0]
    assert 0 <= left <= 100 and 120 <= right <= dims[1]


def test_without_pixels_it_is_in_the_middle():
    nothing = np.array([], int), np.array([], int)
    assert crop_around(nothing, (100, 80), least_px=20) == (40, 60, 30, 50)


def test_film_of_a_part_is_that_part_of_the_film():
    frames = np.random.default_rng(0).integers(0, 4000, (40, 30, 50)).astype(np.uint16)
    whole, crop = ArrayMovie(frames), (5, 25, 10, 40)
    part = CroppedFrames(whole, crop)
    assert part.shape == (40, 20, 30) and part.dtype == np.uint16
    plan = plan_film(part.shape, start=4, length=20, mean_of=3)
    expected = film_frames(whole, plan)[:, 5:25, 10:40]
    np.testing.assert_array_equal(film_frames(part, plan), expected)
