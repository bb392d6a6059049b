import numpy as np
import pytest

from calscope.algorithms.evaluation.transients import SMALLEST, transients


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
