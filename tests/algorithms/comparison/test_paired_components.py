"""Components of two analyses side by side."""

import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.paired_components import NONE, pair_components

SIDE = 24


def footprints(*squares):
    """Columns that are squares (top, left, height, width)."""
    columns = np.zeros((SIDE * SIDE, len(squares)), np.float32)
    for k, (top, left, height, width) in enumerate(squares):
        image = np.zeros((SIDE, SIDE), np.float32)
        image[top : top + height, left : left + width] = 1
        columns[:, k] = image.ravel(order="F")
    return csc_matrix(columns)


def pair(first, second, accepted=None, lengths=(50, 50)):
    traces = tuple(np.cumsum(np.ones((one.shape[1], n)), axis=1) for one, n in zip((first, second), lengths))  # noqa: B905
    everything = tuple(np.ones(one.shape[1], bool) for one in (first, second))
    return pair_components((first, second), traces, accepted or everything)


def rows(found):
    return set(zip(found.fates, found.first.tolist(), found.second.tolist(), strict=True))


def test_each_component_is_told_by_its_number_among_all():
    first = footprints((0, 0, 5, 5), (10, 10, 6, 8), (18, 0, 5, 5))
    second = footprints((18, 18, 4, 4), (10, 10, 6, 4), (10, 14, 6, 4), (0, 0, 5, 5))
    found = pair(first, second)
    assert rows(found) == {
        ("both", 0, 3),
        ("split", 1, 1),
        ("split", 1, 2),
        ("first", 2, NONE),
        ("second", NONE, 0),
    }
    assert [found.count(fate) for fate in ("both", "split", "first", "second", "merged")] == [1, 1, 1, 1, 0]
    turned = pair(second, first)
    assert {(fate, j, i) for fate, i, j in rows(turned) if fate == "merged"} == {("merged", 1, 1), ("merged", 1, 2)}


def test_one_that_the_other_rejected_stands_beside_its_like():
    first, second = footprints((0, 0, 5, 5), (10, 10, 6, 6)), footprints((10, 10, 6, 6), (0, 0, 5, 5))
    found = pair(first, second, (np.array([True, True]), np.array([True, False])))
    assert rows(found) == {("both", 1, 0), ("first", 0, 1)}
    assert np.allclose(found.cosines, 1)


def test_those_that_differ_most_come_first():
    first = footprints((0, 0, 5, 5), (10, 10, 6, 6), (18, 0, 5, 5))
    second = footprints((0, 0, 5, 5), (10, 10, 6, 4), (0, 18, 5, 5))
    found = pair(first, second)
    assert found.fates == ("first", "second", "both", "both")
    assert found.cosines[2] < found.cosines[3] == 1


def test_traces_of_other_lengths_are_compared_where_both_have_frames():
    found = pair(footprints((0, 0, 5, 5)), footprints((0, 0, 5, 5)), lengths=(40, 25))
    assert np.allclose(found.correlations, 1)


def test_what_has_no_like_has_neither_cosine_nor_correlation():
    found = pair(footprints((0, 0, 5, 5)), footprints((12, 12, 5, 5)))
    assert np.isnan(found.cosines).all() and np.isnan(found.correlations).all()


def test_nothing_found_on_one_side_or_on_both():
    some, none = footprints((0, 0, 5, 5)), footprints()
    assert rows(pair(some, none)) == {("first", 0, NONE)}
    assert rows(pair(none, some)) == {("second", NONE, 0)}
    assert pair(none, none).n == 0
