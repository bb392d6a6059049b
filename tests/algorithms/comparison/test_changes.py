"""What became of components between two analyses, on footprints whose history is known."""

import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.changes import compare_components

Y, X = np.mgrid[:60, :60]


def footprints(*blobs):
    """Give footprints (H*W, K) of round blobs (y, x, radius), or of sums of them."""
    columns = []
    for blob in blobs:
        parts = blob if isinstance(blob[0], tuple) else (blob,)
        image = sum(np.exp(-((Y - y) ** 2 + (X - x) ** 2) / (2 * (r / 2) ** 2)) for y, x, r in parts)
        columns.append(np.where(image > 0.1, image, 0).ravel(order="F"))
    return csc_matrix(np.stack(columns, axis=1)) if columns else csc_matrix((3600, 0))


def lists(changes):
    return {name: getattr(changes, name).tolist() for name in changes.__dataclass_fields__}


def test_same_new_gone_split_and_merged_are_told_apart():
    same, gone, new = (10, 10, 4), (50, 50, 4), (50, 10, 4)
    left, right = (28, 20, 4), (28, 26, 4)
    above, below = (10, 44, 4), (16, 44, 4)
    first = footprints(same, gone, (left, right), above, below)
    second = footprints(left, right, (above, below), new, same)
    assert lists(compare_components(first, second)) == {
        "pairs": [[0, 4]],
        "only_first": [1],
        "only_second": [3],
        "split_first": [2],
        "split_second": [0, 1],
        "merged_first": [3, 4],
        "merged_second": [2],
    }


def test_each_component_is_in_one_list_and_the_other_way_round_splits_are_merges():
    rng = np.random.default_rng(3)
    first = footprints(*[(*rng.uniform(5, 55, 2), rng.uniform(2, 9)) for _ in range(25)])
    second = footprints(*[(*rng.uniform(5, 55, 2), rng.uniform(2, 9)) for _ in range(30)])
    found = compare_components(first, second)
    for k, which in enumerate(("first", "second")):
        named = [getattr(found, f"{what}_{which}") for what in ("only", "split", "merged")]
        assert sorted(np.concatenate([found.pairs[:, k], *named]).tolist()) == list(range((25, 30)[k]))
    back = compare_components(second, first)
    assert set(map(tuple, back.pairs[:, ::-1])) == set(map(tuple, found.pairs))


def test_a_speck_does_not_split_a_cell_and_a_shifted_one_is_the_same():
    first, second = footprints((30, 30, 8)), footprints((30.5, 30, 8), (33, 33, 1.0))
    found = lists(compare_components(first, second))
    assert found["pairs"] == [[0, 0]]
    assert found["only_second"] == [1]


def test_without_components_there_is_nothing_to_compare():
    some = footprints((10, 10, 4), (30, 30, 4))
    assert lists(compare_components(footprints(), footprints()))["pairs"] == []
    assert lists(compare_components(some, footprints()))["only_first"] == [0, 1]
    assert lists(compare_components(footprints(), some))["only_second"] == [0, 1]
    empty = csc_matrix((3600, 2))
    assert lists(compare_components(empty, some))["only_first"] == [0, 1]
