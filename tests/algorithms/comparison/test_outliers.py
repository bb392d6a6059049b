"""What lies far from a group is found by a rule that it hardly moves itself."""

import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from calscope.algorithms.comparison.outliers import spread


def test_the_deviation_is_that_of_scipy_and_one_far_value_does_not_hide_itself():
    values = [92.0, 130.0, 95.0, 54.0, 101.0, 900.0]
    found = spread(values, least=0.0)
    assert found.median == np.median(values)
    assert found.deviation == pytest.approx(median_abs_deviation(values, scale="normal"), rel=1e-3)
    assert found.far.tolist() == [False] * 5 + [True]
    assert abs(900 - np.mean(values)) < 3.5 * np.std(values), "mean and standard deviation would have missed it"


@pytest.mark.parametrize(
    ("values", "least", "far"),
    [
        ([20, 20, 20, 21], 0.0, 0),  # almost alike: a tenth of the median is no distance
        ([20, 20, 20, 28], 0.0, 1),
        ([0, 0, 0, 3], 1.0, 0),
        ([0, 0, 0, 4], 1.0, 1),
        ([5, 5, 5, 5], 0.0, 0),
        ([10, np.inf, 10, 10, 10], 0.0, 0),  # not measured
    ],
)
def test_a_floor_keeps_small_differences_from_being_large_ones(values, least, far):
    assert spread(values, least).far.sum() == far


def test_nothing_is_far_in_a_group_of_three_or_of_what_was_not_measured():
    assert spread([1.0, 1.0, 99.0], 0.1) is None
    assert spread([1.0, 1.0, 99.0, None, np.nan], 0.1) is None
    found = spread([1.0, None, 1.0, 99.0, 1.0], 0.1)
    assert found.far.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("n", [4, 5, 8, 20])
def test_of_groups_alike_few_members_are_called_far(n):
    rng = np.random.default_rng(0)
    share = np.mean([spread(rng.normal(100, 15, n), 0.0).far.mean() for _ in range(2000)])
    assert share < 0.04
