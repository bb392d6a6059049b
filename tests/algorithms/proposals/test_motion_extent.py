import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from calscope.algorithms.motion_check.survey import survey_motion
from calscope.algorithms.proposals.motion_extent import largest_shift, local_motion
from calscope.model.movie import ArrayMovie

SIDE = 96


def scene(seed=0, side=SIDE + 40):
    return 200 + 60 * gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), 1.5) * 5


def movie(moves, *, noise=10.0, seed=1):
    """A scene that is moved by whole pixels (y, x) in each frame."""
    tissue, rng = scene(), np.random.default_rng(seed)
    frames = [np.roll(tissue, (dy, dx), (0, 1))[20 : 20 + SIDE, 20 : 20 + SIDE] for dy, dx in moves]
    return ArrayMovie((np.stack(frames) + rng.normal(0, noise, (len(moves), SIDE, SIDE))).astype(np.float32))


def wandering(n=200, size=4, seed=2):
    path = gaussian_filter(np.random.default_rng(seed).normal(size=(n, 2)), (4, 0))
    return np.rint(path / np.abs(path).max() * size).astype(int)


def test_the_largest_shift_along_each_axis_is_found():
    moves = wandering() * [1, 0]
    moved = movie(moves)
    found = largest_shift(moved, survey_motion(moved))
    true = np.abs(moves[:, 0] - np.median(moves[:, 0])).max()
    assert found.y_px.value == pytest.approx(true, abs=0.5)
    assert found.x_px.value < 0.7
    assert not found.at_limit
    assert found.y_px.low <= found.y_px.value <= found.y_px.high


def test_a_single_frame_that_really_jumped_counts():
    moves = np.zeros((150, 2), int)
    moves[70] = (0, 7)
    moved = movie(moves)
    assert largest_shift(moved, survey_motion(moved)).x_px.value == pytest.approx(7, abs=0.6)


def test_a_single_frame_without_a_picture_does_not_count():
    moved = movie(np.zeros((150, 2), int))
    moved.frames[70] = np.random.default_rng(0).normal(200, 60, (SIDE, SIDE))
    found = largest_shift(moved, survey_motion(moved))
    assert max(found.y_px.value, found.x_px.value) < 1


def bent(amount_px, n=160):
    """Left and right thirds of the field move against each other."""
    rng, frames = np.random.default_rng(3), []
    tissue = scene()[20 : 20 + SIDE, 20 : 20 + SIDE]
    path = gaussian_filter(rng.normal(size=n), 6)
    path *= amount_px / path.std()
    for px in path:
        left, right = shift(tissue, (px, 0), order=1, mode="nearest"), shift(tissue, (-px, 0), order=1, mode="nearest")
        frames.append(np.concatenate([left[:, : SIDE // 2], right[:, SIDE // 2 :]], axis=1))
    return ArrayMovie((np.stack(frames) + rng.normal(0, 10, (n, SIDE, SIDE))).astype(np.float32))


def test_movement_of_parts_is_told_from_noise():
    quiet = np.zeros((SIDE, SIDE), bool)
    still = local_motion(movie(np.zeros((160, 2), int)), quiet, (0, 0))
    moving = local_motion(bent(0.4), quiet, (0, 0))
    assert still.px.high < 0.1
    assert moving.px.low > 0.15
    assert moving.parts_px[:, [0, 2]].min() > 0.15, "both outer thirds move against each other"
    assert (moving.parts_px**2).mean() == pytest.approx(moving.px.value**2, rel=0.05)


def test_a_small_field_or_a_short_movie_tells_nothing_of_parts():
    assert local_motion(ArrayMovie(np.ones((160, 40, 40), np.float32)), np.zeros((40, 40), bool), (0, 0)) is None
    short = movie(np.zeros((20, 2), int))
    assert local_motion(short, np.zeros((SIDE, SIDE), bool), (0, 0)) is None
