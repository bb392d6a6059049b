"""A trace that follows the shifts is told from those that don't, however alike slow waves are."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from calscope.algorithms.flags.motion_confound import FEWEST_FRAMES, large_shifts, motion_confound

FR_HZ, T, K = 15.0, 900, 12


@pytest.fixture(scope="module")
def moved():
    """Shifts with drift, jitter and a jump, and traces of noise on slow waves of their own."""
    rng = np.random.default_rng(3)
    drift = gaussian_filter1d(rng.normal(size=(T, 2)), 4 * FR_HZ, axis=0) * 10
    shifts = drift + gaussian_filter1d(rng.normal(size=(T, 2)), 1.5, axis=0)
    shifts[300:310] += (3.0, -2.0)
    waves = gaussian_filter1d(rng.normal(size=(K, T)), 4 * FR_HZ, axis=1) * 20
    return shifts[:, None].astype(np.float32), (waves + rng.normal(size=(K, T))).astype(np.float32)


def confound(traces, shifts):
    return motion_confound(traces, shifts, np.zeros(len(traces), np.intp), fr_hz=FR_HZ)


def test_the_trace_that_follows_is_found_among_those_that_do_not(moved):
    shifts, traces = moved
    follows = traces.copy()
    follows[4] += 1.5 * shifts[:, 0, 0]
    r, p = confound(follows, shifts)
    assert r.argmax() == 4 and p[4] < 0.01
    assert (np.delete(p, 4) > 0.05).all()


def test_a_trace_that_follows_the_change_or_the_length_of_the_shift_is_found(moved):
    shifts, traces = moved
    away = shifts[:, 0] - np.median(shifts[:, 0], axis=0)
    for signal in (np.gradient(away[:, 1]), np.linalg.norm(away, axis=1)):
        follows = traces.copy()
        follows[0] += 4 * signal / signal.std()
        assert confound(follows, shifts)[1][0] < 0.01


def test_what_cannot_be_told_is_not_told(moved):
    shifts, traces = moved
    broken = traces.copy()
    broken[1, 50] = np.nan
    broken[2] = 7.0
    r, p = confound(broken, shifts)
    assert np.isnan(r[1:3]).all() and np.isnan(p[1:3]).all() and np.isfinite(np.delete(r, [1, 2])).all()
    for some in (confound(traces[:, : FEWEST_FRAMES - 1], shifts[: FEWEST_FRAMES - 1]), confound(traces, shifts * 0)):
        assert np.isnan(some[0]).all() and np.isnan(some[1]).all()
    assert len(confound(traces[:0], shifts)[0]) == 0


def test_each_trace_is_held_against_the_shifts_at_its_place(moved):
    shifts, traces = moved
    other = np.roll(shifts, 400, axis=0)
    follows = traces.copy()
    follows[0] += 2 * shifts[:, 0, 0]
    place = np.zeros(K, np.intp)
    near = motion_confound(follows, np.concatenate([shifts, other], axis=1), place, fr_hz=FR_HZ)[0][0]
    place[0] = 1
    far = motion_confound(follows, np.concatenate([shifts, other], axis=1), place, fr_hz=FR_HZ)[0][0]
    assert near > 2 * far


def test_jumps_are_large_shifts_and_tissue_that_is_still_has_none():
    still = np.full((200, 2), 5.0) + np.random.default_rng(0).normal(0, 0.1, (200, 2))
    assert not large_shifts(still).any()
    still[90:100] += 4
    assert set(np.flatnonzero(large_shifts(still))) == set(range(90, 101))
