"""Where a movie moves most, and where its field holds most, against movies whose motion and picture are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from calscope.algorithms.motion_check.moments import displacement, moments_of_motion
from calscope.algorithms.motion_check.short_film import film_frames, plan_film
from calscope.algorithms.motion_check.survey import binning_for, richest_crop, survey_motion, worst_stretch
from calscope.model.motion_preview import MotionSurvey
from calscope.model.movie import ArrayMovie

N, HEIGHT, WIDTH = 240, 200, 224
LIVELY = slice(150, 180)


def known_shifts():
    """Still but for a slow drift of 6 px and a lively second in LIVELY."""
    rng = np.random.default_rng(3)
    shifts = np.zeros((N, 2))
    shifts[:, 1] = np.linspace(0, 6, N)
    shifts[LIVELY] += rng.normal(0, 2.5, (30, 2))
    return shifts


@pytest.fixture(scope="module")
def moving():
    """A picture with many cells in its lower right corner and next to nothing elsewhere, moved, with photon noise."""
    rng = np.random.default_rng(1)
    picture = np.full((HEIGHT, WIDTH), 20.0)
    spots = np.zeros((HEIGHT, WIDTH))
    spots[rng.integers(110, 190, 60), rng.integers(130, 214, 60)] = 1
    spots[rng.integers(10, 190, 6), rng.integers(10, 214, 6)] = 1
    picture += 4000 * gaussian_filter(spots, 3)
    shifts = known_shifts()
    frames = np.stack([shift(picture, -move, order=1, mode="nearest") for move in shifts])
    return ArrayMovie(rng.poisson(frames).astype(np.uint16)), shifts


@pytest.fixture(scope="module")
def survey(moving):
    return survey_motion(moving[0], workers=2)


def test_finds_the_shift_of_every_frame_roughly(survey, moving):
    assert survey.binning == 2 and survey.every == 1 and survey.shows.all()
    error = survey.shifts - moving[1]
    error -= error.mean(axis=0)
    assert np.sqrt((error**2).mean()) < 0.25


def test_does_not_depend_on_the_number_of_threads(survey, moving):
    alone = survey_motion(moving[0], workers=1)
    np.testing.assert_array_equal(alone.shifts, survey.shifts)
    np.testing.assert_array_equal(alone.template, survey.template)


def test_looks_at_every_nth_frame_of_a_long_movie(moving):
    every_third = survey_motion(moving[0], read_px=N * HEIGHT * WIDTH // 3)
    assert every_third.every == 3 and len(every_third.frames) == N // 3
    start, stop = worst_stretch(every_third, N, 40)
    assert start <= LIVELY.start + 3 and stop >= LIVELY.stop - 3 and stop - start == 40


@pytest.mark.parametrize("length", [30, 60])
def test_chooses_the_lively_stretch_and_not_the_drift(survey, length):
    start, stop = worst_stretch(survey, N, length)
    assert stop - start == length
    inside = max(0, min(stop, LIVELY.stop) - max(start, LIVELY.start))
    assert inside >= 27


def test_a_short_movie_is_taken_as_a_whole(survey):
    assert worst_stretch(survey, N, 5000) == (0, N)


def test_one_frame_in_a_wrong_place_is_no_movement():
    shifts = np.zeros((100, 2), np.float32)
    shifts[20] = 15
    shifts[60:80, 0] = np.tile([2, 2, -2, -2], 5)
    found = MotionSurvey(np.arange(100), shifts, np.ones(100, bool), np.zeros((8, 8), np.float32), 1)
    start, stop = worst_stretch(found, 100, 20)
    assert start >= 55 and stop <= 85


def test_chooses_the_part_of_the_field_that_holds_the_cells(survey):
    crop = richest_crop(survey, (HEIGHT, WIDTH), (96, 96), (10, 50))
    assert (crop.start, crop.stop, crop.height, crop.width) == (10, 50, 96, 96)
    assert 90 <= crop.top <= HEIGHT - 96 and 110 <= crop.left <= WIDTH - 96


def test_a_crop_never_leaves_the_field(survey):
    whole = richest_crop(survey, (HEIGHT, WIDTH), (500, 500), (0, 9))
    assert (whole.top, whole.left, whole.height, whole.width) == (0, 0, HEIGHT, WIDTH)
    odd = richest_crop(survey, (HEIGHT, WIDTH), (199, 33), (0, 9))
    assert odd.top + odd.height <= HEIGHT and odd.left + odd.width <= WIDTH


def test_dark_frames_take_the_shift_of_their_neighbours(moving):
    frames = moving[0].frames.copy()
    frames[100:104] = 20
    survey = survey_motion(ArrayMovie(frames))
    assert not survey.shows[100:104].any() and survey.shows.sum() == N - 4
    assert np.isfinite(survey.shifts).all() and np.abs(np.diff(survey.shifts[95:110, 1])).max() < 1


@pytest.mark.parametrize("frames", [np.zeros((5, 16, 20), np.uint16), np.full((3, 40, 40), np.nan, np.float32)])
def test_a_movie_that_shows_nothing_does_not_move(frames):
    survey = survey_motion(ArrayMovie(frames))
    assert not survey.shifts.any()
    assert np.isfinite(survey.template).all()


def test_binning_keeps_enough_pixels():
    assert [binning_for((side, side + 40)) for side in (64, 191, 192, 384, 2048)] == [1, 1, 2, 4, 4]


def test_moments_are_the_peaks_of_displacement_and_of_jumps():
    shifts = np.zeros((300, 2), np.float32)
    shifts[40:60, 0] = 5.0
    shifts[200:202, 1] = 3.0
    shifts[203, 1] = -3.0
    moments = moments_of_motion(shifts, n=2, apart=30)
    assert [(moment.kind, round(moment.size_px, 3)) for moment in moments] == [
        ("displacement", 5),
        ("displacement", 3),
        ("jump", 5),
        ("jump", 3),
    ]
    assert moments[0].frame in range(40, 60) and moments[2].frame in (40, 60)
    assert moments_of_motion(np.zeros((20, 3, 2), np.float32), n=3, apart=5) == ()


def test_displacement_of_patches_is_their_root_mean_square():
    shifts = np.zeros((5, 4, 2), np.float32)
    shifts[2, 0] = (3, 4)
    assert displacement(shifts)[2] == pytest.approx(2.5) and not displacement(shifts)[[0, 1, 3, 4]].any()


def test_a_film_is_the_running_mean_of_its_frames_also_at_the_ends():
    frames = np.arange(20, dtype=np.float32)[:, None, None] * np.ones((1, 6, 8), np.float32)
    plan = plan_film((20, 6, 8), start=17, length=10, mean_of=3)
    assert (plan.start, plan.stop, plan.every, plan.binning) == (10, 20, 1, 1)
    shown = film_frames(ArrayMovie(frames), plan)
    np.testing.assert_allclose(shown[:, 0, 0], [10, 11, 12, 13, 14, 15, 16, 17, 18, 18.5])


def test_a_large_film_takes_every_nth_frame_and_bins_pixels():
    plan = plan_film((5000, 1024, 1024), start=100, length=600, mean_of=5)
    assert plan.every == 4 and plan.n == 150 and plan.binning == 4
    assert list(plan.frames)[:2] == [100, 104] and plan.stop == 700
