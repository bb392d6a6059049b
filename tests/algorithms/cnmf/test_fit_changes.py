import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.fit_changes import Merged, compare_fits
from calscope.model.results import Components

DIMS = (40, 60)
N_FRAMES = 200
RNG = np.random.default_rng(0)
TRACES = RNG.random((6, N_FRAMES)).astype(np.float32)


def box(top, left, height=8, width=8):
    image = np.zeros(DIMS, np.float32)
    image[top : top + height, left : left + width] = 1
    return image


def made(*parts):
    """Components of (image, trace)."""
    n, n_px = len(parts), DIMS[0] * DIMS[1]
    A = np.column_stack([image.ravel(order="F") for image, _ in parts]) if parts else np.zeros((n_px, 0))
    C = np.asarray([trace for _, trace in parts], np.float32).reshape(n, N_FRAMES)
    ones, nothing = np.ones(n, np.float32), np.zeros((0, N_FRAMES), np.float32)
    return Components(
        DIMS, csc_matrix(A.astype(np.float32)), C, C, 0 * C, np.zeros((n_px, 0), np.float32), nothing, ones, ones,
        np.zeros((n, 0), np.float32), ones, np.ones(n_px, np.float32),
    )  # fmt: skip


def test_component_that_moved_a_little_is_kept_whatever_its_number():
    first = made((box(2, 2), TRACES[0]), (box(20, 30), TRACES[1]))
    refit = made((box(21, 31), TRACES[1]), (box(2, 3), TRACES[0]))
    changes = compare_fits(first, refit)
    assert set(changes.kept) == {(0, 1), (1, 0)}
    assert (changes.merged, changes.dropped, changes.added) == ((), (), ())


def test_halves_and_doubles_of_one_cell_are_merged():
    first = made(
        (box(2, 2, 8, 4), TRACES[0]), (box(2, 6, 8, 4), TRACES[0]), (box(20, 30), TRACES[1]), (box(20, 30), TRACES[1])
    )
    refit = made((box(2, 2), TRACES[0]), (box(20, 30), TRACES[1]))
    changes = compare_fits(first, refit)
    assert changes.merged == (Merged((0, 1), 0), Merged((2, 3), 1))
    assert changes.n_merged == 4
    assert (changes.kept, changes.dropped, changes.added) == ((), (), ())


def test_neighbour_that_overlaps_but_moves_otherwise_was_dropped_not_merged():
    first = made((box(2, 2), TRACES[0]), (box(2, 6), TRACES[1]))
    changes = compare_fits(first, made((box(2, 2), TRACES[0])))
    assert changes.kept == ((0, 0),)
    assert changes.dropped == (1,)


def test_cell_whose_footprint_shrank_a_lot_is_kept_by_its_trace():
    changes = compare_fits(made((box(2, 2, 20, 20), TRACES[0])), made((box(4, 4, 6, 6), TRACES[0])))
    assert changes.kept == ((0, 0),)


def test_what_is_nowhere_else_was_dropped_or_added():
    changes = compare_fits(made((box(2, 2), TRACES[0])), made((box(25, 40), TRACES[0])))
    assert (changes.kept, changes.merged, changes.dropped, changes.added) == ((), (), (0,), (0,))


def test_every_component_is_told_of_once():
    rng = np.random.default_rng(1)
    first = made(*[(box(*rng.integers(0, (30, 50))), TRACES[rng.integers(6)]) for _ in range(25)])
    refit = made(*[(box(*rng.integers(0, (30, 50))), TRACES[rng.integers(6)]) for _ in range(18)])
    changes = compare_fits(first, refit)
    of_first = [i for i, _ in changes.kept] + [i for one in changes.merged for i in one.first] + list(changes.dropped)
    of_refit = [j for _, j in changes.kept] + [one.refit for one in changes.merged] + list(changes.added)
    assert sorted(of_first) == list(range(25))
    assert sorted(of_refit) == list(range(18))


def test_fits_without_components_and_silent_traces():
    none = made()
    assert compare_fits(none, none).kept == ()
    assert compare_fits(made((box(2, 2), 0 * TRACES[0])), none).dropped == (0,)
    assert compare_fits(none, made((box(2, 2), TRACES[0]))).added == (0,)
    silent = made((box(2, 2), 0 * TRACES[0]))
    assert compare_fits(silent, silent).kept == ((0, 0),)
