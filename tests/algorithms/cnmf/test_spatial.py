"""Footprints, traces and merging against plain linear algebra."""

import numpy as np
import pytest
import scipy.sparse
from scipy.optimize import nnls

from calscope.algorithms.cnmf import spatial
from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.footprints import compact, dilated, from_fortran, swap_order, to_fortran
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.cnmf.merging import merge
from calscope.algorithms.cnmf.spatial import update_spatial
from calscope.algorithms.cnmf.temporal import Traces, independent_groups
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import Movie
from calscope.model.progress import silent

DIMS = (16, 20)
N_FRAMES = 240


def disc(center, radius=3.2):
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    image = np.clip(radius + 0.5 - np.hypot(y - center[0], x - center[1]), 0, 1)
    return (image / np.linalg.norm(image)).astype(np.float32)


def transients(rng, n):
    spikes = (rng.random((n, N_FRAMES)) < 0.04).astype(np.float32)
    C = np.zeros_like(spikes)
    for t in range(1, N_FRAMES):
        C[:, t] = 0.85 * C[:, t - 1] + spikes[:, t]
    return 20 * C


@pytest.fixture(scope="module")
def scene():
    """Two overlapping cells on a background, noise of 1: (movie, true factors)."""
    rng = np.random.default_rng(5)
    A = np.stack([disc((7, 7)), disc((8, 11))]).reshape(2, -1)
    C = transients(rng, 2)
    b = np.linspace(40, 60, A.shape[1], dtype=np.float32)[:, None]
    f = (1 + 0.02 * np.sin(np.linspace(0, 9, N_FRAMES)))[None].astype(np.float32)
    Y = (A.T @ C + b @ f).T.reshape(N_FRAMES, *DIMS) + rng.standard_normal((N_FRAMES, *DIMS))
    movie = Movie(np.rint(Y * 50).astype(np.uint16), 0.02)
    sn = np.ones(A.shape[1], np.float32)
    return BackgroundSubtractedMovie(movie), Factors(DIMS, scipy.sparse.csc_matrix(A.T), C, b, f, sn)


def test_each_pixel_is_solved_as_well_as_by_nnls(scene):
    movie, true = scene
    support = dilated(true.A, DIMS, 1)
    traces = np.concatenate([true.C, true.f])
    Y = movie.movie.read(0, N_FRAMES).reshape(N_FRAMES, -1).astype(np.float64)
    everywhere = scipy.sparse.hstack([support, np.ones((Y.shape[1], 1))], format="csc")
    rows, columns = everywhere.indices, np.repeat(np.arange(3), np.diff(everywhere.indptr))
    products = np.einsum("tq,tq->q", Y[:, rows], traces.T[:, columns])
    gram = traces.astype(float) @ traces.T
    with WorkerPool(2) as pool:
        weights, b = spatial._solve(support, products, gram, true, pool)
    found = scipy.sparse.csc_matrix((weights, support.indices, support.indptr), shape=support.shape).toarray()
    inside = support.toarray() > 0
    for p in range(0, Y.shape[1], 7):
        who = np.append(np.flatnonzero(inside[p]), 2)
        best = nnls(traces[who].T.astype(float), Y[:, p])[0]
        assert np.allclose(np.append(found[p, inside[p]], b[p, 0]), best, rtol=1e-3, atol=1e-5)


def test_footprints_come_back_from_poor_ones(scene):
    movie, true = scene
    poor = scipy.sparse.csc_matrix(np.stack([disc((7, 6), 2.0), disc((9, 11), 2.0)]).reshape(2, -1).T)
    with WorkerPool(2) as pool:
        found, kept = update_spatial(
            movie=movie, factors=Factors(DIMS, poor, true.C, true.b, true.f, true.sn), smallest_px=5, pool=pool,
            progress=silent,
        )  # fmt: skip
    assert kept.tolist() == [0, 1]
    cosine = (found.A.toarray() * true.A.toarray()).sum(axis=0)
    assert cosine.min() > 0.99
    assert found.A.nnz < 1.4 * true.A.nnz
    assert np.allclose(np.linalg.norm(found.A.toarray(), axis=0), 1, atol=1e-5)


def test_a_trace_that_isnt_in_the_movie_loses_its_footprint(scene):
    movie, true = scene
    A = scipy.sparse.hstack([true.A, disc((3, 16)).reshape(-1, 1)], format="csc")
    C = np.concatenate([true.C, transients(np.random.default_rng(8), 1)])
    with WorkerPool(1) as pool:
        found, kept = update_spatial(
            movie=movie, factors=Factors(DIMS, A, C, true.b, true.f, true.sn), smallest_px=5, pool=pool, progress=silent
        )
    assert kept.tolist() == [0, 1]
    assert found.n == 2


@pytest.mark.parametrize("p", [0, 1, 2])
def test_traces_come_back(scene, p):
    movie, true = scene
    wrong = np.ones_like(true.C)
    with WorkerPool(2) as pool:
        factors = Factors(DIMS, true.A, wrong, true.b, true.f, true.sn)
        products = movie.footprint_products(factors.with_background()[0], pool, silent, "")
        traces = Traces(factors, products, p=p, nonneg_baseline=True)
        traces.update(np.arange(factors.n), pool, rounds=4)
    found, details = traces.result()
    for k in range(2):
        assert np.corrcoef(found.C[k], true.C[k])[0, 1] > 0.99
    assert details.g.shape == (2, p)
    # Raw traces are what the movie leaves for each component: the residual has nothing of the footprint in it.
    Y = movie.movie.read(0, N_FRAMES).reshape(N_FRAMES, -1)
    A = true.A.toarray()
    left = A.T @ (Y.T - A @ found.C - found.b @ found.f)
    assert np.allclose(details.YrA, left, atol=0.05 * np.abs(left).max())


def test_groups_share_no_pixel():
    rng = np.random.default_rng(0)
    A = scipy.sparse.random(200, 30, 0.05, random_state=rng, format="csc")
    gram = scipy.sparse.csr_matrix(A.T @ A)
    groups = independent_groups(gram, 30)
    assert sorted(k for group in groups for k in group) == list(range(30))
    dense = gram.toarray()
    for group in groups:
        assert all(dense[i, j] == 0 for i in group for j in group if i != j)


def merged(images, traces, threshold=0.85, raw=None):
    A = scipy.sparse.csc_matrix(np.stack(images).reshape(len(images), -1).T)
    n_px = A.shape[0]
    factors = Factors(
        DIMS, A, np.array(traces, np.float32), np.zeros((n_px, 0)), np.zeros((0, N_FRAMES)), np.ones(n_px)
    )
    return merge(factors, threshold, raw)


def test_doubles_become_one_and_neighbours_stay():
    rng = np.random.default_rng(0)
    C = transients(rng, 2)
    images = [disc((7, 6)), disc((7, 8)), disc((8, 12)), disc((3, 17))]
    found, count = merged(images, [C[0], 1.1 * C[0], C[1], C[0]])
    assert count == 1  # the last has the same trace but touches nobody
    assert found.n == 3
    assert np.corrcoef(found.C[0], C[0])[0, 1] > 0.999
    assert found.A[:, 0].nnz > (images[0] > 0).sum()
    assert merged(images, [C[0], 1.1 * C[0], C[1], C[0]], threshold=1.0)[1] == 0


def test_fragments_that_share_a_cells_signal_become_one():
    rng = np.random.default_rng(1)
    c = transients(rng, 1)[0]
    share = rng.random(N_FRAMES) < 0.5
    traces = np.array([np.where(share, c, 0.2 * c), np.where(share, 0.3 * c, c)], np.float32)
    images = [disc((7, 6)), disc((7, 9))]
    assert np.corrcoef(traces)[0, 1] < 0.85
    assert merged(images, traces)[1] == 0
    assert merged([disc((7, 7)), disc((7, 8))], traces, raw=traces)[1] == 1
    two = transients(rng, 2)
    assert merged(images, two, raw=two)[1] == 0


def test_a_remnant_is_no_bridge_between_two_cells():
    rng = np.random.default_rng(3)
    two = transients(rng, 2)
    remnant = 0.15 * (two[0] + 0.9 * two[1])
    images = [disc((7, 5)), disc((7, 8), 2.0), disc((7, 11))]
    raw = np.array([two[0], remnant, two[1]], np.float32)
    found, count = merged(images, raw, raw=raw)
    assert count == 1
    assert found.n == 2
    assert max(np.corrcoef(c, t)[0, 1] for c in found.C for t in two) > 0.99


def test_orders_of_pixels_are_inverse_to_each_other():
    rng = np.random.default_rng(0)
    A = scipy.sparse.random(12, 3, 0.5, random_state=rng, format="csc", dtype=np.float32)
    image = A[:, 1].toarray().reshape(3, 4)
    fortran = to_fortran(A, (3, 4))
    assert np.array_equal(fortran[:, 1].toarray().reshape((3, 4), order="F"), image)
    assert np.array_equal(from_fortran(fortran, (3, 4)).toarray(), A.toarray())
    values = rng.random((12, 2))
    assert np.array_equal(swap_order(swap_order(values, (3, 4)), (4, 3)), values)
    assert np.array_equal(swap_order(values, (3, 4))[:, 0].reshape((3, 4), order="F"), values[:, 0].reshape(3, 4))


def test_compact_keeps_the_largest_piece_and_drops_specks():
    image = disc((7, 7)).copy()
    whole = image.copy()
    image[2, 17] = 0.2
    image[12:14, 15:17] = 0.05
    assert np.array_equal(compact(image) > 0, compact(whole) > 0)
    assert not compact(np.zeros((5, 5), np.float32)).any()
    speck = np.zeros((5, 5), np.float32)
    speck[2, 2] = 1
    assert not compact(speck).any()
