"""A constant added to a movie must change neither cells nor traces."""

from dataclasses import replace

import numpy as np
import pytest

from calscope.algorithms.cnmf import cnmf
from calscope.algorithms.cnmf.zero_level import with_level, without_level, zero_level
from calscope.model.movie import Movie

SETTINGS = {"gSig": (3, 3), "gSiz": (7, 7), "nb": 1, "p": 1, "merge_thr": 0.85, "bas_nonneg": True, "border_px": 0}


@pytest.fixture(scope="module")
def movie():
    """Three round cells over an uneven background of 100 to 200, noise of 8."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:40, :48]
    light = np.broadcast_to(150 + 50 * np.sin(x / 20), (300, 40, 48)).astype(np.float32).copy()
    for cy, cx in ((10, 12), (28, 20), (20, 38)):
        spikes = (rng.random(300) < 0.03) * 120.0
        trace = np.convolve(spikes, 0.85 ** np.arange(30))[:300]
        light += np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 14)[None] * trace[:, None, None]
    light += rng.normal(0, 8, light.shape)
    return Movie(np.clip(np.rint(light * 20), 0, 65535).astype(np.uint16), scale=0.05)


def fits(movie):
    first = cnmf.fit(movie, K=4, rf=None, stride=0, **SETTINGS)
    return first, cnmf.refit(movie, first, **SETTINGS)


def best_cosines(one, other):
    A, B = one.A.toarray(), other.A.toarray()
    cosines = A.T @ B / np.outer(np.linalg.norm(A, axis=0), np.linalg.norm(B, axis=0))
    return cosines.max(axis=0), cosines.argmax(axis=0)


@pytest.mark.parametrize("below", [-300.0, -500.0])
def test_cells_and_traces_are_those_of_the_movie_without_the_offset(movie, below):
    lowered = replace(movie, offset=below)
    first, refit = fits(lowered)
    _, true = fits(movie)
    cosine, match = best_cosines(refit, true)
    assert refit.n == true.n == 3 and cosine.min() > 0.999
    for k, j in enumerate(match):
        assert np.corrcoef(refit.C[j], true.C[k])[0, 1] > 0.999
    model = refit.b @ refit.f
    seen = lowered.read(0, 300).transpose(0, 2, 1).reshape(300, -1).T
    assert abs((model + refit.A @ refit.C).mean() - seen.mean()) < 2, "A C + b f describes the movie as it is"
    assert first.b.shape[1] == refit.b.shape[1] == 2
    assert [note.kind for note in refit.notes].count("movie_below_zero") == 1
    assert "movie_below_zero" not in {note.kind for note in true.notes}


def test_a_movie_above_zero_is_left_alone_even_where_noise_falls_below(movie):
    assert zero_level(movie) == 0
    noisy = Movie(movie.codes, scale=0.05, offset=-60.0)  # the mean stays above 0
    assert zero_level(noisy) == 0


def test_the_level_is_taken_out_again(movie):
    first = cnmf.fit(movie, K=4, rf=None, stride=0, **SETTINGS)
    assert without_level(first) is first
    again = without_level(with_level(first, -300.0))
    assert np.array_equal(again.b, first.b) and np.array_equal(again.f, first.f)
