import numpy as np
import pytest

from calscope.algorithms.proposals.decay import FEWEST_CELLS, measure_decay
from calscope.io.demo.simulated_activity import calcium, spike_counts


def traces(decay_s, *, fr_hz=15.0, rate_hz=0.2, n=12, frames=1200, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    spikes = spike_counts(n, frames, fr_hz=fr_hz, rate_hz=rate_hz, rng=rng)
    clean = calcium(spikes, fr_hz=fr_hz, decay_s=decay_s)
    return clean + rng.normal(0, noise, clean.shape).astype(np.float32)


@pytest.mark.parametrize(("decay_s", "fr_hz"), [(0.2, 15.0), (0.4, 8.0), (0.4, 30.0), (1.2, 15.0)])
def test_the_time_constant_is_found(decay_s, fr_hz):
    found = measure_decay(traces(decay_s, fr_hz=fr_hz, rate_hz=min(0.2, 0.1 / decay_s)))
    assert found.frames.value == pytest.approx(fr_hz * decay_s, rel=0.25)
    assert found.frames.low <= found.frames.value <= found.frames.high
    assert found.n_cells >= FEWEST_CELLS


def test_the_fitted_curve_lies_on_the_average_transient():
    transient = measure_decay(traces(0.4)).transient
    fall = transient.mean[transient.before + transient.skipped :]
    assert np.abs(fall - transient.fitted[transient.skipped :]).max() < 0.05
    assert transient.mean[transient.before] == transient.mean.max()


def test_a_rise_that_takes_frames_is_seen():
    assert measure_decay(traces(0.5, fr_hz=40, frames=2000)).rise_frames >= 3
    assert measure_decay(traces(0.5, fr_hz=8)).rise_frames < 3


def test_noise_has_no_decay():
    noise = np.random.default_rng(0).normal(0, 1, (10, 800)).astype(np.float32)
    found = measure_decay(noise)
    assert found.frames is None
    assert found.why_not.kind == "no_decay_few_transients"


def test_a_decay_within_a_frame_is_none():
    spikes = (np.random.default_rng(0).random((12, 900)) < 0.02).astype(np.float32)
    found = measure_decay(spikes + np.random.default_rng(1).normal(0, 0.05, spikes.shape).astype(np.float32))
    assert found.frames is None
    assert found.why_not.kind == "no_decay_shorter_than_frame"


def test_a_fall_that_does_not_end_before_the_recording_does_is_none():
    slow = calcium(np.eye(40, 400, k=20, dtype=np.uint8)[:10], fr_hz=1.0, decay_s=5000.0)
    found = measure_decay(slow + np.random.default_rng(1).normal(0, 0.01, slow.shape).astype(np.float32))
    assert found.frames is None


def test_nothing_is_found_in_nothing():
    for empty in (np.zeros((0, 500), np.float32), np.zeros((5, 500), np.float32)):
        assert measure_decay(empty).frames is None
