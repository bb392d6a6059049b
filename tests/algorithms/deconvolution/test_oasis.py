"""Deconvolution against an independent solver of the same convex problem, and against true spikes."""

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.signal import lfilter

from calscope.algorithms.deconvolution.deconvolution import model_trace
from calscope.algorithms.deconvolution.interior_point import deconvolve_ar2
from calscope.algorithms.deconvolution.oasis import deconvolve_ar1

AR1, AR2 = [0.93], [1.5, -0.54]


def noisy_trace(g, *, baseline, noise=0.25, n=300, seed=0):
    rng = np.random.default_rng(seed)
    spikes = (rng.random(n) < 0.04).astype(float)
    calcium = lfilter([1.0], np.concatenate([[1.0], -np.asarray(g)]), spikes)
    return calcium + baseline + noise * rng.standard_normal(n), calcium, spikes


def solve(trace, g, noise, *, nonneg):
    if len(g) == 1:
        return deconvolve_ar1(trace, g[0], noise, nonneg_baseline=nonneg)
    return deconvolve_ar2(trace, np.array(g), noise, nonneg_baseline=nonneg)


def independent_calcium(trace, g, penalty, baseline):
    """The penalised problem as non-negative least squares on the impulse responses, the square completed."""
    n = trace.size
    responses = lfilter([1.0], np.concatenate([[1.0], -np.asarray(g)]), np.eye(n), axis=0)
    target = trace - baseline - penalty * np.linalg.solve(responses.T, np.ones(n))
    return responses @ nnls(responses, target, maxiter=20 * n)[0]


@pytest.mark.parametrize("g", [AR1, AR2], ids=["AR1", "AR2"])
@pytest.mark.parametrize(("baseline", "nonneg"), [(1.0, True), (-1.0, False), (0.02, True)])
def test_agrees_with_an_independent_solver(g, baseline, nonneg):
    noise = 0.25
    trace, _, _ = noisy_trace(g, baseline=baseline, noise=noise, seed=3)
    found = solve(trace, g, noise, nonneg=nonneg)
    residual = trace - found.baseline - found.c
    # The conditions of optimality: the residual is the noise, and its mean is zero unless the baseline is at its limit.
    assert np.sqrt(np.mean(residual**2)) == pytest.approx(noise, rel=1e-5)
    assert found.penalty > 0
    if found.baseline > 0 or not nonneg:
        assert abs(residual.mean()) < 1e-4
    assert np.abs(found.c - independent_calcium(trace, g, found.penalty, found.baseline)).max() < 1e-3


def test_agrees_with_a_general_convex_solver():
    cp = pytest.importorskip("cvxpy", reason="cvxpy is not installed")
    for g in (AR1, AR2):
        trace, _, _ = noisy_trace(g, baseline=1.0)
        n = trace.size
        spikes_of = np.eye(n) - sum(gk * np.eye(n, k=-lag) for lag, gk in enumerate(g, 1))
        c, b = cp.Variable(n), cp.Variable()
        limits = [spikes_of @ c >= 0, cp.sum_squares(trace - c - b) <= 0.25**2 * n, b >= 0]
        cp.Problem(cp.Minimize(cp.sum(spikes_of @ c)), limits).solve(solver="CLARABEL")
        found = solve(trace, g, 0.25, nonneg=True)
        assert np.abs(found.c - c.value).max() < 1e-3
        assert found.baseline == pytest.approx(float(b.value), abs=1e-3)


def test_baseline_stays_nonnegative_only_when_wished():
    trace, _, _ = noisy_trace(AR1, baseline=-1.0)
    assert solve(trace, AR1, 0.25, nonneg=True).baseline == 0
    assert solve(trace, AR1, 0.25, nonneg=False).baseline == pytest.approx(-1.0, abs=0.2)


@pytest.mark.parametrize("p", [1, 2])
def test_spikes_follow_the_true_ones(p):
    g = AR1 if p == 1 else AR2
    trace, calcium, spikes = noisy_trace(g, baseline=5.0, noise=0.15, n=3000, seed=1)
    model = model_trace(trace.astype(np.float32), p=p, nonneg_baseline=True)
    assert np.corrcoef(model.c, calcium)[0, 1] > 0.97
    bins = slice(0, 3000), 3
    true, found = (x[bins[0]].reshape(-1, bins[1]).sum(axis=1) for x in (spikes, model.s))
    assert np.corrcoef(true, found)[0, 1] > 0.8
    assert model.baseline == pytest.approx(5.0, abs=0.3)
    assert model.noise == pytest.approx(0.15, rel=0.3)
    assert model.s.min() >= 0


def test_order_zero_only_clips_and_a_flat_trace_is_no_error():
    trace = np.array([1.0, -2.0, 3.0, 0.5] * 5, np.float32)
    model = model_trace(trace, p=0, nonneg_baseline=True)
    assert model.c.tolist() == np.maximum(trace, 0).tolist()
    assert model.g.shape == (0,)
    assert not model_trace(np.zeros(50, np.float32), p=1, nonneg_baseline=True).c.any()


@pytest.mark.parametrize("deviation", [0.5, 0.9, 0.99])
def test_a_trace_that_is_no_larger_than_the_noise_has_no_activity_and_its_mean_for_a_baseline(deviation):
    steps = np.random.default_rng(5).standard_normal(400)
    for mean, nonneg, baseline in ((3.0, True, 3.0), (-3.0, False, -3.0), (0.0, True, 0.0)):
        trace = mean + deviation * (steps - steps.mean()) / steps.std()
        found = solve(trace, AR2, 1.0, nonneg=nonneg)
        assert not found.s.any() and not found.c.any()
        assert found.baseline == pytest.approx(baseline, abs=1e-9)


def test_a_bright_trace_is_solved_like_a_dim_one():
    trace, _, _ = noisy_trace(AR2, baseline=1.0)
    dim, bright = (solve(factor * trace, AR2, factor * 0.25, nonneg=True) for factor in (1.0, 1e4))
    assert np.abs(bright.c / 1e4 - dim.c).max() < 1e-6
