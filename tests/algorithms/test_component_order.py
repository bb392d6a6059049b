import numpy as np
import pytest

from calscope.algorithms.component_order import MOST_TURNED, by_activity, by_place, by_similarity

RNG = np.random.default_rng(3)


def in_groups(n, groups, frames=400):
    """Traces of which every `groups`-th is alike."""
    common = RNG.normal(size=(groups, frames))
    return (common[np.arange(n) % groups] + 0.4 * RNG.normal(size=(n, frames))).astype(np.float32)


@pytest.mark.parametrize("n", [12, MOST_TURNED + 5])
def test_components_that_are_active_together_become_neighbours(n):
    order = by_similarity(in_groups(n, 3))
    assert sorted(order) == list(range(n))
    group = order % 3
    assert np.count_nonzero(np.diff(group)) == 2, "each group stands together"


def test_long_traces_are_averaged_over_stretches_first():
    order = by_similarity(np.repeat(in_groups(9, 3, 3500), 2, axis=1))
    assert np.count_nonzero(np.diff(order % 3)) == 2


def test_traces_without_variation_or_with_gaps_are_ordered_too():
    traces = in_groups(6, 2)
    traces[1], traces[4, 7] = 5.0, np.nan
    assert sorted(by_similarity(traces)) == list(range(6))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_components_stay_as_they_are(n):
    assert by_similarity(in_groups(n, 1)).tolist() == list(range(n))


def test_place_goes_along_the_longer_side_of_the_field():
    centers = np.array([[30, 1], [10, 50], [20, 90], [10, 5]], np.float32)
    assert by_place(centers, (100, 100)).tolist() == [3, 1, 2, 0]
    assert by_place(centers, (50, 100)).tolist() == [0, 3, 1, 2]


def test_activity_counts_spikes_in_units_of_the_noise():
    spikes = np.zeros((4, 50), np.float32)
    spikes[0, 3], spikes[1, :10], spikes[2, 5] = 8, 2, 9
    assert by_activity(spikes, np.ones(4, np.float32)).tolist() == [1, 2, 0, 3]
    assert by_activity(spikes, np.array([1, 10, 1, np.nan], np.float32)).tolist() == [2, 0, 1, 3]
