import numpy as np

from calscope.algorithms.trace_correlation import MOST_BINS, correlations, frames_per_bin

RNG = np.random.default_rng(3)


def test_every_pair_has_pearsons_r():
    traces = RNG.normal(5, 2, (12, 500)).astype(np.float32)
    traces[3] = -traces[4]
    found = correlations(traces)
    assert np.allclose(found, np.corrcoef(traces), atol=1e-5) and found[3, 4] < -0.999


def test_what_is_constant_or_has_gaps_correlates_with_nothing_and_spoils_no_other():
    traces = RNG.normal(size=(5, 300)).astype(np.float32)
    traces[1], traces[2, 7] = 3, np.nan
    found = correlations(traces)
    is_left = np.array([True, False, False, True, True])
    assert np.isnan(found[~is_left]).all() and np.isnan(found[:, ~is_left]).all()
    assert np.allclose(found[np.ix_(is_left, is_left)], np.corrcoef(traces[is_left]), atol=1e-5)


def test_long_traces_are_averaged_first_the_last_stretch_over_its_own_frames():
    n_frames = 2 * MOST_BINS + 101
    per = frames_per_bin(n_frames)
    traces = RNG.normal(7, 1, (4, n_frames)).astype(np.float32)
    means = np.array([[part.mean() for part in np.split(one, range(per, n_frames, per))] for one in traces])
    assert per == 3 and means.shape[1] <= MOST_BINS
    assert np.allclose(correlations(traces), np.corrcoef(means), atol=1e-4)


def test_without_components_or_frames_there_is_nothing():
    assert correlations(np.empty((0, 9), np.float32)).shape == (0, 0)
    assert np.isnan(correlations(np.empty((2, 0), np.float32))).all()
