"""Cells that come back in several analyses, against analyses that were made of known cells."""

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.recurrence import NONE, recurring_components

DIMS, N_CELLS, N_RUNS = (80, 90), 24, 12


def disc(y, x, radius):
    rows, columns = np.indices(DIMS)
    inside = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * radius**2))
    return np.where(inside > 0.15, inside, 0).ravel(order="F")


def made(seed):
    """Analyses that each have some of the known cells, elsewhere by a little, larger or smaller, in another order.

    Returns the footprints, and the number of each cell in each analysis.
    """
    rng = np.random.default_rng(seed)
    places = [(10 + 14 * (i // 6), 8 + 14 * (i % 6)) for i in range(N_CELLS)]
    shares = np.repeat([1.0, 0.75, 0.2], N_CELLS // 3)
    runs, truth = [], np.full((N_CELLS, N_RUNS), NONE)
    for run in range(N_RUNS):
        there = rng.permutation(np.flatnonzero(rng.random(N_CELLS) < shares))
        columns = []
        for number, cell in enumerate(there):
            shift = rng.normal(0, 0.5, 2)
            columns.append(rng.uniform(0.5, 20) * disc(*(places[cell] + shift), rng.uniform(2.6, 3.4)))
            truth[cell, run] = number
        runs.append(csc_matrix(np.array(columns).T if columns else np.zeros((DIMS[0] * DIMS[1], 0))))
    return runs, truth[(truth != NONE).any(axis=1)]


def rows(members):
    return sorted(map(tuple, members.tolist()))


@pytest.mark.parametrize("seed", range(4))
def test_finds_each_known_cell_in_just_those_analyses_that_have_it(seed):
    runs, truth = made(seed)
    found = recurring_components(runs)
    assert rows(found.members) == rows(truth)
    n_in = (truth != NONE).sum(axis=1)
    assert found.n_in.tolist() == sorted(n_in, reverse=True)
    assert found.count("all") == (n_in == N_RUNS).sum()
    assert found.count("most") == ((n_in >= N_RUNS / 2) & (n_in < N_RUNS)).sum()
    assert found.count("few") == (n_in < N_RUNS / 2).sum()
    assert found.count("all") >= N_CELLS // 3


def test_the_order_of_the_analyses_does_not_matter():
    runs, _ = made(9)
    order = np.random.default_rng(1).permutation(N_RUNS)
    found, other = recurring_components(runs), recurring_components([runs[i] for i in order])
    assert rows(found.members[:, order]) == rows(other.members)


def test_a_mean_footprint_lies_on_its_members():
    runs, _ = made(3)
    found = recurring_components(runs)
    first = found.members[0]
    members = np.hstack([runs[run][:, [number]].toarray() for run, number in enumerate(first) if number != NONE])
    expected = (members / np.linalg.norm(members, axis=0)).mean(axis=1)
    assert np.allclose(found.footprints[:, [0]].toarray().ravel(), expected)


def test_two_cells_are_never_one_and_one_is_never_two():
    close = csc_matrix(np.array([disc(30, 30, 3), disc(30, 36, 3)]).T)
    found = recurring_components([close, close[:, [1, 0]], close[:, [0]]])
    assert rows(found.members) == [(0, 1, 0), (1, 0, NONE)]


def test_analyses_without_components_and_footprints_without_pixels():
    size = DIMS[0] * DIMS[1]
    nothing, empty = csc_matrix((size, 0)), csc_matrix((size, 2))
    one = csc_matrix(disc(20, 20, 3)[:, None])
    assert recurring_components([nothing, empty]).n == 0
    found = recurring_components([nothing, one, empty, one])
    assert rows(found.members) == [(NONE, 0, NONE, 0)]
    assert found.often(0) == "most"
    with pytest.raises(ValueError, match="nothing to compare"):
        recurring_components([])
