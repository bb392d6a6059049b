"""Places where the first fit missed a cell."""

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf import cnmf
from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.residual_seeds import _gain, _matched, find_residual_seeds
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import Movie
from calscope.model.progress import silent

CELLS = [(20, 18), (22, 44), (44, 30)]
DIMS = (65, 61)


def recording(cells=CELLS, seed=3):
    """Cells of radius 5 px that flash at different times, on a flat field with odd sides."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    A = np.array([((y - cy) ** 2 + (x - cx) ** 2 <= 25).astype(float) for cy, cx in cells]).reshape(-1, *DIMS)
    C = np.array([np.convolve(rng.random(400) < 0.04, 0.85 ** np.arange(60))[:400] for _ in cells]).reshape(-1, 400)
    light = 60 + 20 * np.einsum("kyx,kt->tyx", A, C)
    return Movie(rng.poisson(light).astype(np.uint16), scale=0.5, offset=-3.0), A, 10 * C


def factors_of(A, C):
    """A fit that knows the background and these cells only."""
    n_px = DIMS[0] * DIMS[1]
    footprints = csc_matrix(A.reshape(len(A), n_px).T.astype(np.float32))
    ones = np.ones((n_px, 1), np.float32)
    return Factors(DIMS, footprints, C.astype("f4"), 27 * ones, np.ones((1, 400), "f4"), 3.9 * ones[:, 0])


def places(movie, factors, border_px=0, workers=1):
    with WorkerPool(workers) as pool:
        return find_residual_seeds(movie, factors, gSig=(4, 4), border_px=border_px, pool=pool, progress=silent)


@pytest.mark.parametrize("missed", [0, 1, 2])
def test_a_cell_that_the_fit_lacks_is_the_only_place(missed):
    movie, A, C = recording()
    known = [k for k in range(3) if k != missed]
    found = places(movie, factors_of(A[known], C[known]))
    assert len(found) == 1
    assert np.hypot(*np.subtract(found[0], CELLS[missed])) <= 2
    assert places(movie, factors_of(A[known], C[known]), workers=3) == found
    assert places(movie, factors_of(A, C)) == ()


def test_noise_alone_gives_no_place_not_even_at_the_edges():
    movie, A, C = recording([])
    assert places(movie, factors_of(A, C)) == ()


def test_nothing_is_looked_for_in_the_rim():
    movie, A, C = recording()
    found = places(movie, factors_of(A[:0], C[:0]), border_px=25)
    assert all(25 <= y < DIMS[0] - 25 and 25 <= x < DIMS[1] - 25 for y, x in found)


def test_what_is_left_inside_a_found_cell_is_no_new_one():
    """The cell is brighter than the fit says: its residual is large, but its own."""
    movie, A, C = recording()
    assert places(movie, factors_of(A, 0.5 * C)) == ()


def test_a_bright_cell_has_no_echo_and_hides_no_dim_one_beyond_its_surroundings():
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    rng = np.random.default_rng(4)
    flashes = [np.convolve(rng.random(400) < 0.04, 0.85 ** np.arange(60))[:400] for _ in range(2)]
    cells = [((y - cy) ** 2 + (x - cx) ** 2 <= 25) for cy, cx in ((20, 16), (44, 44))]
    light = 60 + 600 * flashes[0][:, None, None] * cells[0] + 10 * flashes[1][:, None, None] * cells[1]
    movie = Movie(rng.poisson(light).astype(np.uint16), scale=0.5, offset=-3.0)
    nobody = np.zeros((0, *DIMS)), np.zeros((0, 400))
    found = places(movie, factors_of(*nobody))
    assert len(found) == 2
    assert np.hypot(*np.subtract(found, [(20, 16), (44, 44)]).T).max() <= 2


def test_the_second_fit_finds_what_the_first_one_had_no_room_for():
    movie, A, _ = recording()
    wanted = {"gSig": (4, 4), "gSiz": (9, 9), "nb": 1, "p": 1, "merge_thr": 0.85, "bas_nonneg": True}
    first = cnmf.fit(movie, border_px=0, K=2, rf=None, stride=0, **wanted)
    found = cnmf.refit(movie, first, **wanted)
    assert (first.n, found.n) == (2, 3)
    images = np.array([found.footprint(k).ravel() for k in range(3)])
    cosine = images @ (A.reshape(3, -1) / np.linalg.norm(A.reshape(3, -1), axis=1, keepdims=True)).T
    assert cosine.max(axis=0).min() > 0.95
    assert any(note.kind == "components_begun_in_residual" for note in found.notes)


def test_the_gain_is_that_of_white_noise():
    frames = np.random.default_rng(0).standard_normal((2000, 24, 30)).astype(np.float32)
    seen = np.mean([_matched(frame, (2.0, 1.5)) ** 2 for frame in frames], axis=0)
    assert np.allclose(seen, _gain((24, 30), (2.0, 1.5)), rtol=0.2)


def test_a_field_too_small_or_a_movie_too_short_is_not_searched():
    small = Movie(np.zeros((100, 9, 9), np.uint16))
    n_px = 81
    nothing = Factors((9, 9), csc_matrix((n_px, 0), dtype="f4"), np.zeros((0, 100), "f4"), *(
        np.zeros((n_px, 1), "f4"), np.zeros((1, 100), "f4"), np.ones(n_px, "f4")
    ))  # fmt: skip
    assert places(small, nothing) == ()
