from functools import partial

import numpy as np
import pytest
import scipy.sparse

from calscope.algorithms.cnmf import pixel_stream
from calscope.algorithms.cnmf.noise import NoiseMeter, trace_noise
from calscope.algorithms.cnmf.pixel_stream import (
    footprint_products,
    in_pixel_order,
    is_pixel_major,
    pixel_chunks,
    trace_products,
)
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import Movie
from calscope.model.progress import silent


@pytest.fixture
def movie():
    codes = np.random.default_rng(0).integers(0, 60000, (130, 9, 7)).astype(np.uint16)
    return Movie(codes, 0.01, -20.0)


@pytest.mark.parametrize("workers", [1, 3])
def test_products_are_those_of_the_whole_movie(movie, workers, monkeypatch):
    monkeypatch.setattr(pixel_stream, "CODES_PER_CHUNK", 40 * 63)
    rng = np.random.default_rng(1)
    Y = movie.read(0, 130).reshape(130, 63).astype(np.float64)
    A = scipy.sparse.random(63, 5, 0.3, format="csc", random_state=rng, dtype=np.float32)
    C = rng.random((5, 130)).astype(np.float32)
    with WorkerPool(workers) as pool:
        projected = footprint_products(movie, A, pool, silent)
        on_support = trace_products(movie, A, C, pool, silent)
    assert np.allclose(projected, A.T @ Y.T, rtol=1e-4, atol=0.05)
    rows, columns = A.nonzero()
    whole = scipy.sparse.csc_matrix(((Y.T @ C.T)[rows, columns], (rows, columns)), shape=A.shape)
    whole.sort_indices()
    assert np.allclose(on_support, whole.data, rtol=1e-4, atol=0.5)


def test_a_short_movie_is_turned_once_and_a_long_one_stays(movie, monkeypatch):
    rng = np.random.default_rng(1)
    A = scipy.sparse.random(63, 5, 0.3, format="csc", random_state=rng, dtype=np.float32)
    C = rng.random((5, 130)).astype(np.float32)
    with WorkerPool(2) as pool:
        turned = in_pixel_order(movie, pool)
        assert is_pixel_major(turned.codes) and not is_pixel_major(movie.codes)
        assert in_pixel_order(turned, pool) is turned
        assert np.array_equal(turned.codes, movie.codes)
        for take in (footprint_products, partial(trace_products, traces=C)):
            direct, after = (take(one, A, pool=pool, progress=silent) for one in (movie, turned))
            assert np.allclose(after, direct, rtol=1e-5)
        chunk, *others = pixel_chunks(turned, pool, silent, "")
        assert not others and np.shares_memory(chunk.codes, turned.codes), "nothing is turned again"
        monkeypatch.setattr(pixel_stream, "TURNED_ONCE_CODES", movie.codes.size - 1)
        assert in_pixel_order(movie, pool) is movie


def pixel_noise(movie, pool):
    meter = NoiseMeter(movie, pool)
    for chunk in pixel_chunks(movie, pool, silent, ""):
        meter.add(chunk)
    return meter.result()


def test_noise_is_that_of_the_white_part():
    rng = np.random.default_rng(2)
    slow = 20 * np.sin(np.linspace(0, 8, 1024))[:, None, None]
    sd = rng.uniform(1, 6, (6, 5))
    values = 500 + slow + sd * rng.standard_normal((1024, 6, 5))
    movie = Movie(np.rint(values * 10).astype(np.uint16), 0.1)
    with WorkerPool(2) as pool:
        found = pixel_noise(movie, pool)
    assert np.allclose(found, sd.ravel(), rtol=0.15)
    assert np.allclose(trace_noise(values.reshape(1024, 30).T), sd.ravel(), rtol=0.15)


def test_noise_of_nothing_is_zero():
    with WorkerPool(1) as pool:
        assert not pixel_noise(Movie(np.full((50, 4, 4), 9, np.uint16)), pool).any()
    assert trace_noise(np.zeros((2, 3))).tolist() == [0.0, 0.0]
