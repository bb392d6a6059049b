"""The posterior of decisions of which a few are slips, against sums over coefficients; the shortest interval."""

import numpy as np
import pytest

from calscope.algorithms.curation.likely_start import Start
from calscope.algorithms.curation.likely_wrong import shortest_interval
from calscope.algorithms.curation.slipping_regression import Grid, chance, posterior

START = Start(np.array([0.5, 1.0]), np.array([[1.0, 0.2], [0.2, 0.8]]))
GRID = Grid(np.array([0.5, 1.0, 1.0]), np.array([0.0, 0.0, 0.08]), np.array([0.25, 0.5, 0.25]))


def decided(n, *, slips=0, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(0, 1.5, n)])
    y = (rng.random(n) < chance(X, np.array([[0.5, 2.5]]), np.zeros(1))[:, 0]).astype(float)
    wrong = np.argsort(-np.abs(X[:, 1]))[:slips]  # where nobody who means it would say so
    y[wrong] = X[wrong, 1] < 0
    return X, y


def summed(X, y, grid, points=121):
    """Give mean coefficients and weights of the grid by summing over all coefficients."""
    one, two = (np.linspace(-5, 6, points), np.linspace(-4, 7, points))
    b = np.array(np.meshgrid(one, two, indexing="ij")).reshape(2, -1).T
    off, means, evidence = b - START.mean, [], []
    for variance, slip, weight in zip(grid.variance, grid.slip, grid.weight, strict=True):
        cov = START.covariance * variance
        prior = np.exp(-np.einsum("ni,ij,nj->n", off, np.linalg.inv(cov), off) / 2) / np.sqrt(np.linalg.det(cov))
        p = chance(X, b, np.full(len(b), slip))
        held = prior * np.where(y[:, None] > 0, p, 1 - p).prod(axis=0)
        means.append(held @ b / held.sum())
        evidence.append(weight * held.sum())
    return np.array(means), np.array(evidence) / np.sum(evidence)


@pytest.mark.parametrize("slips", [0, 2])
def test_modes_and_weights_are_near_those_of_the_whole_posterior(slips):
    X, y = decided(40, slips=slips)
    found = posterior(X, y, START, GRID)
    means, weights = summed(X, y, GRID)
    np.testing.assert_allclose(found.mode, means, atol=0.25)
    np.testing.assert_allclose(found.weight, weights, atol=0.06)


def test_without_decisions_the_start_holds():
    found = posterior(np.empty((0, 2)), np.empty(0), START, GRID)
    np.testing.assert_allclose(found.mode, np.repeat(START.mean[None], 3, axis=0))
    np.testing.assert_allclose(found.weight, GRID.weight)
    drawn = found.draw(8000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), START.mean, atol=0.04)
    np.testing.assert_allclose(np.cov(drawn.T), 0.875 * START.covariance, atol=0.06)


def test_slips_are_taken_for_slips_and_pull_the_coefficients_less():
    exact = Grid(np.ones(1), np.zeros(1), np.ones(1))
    forgiving = Grid(np.ones(2), np.array([0.0, 0.05]), np.array([0.5, 0.5]))
    X, meant = decided(80)
    y = decided(80, slips=4)[1]
    clean, pulled = (posterior(X, of, START, exact).mode[0, 1] for of in (meant, y))
    found = posterior(X, y, START, forgiving)
    assert found.weight[1] > 0.99 and posterior(X, meant, START, forgiving).weight[1] < 0.5
    assert abs(found.mode[1, 1] - clean) < 0.5 * abs(pulled - clean)


def test_a_thousand_decisions_that_all_agree_come_to_an_end():
    X = np.column_stack([np.ones(1000), np.linspace(1, 5, 1000)])
    found = posterior(X, np.ones(1000), START, GRID)
    assert np.isfinite(found.mode).all() and np.isfinite(found.root).all() and found.weight.sum() == pytest.approx(1)


def test_the_shortest_interval_is_the_shortest():
    counts = np.repeat([0, 1, 2, 3, 9], [2, 40, 40, 10, 8])
    assert shortest_interval(counts, 0.9) == (1, 3)
    assert shortest_interval(counts, 0.8) == (1, 2)
    assert shortest_interval(np.zeros(7, int), 0.9) == (0, 0)
    assert shortest_interval(np.repeat([0, 1, 2], [9, 2, 9]), 1.0) == (0, 2)
