"""A movie corrected by an estimate: the one that it was made on, from the store, and another of the same frames."""

import numpy as np
import pytest

from calscope.algorithms.motion.apply_motion import apply_motion, measure_values
from calscope.algorithms.motion.estimate_motion import estimate_motion
from calscope.algorithms.motion.grid import field_of
from calscope.algorithms.motion.warp import Warper
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.movie import ArrayMovie
from calscope.model.progress import silent
from calscope.pipeline.codecs import load_result, save_result
from calscope.pipeline.store import Store


def apply(movie, estimate, values=None):
    return apply_motion(movie, estimate, values=values, allocate=lambda name, shape, dtype: np.zeros(shape, dtype))


@pytest.fixture(scope="module")
def movie():
    return ArrayMovie(Simulation(Scene(frames=60, height=80, width=96, n_neurons=10, warp_px=0.4, seed=4)).read(0, 60))


@pytest.fixture(scope="module", params=[True, False], ids=["piecewise", "rigid"])
def estimate(request, movie):
    settings = {"strides": (32, 32), "overlaps": (16, 16), "max_shifts": (6, 6), "max_deviation_rigid": 3}
    return estimate_motion(movie, pw_rigid=request.param, **settings)


def warped(frames, estimate):
    coefficients = estimate.field_coefficients
    field = field_of(frames.shape[1:], coefficients.shape[1:3])
    return Warper(field).warp(np.asarray(frames, np.float32), coefficients)


def test_the_stored_estimate_gives_the_same_movie_to_the_last_bit(tmp_path, movie, estimate):
    store = Store(tmp_path)
    with store.writer("ab" * 20, {}) as writer:
        save_result("estimate", writer, estimate)
    stored = load_result("estimate", store.open("ab" * 20))
    direct, again = apply(movie, estimate, estimate.values), apply(movie, stored, stored.values)
    np.testing.assert_array_equal(again.movie.codes, direct.movie.codes)
    assert (again.movie.scale, again.movie.offset) == (direct.movie.scale, direct.movie.offset)
    np.testing.assert_array_equal(again.corr_corrected, direct.corr_corrected)
    assert again.border_px == direct.border_px


def test_the_corrected_movie_is_the_warped_one(movie, estimate):
    corrected = apply(movie, estimate, estimate.values).movie
    expected = warped(movie.frames, estimate)
    np.testing.assert_array_less(np.abs(corrected.codes.astype(int) - corrected.encode(expected).astype(int)), 2)


def test_another_channel_is_corrected_by_the_motion_in_its_own_range_of_values(movie, estimate):
    noise = np.random.default_rng(1).normal(0, 30, movie.shape)
    other = ArrayMovie((2 * movie.frames + noise + 5000).astype(np.float32))
    corrected = apply(other, estimate).movie
    assert corrected.offset == pytest.approx(other.frames.min())
    expected = np.clip(warped(other.frames, estimate), other.frames.min(), other.frames.max())
    assert np.abs(corrected.read(0, 60) - expected).max() < 2 * corrected.scale


def test_measured_values_are_those_of_the_estimate(movie, estimate):
    measured = measure_values(movie, 2, silent)
    assert (measured.low, measured.high) == (estimate.values.low, estimate.values.high)
    np.testing.assert_array_equal(measured.fill, estimate.values.fill)


def test_a_movie_of_another_shape_is_refused(movie, estimate):
    with pytest.raises(ValueError, match="of a movie of"):
        apply(ArrayMovie(movie.frames[:50]), estimate)
