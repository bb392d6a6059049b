"""What is one cell, and what is two that overlap."""

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.merging import find_merge_weights

DIMS, N_FRAMES = (40, 40), 600
Y, X = np.mgrid[: DIMS[0], : DIMS[1]]


def disc(y, x, radius):
    image = ((Y - y) ** 2 + (X - x) ** 2 <= radius**2).astype(np.float32).ravel()
    return image / np.linalg.norm(image)


def flashes(rng):
    return 10 * np.convolve(rng.random(N_FRAMES) < 0.02, 0.9 ** np.arange(60))[:N_FRAMES]


def joints(images, traces, rng):
    """Look with raw traces of some noise, as a fit does after its traces are updated."""
    C = np.array(traces, np.float32)
    A = csc_matrix(np.array(images).T)
    nothing = np.zeros((DIMS[0] * DIMS[1], 0), np.float32), np.zeros((0, N_FRAMES), np.float32)
    factors = Factors(DIMS, A, C, *nothing, np.ones(DIMS[0] * DIMS[1], np.float32))
    return find_merge_weights(factors, 0.85, C + 0.3 * rng.standard_normal(C.shape).astype(np.float32))


LARGE, SMALL = disc(20, 20, 6), disc(20, 17, 3)


def test_a_small_cell_inside_of_a_bright_one_stays_itself_where_it_has_transients_of_its_own():
    """Containment alone is no sign of a double: cells at other depths lie over each other."""
    rng = np.random.default_rng(0)
    assert SMALL @ LARGE > 0.45
    assert joints([LARGE, SMALL], [3 * flashes(rng), flashes(rng)], rng) is None


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_same_piece_is_joined_where_it_only_follows_the_cell(share):
    rng = np.random.default_rng(1)
    cell = 3 * flashes(rng)
    found = joints([LARGE, SMALL], [cell, share * cell], rng)
    assert found is not None
    assert found.size.tolist() == [2]
