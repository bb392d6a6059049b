import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.residual import residual_peaks
from calscope.model.movie import Movie
from calscope.model.results import Components

DIMS = (60, 80)
CELLS = ((15, 20), (40, 60))
TAU = 6.0


def tissue(n_frames=400, noise=3.0, seed=0):
    """A movie of two cells over a background that drifts; footprints, traces, background, noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: DIMS[0], : DIMS[1]]
    A = np.stack([((rows - y) ** 2 + (columns - x) ** 2 <= 16).astype(np.float32) for y, x in CELLS])
    spikes = rng.random((2, n_frames)) < 0.02
    spikes[1] = False
    spikes[1, 250] = True
    C = np.stack([np.convolve(own, np.exp(-np.arange(40) / TAU))[:n_frames] for own in spikes]).astype(np.float32) * 8
    b = 100 + columns.astype(np.float32)
    f = 1 + 0.3 * np.sin(np.arange(n_frames) / 50).astype(np.float32)
    frames = b * f[:, None, None] + np.einsum("kyx,kt->tyx", A, C) + rng.normal(0, noise, (n_frames, *DIMS))
    movie = Movie(np.clip(np.rint(frames * 100), 0, 65535).astype(np.uint16), scale=0.01)
    return movie, A, C, b, f, noise


def found(A, C, b, f, noise):
    n, n_px = len(A), DIMS[0] * DIMS[1]
    columns = csc_matrix(A.transpose(0, 2, 1).reshape(n, n_px).T.astype(np.float32))
    ones = np.ones(n, np.float32)
    b, no_g = b.ravel(order="F")[:, None], np.zeros((n, 0), np.float32)
    return Components(
        DIMS, columns, C, C, 0 * C, b, f[None], ones, ones, no_g, ones, np.full(n_px, noise, np.float32)
    )  # fmt: skip


def looked(movie, components, **more):
    return residual_peaks(movie, components, **({"gSig": (4, 4), "gSiz": (9, 9), "transient_frames": TAU} | more))


def test_missed_cell_is_the_highest_place_at_the_time_of_its_transient():
    movie, A, C, b, f, noise = tissue()
    residual = looked(movie, found(A[:1], C[:1], b, f, noise))
    place = np.unravel_index(int(residual.peak.argmax()), DIMS)
    assert np.hypot(place[0] - 40, place[1] - 60) <= 1.5
    assert abs(int(residual.frame[place]) - 252) <= TAU
    assert residual.peak[place] > 12
    rows, columns = np.mgrid[: DIMS[0], : DIMS[1]]
    assert residual.peak[np.hypot(rows - 40, columns - 60) > 14].max() < 7


def test_where_everything_is_explained_nothing_stands_out():
    movie, A, C, b, f, noise = tissue()
    assert looked(movie, found(A, C, b, f, noise)).peak.max() < 7


def test_peak_of_white_noise_is_the_peak_of_as_many_independent_samples():
    movie, A, C, b, f, noise = tissue()
    residual = looked(movie, found(A, C, b, f, noise))
    # About 133 sums of neighbouring bins: the usual highest of so many normal values lies near 2.7.
    assert np.median(residual.peak) == pytest.approx(2.7, abs=0.3)


def test_light_that_is_wider_than_a_cell_is_not_told_as_missed():
    movie, A, C, b, f, noise = tissue()
    bright = Movie(movie.codes.copy(), movie.scale)
    bright.codes[200:240] += 1000
    assert looked(bright, found(A, C, b, f, noise)).peak[15:-15, 15:-15].max() < 7


@pytest.mark.parametrize("workers", [2, 3])
def test_does_not_depend_on_the_number_of_workers(workers, monkeypatch):
    monkeypatch.setattr("calscope.algorithms.cnmf.residual.VALUES_PER_CHUNK", DIMS[0] * DIMS[1] * 50)
    movie, A, C, b, f, noise = tissue()
    one, more = (looked(movie, found(A[:1], C[:1], b, f, noise), workers=n) for n in (1, workers))
    np.testing.assert_array_equal(one.peak, more.peak)
    np.testing.assert_array_equal(one.frame, more.frame)


def test_stretches_of_the_movie_are_joined_without_a_seam(monkeypatch):
    movie, A, C, b, f, noise = tissue()
    whole = looked(movie, found(A[:1], C[:1], b, f, noise))
    monkeypatch.setattr("calscope.algorithms.cnmf.residual.VALUES_PER_CHUNK", DIMS[0] * DIMS[1] * 10)
    pieces = looked(movie, found(A[:1], C[:1], b, f, noise))
    np.testing.assert_allclose(pieces.peak, whole.peak, rtol=1e-4)
    np.testing.assert_array_equal(pieces.frame, whole.frame)


@pytest.mark.parametrize("n_frames", [1, 2, 7])
def test_short_movies_no_components_and_pixels_without_noise_give_finite_images(n_frames):
    movie, A, C, b, f, noise = tissue(n_frames=max(300, n_frames))
    short = Movie(movie.codes[:n_frames], movie.scale)
    none = found(A[:0], C[:0, :n_frames], b, f[:n_frames], noise)
    none.sn[:500] = 0
    residual = looked(short, none, transient_frames=30.0)
    assert residual.peak.shape == DIMS
    assert np.isfinite(residual.peak).all()
    assert ((residual.frame >= 0) & (residual.frame < n_frames)).all()
