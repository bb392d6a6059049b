import numpy as np
import pytest

from calscope.algorithms.evaluation.transients import (
    MOST_FRAMES,
    SMALLEST,
    transient_frames,
    transient_image,
    transients,
)
from calscope.model.movie import Movie


def rises(n_frames, heights, decay=0.8):
    """A trace that jumps at some frames and decays."""
    trace = np.zeros(n_frames, np.float32)
    for frame, height in heights.items():
        trace[frame:] += height * decay ** np.arange(n_frames - frame)
    return trace


def test_the_highest_rise_comes_first_with_both_ends_of_the_recording():
    trace = rises(300, {0: 3, 100: 9, 200: 5, 299: 4})
    assert transients(trace, apart=10, most=9) == (100, 200, 299, 0)
    assert transients(trace, apart=10, most=2) == (100, 200)


def test_those_that_are_close_or_small_are_left_out():
    trace = rises(300, {100: 9, 105: 8, 200: 9 * SMALLEST * 0.9})
    assert len(transients(trace, apart=20, most=9)) == 1


def test_the_level_of_a_slow_drift_does_not_count():
    trace = rises(1000, {100: 5, 700: 2}) + np.linspace(0, 20, 1000, dtype=np.float32)
    assert 100 in transients(trace, apart=10, most=3)[:2]


@pytest.mark.parametrize("trace", [np.ones(50), np.full(50, np.nan), np.zeros(1)])
def test_a_trace_that_does_not_rise_has_none(trace):
    assert transients(trace.astype(np.float32), apart=5, most=9) == ()


def test_frames_of_transients_are_those_above_half_of_each_rise():
    trace = 2 + rises(300, {100: 9, 200: 5})  # 9 × 0.8³ is 4.6, and 0.8⁴ is 3.7
    assert transient_frames(trace, apart=10, most=9).tolist() == [*range(100, 104), *range(200, 204)]
    assert transient_frames(trace, apart=10, most=1).tolist() == [*range(100, 104)]


def test_at_both_ends_of_the_recording_and_without_any_transient():
    trace = rises(60, {0: 4, 59: 4})
    assert transient_frames(trace, apart=5, most=9).tolist() == [0, 1, 2, 3, 59]
    assert transient_frames(np.ones(30, np.float32), apart=5, most=9).size == 0


def test_of_very_many_frames_those_of_the_highest_transients_stay():
    trace = rises(3000, {100: 9, 1500: 5}, decay=0.997)
    frames = transient_frames(trace, apart=10, most=9)
    assert len(frames) == MOST_FRAMES and frames.min() == 100 and frames.max() < 1500


def test_transient_image_is_the_mean_of_these_frames_less_that_of_all():
    rng = np.random.default_rng(4)
    movie = Movie(rng.integers(0, 60_000, (50, 6, 7)).astype(np.uint16), scale=0.5, offset=-20)
    values = movie.read(0, 50).astype(np.float64)
    frames = np.array([3, 4, 5, 20, 41, 42])
    image = transient_image(movie, frames, values.mean(axis=0).astype(np.float32))
    assert np.allclose(image, values[frames].mean(axis=0) - values.mean(axis=0), atol=0.01)
