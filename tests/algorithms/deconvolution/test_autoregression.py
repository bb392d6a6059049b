import numpy as np
import pytest
from scipy.signal import lfilter

from calscope.algorithms.deconvolution.autoregression import coefficients
from calscope.io.demo.simulated_activity import calcium, spike_counts


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("noise", [0.2, 0.5])
@pytest.mark.parametrize(("fr_hz", "decay_s"), [(5.0, 0.8), (14.7, 0.4), (14.7, 1.0), (30.0, 0.4), (30.0, 1.0)])
def test_time_constant_of_simulated_cells_that_fire_in_bouts(fr_hz, decay_s, noise, p):
    rng = np.random.default_rng(2)
    spikes = spike_counts(120, int(100 * fr_hz), fr_hz=fr_hz, rate_hz=0.3, rng=rng)
    traces = calcium(spikes, fr_hz=fr_hz, decay_s=decay_s) + noise * rng.standard_normal(spikes.shape)
    active = spikes.sum(axis=1) >= 5
    slowest = [max(np.roots(np.append(1, -coefficients(trace, p, noise)))) for trace in traces[active]]
    found_s = -1 / (fr_hz * np.log(np.median(slowest)))
    assert found_s == pytest.approx(decay_s, rel=0.15)


def test_the_rise_is_told_from_the_decay():
    rng = np.random.default_rng(5)
    spikes = rng.random((40, 3000)) < 0.02
    traces = lfilter([1.0], np.poly([0.95, 0.6]), spikes.astype(float), axis=1) + 0.1 * rng.standard_normal((40, 3000))
    roots = np.array([np.sort(np.roots(np.append(1, -coefficients(trace, 2, 0.1)))) for trace in traces])
    rise, decay = np.median(roots, axis=0)
    assert decay == pytest.approx(0.95, abs=0.02) and rise == pytest.approx(0.6, abs=0.12)


def test_second_order_roots_are_real_decays():
    rng = np.random.default_rng(0)
    spikes = (rng.random(5000) < 0.03).astype(float)
    trace = lfilter([1.0], [1.0, -1.4, 0.46], spikes) + 0.05 * rng.standard_normal(5000)
    roots = np.roots(np.concatenate([[1.0], -coefficients(trace, 2, 0.05)]))
    assert np.isreal(roots).all()
    assert ((roots.real > 0) & (roots.real < 1)).all()


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("trace", [np.zeros(100), np.ones(6), np.random.default_rng(0).standard_normal(200)])
def test_a_trace_that_tells_nothing_gives_a_stable_model(trace, p):
    g = coefficients(trace, p, 1.0)
    assert g.shape == (p,)
    assert np.abs(np.roots(np.concatenate([[1.0], -g]))).max() < 1
