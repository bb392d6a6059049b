import numpy as np
import pytest

from calscope.algorithms.cnmf.initialization import ROLLING_FRAMES, _energy, _kernel, initialise_patch
from calscope.algorithms.cnmf.pixel_blur import blur

DEFAULTS = {"K": 3, "gSig": (3, 3), "gSiz": (7, 7), "nb": 1, "ssub": 1, "tsub": 1, "rolling_sum": True}
PLACES = [(8, 8), (9, 24), (23, 14)]


def planted(n_frames=400, noise=1.0, seed=0):
    """Three cells that peak once each at 6 noise units, on a bright slow background: movie, footprints, traces."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:32, :32]
    A = np.stack([np.exp(-((y - py) ** 2 + (x - px) ** 2) / (2 * 2.2**2)) for py, px in PLACES])
    C = np.zeros((3, n_frames))
    for k, start in enumerate((60, 170, 290)):
        C[k, start : start + 60] = 6 * np.exp(-np.arange(60) / 15)
    wave = 100 + 10 * np.sin(np.linspace(0, 12, n_frames))
    movie = np.einsum("kyx,kt->yxt", A, C) + wave + noise * rng.standard_normal((32, 32, n_frames))
    return movie.astype(np.float32), A, C


def found_in(movie, noise=1.0, allowed=None, **changes):
    return initialise_patch(
        movie=movie,
        noise=np.full((32, 32), noise, np.float32),
        allowed=np.ones((32, 32), bool) if allowed is None else allowed,
        **{**DEFAULTS, **changes},
    )


def best_matches(found, A, C):
    a = found.A.reshape(len(found.A), -1)
    a = a / (np.linalg.norm(a, axis=1, keepdims=True) + 1e-9)
    true = A.reshape(3, -1) / np.linalg.norm(A.reshape(3, -1), axis=1, keepdims=True)
    which = (true @ a.T).argmax(axis=1)
    r = [np.corrcoef(found.C[j], C[k])[0, 1] for k, j in enumerate(which)]
    return which, (true @ a.T).max(axis=1), np.array(r)


@pytest.mark.parametrize(
    "changes", [{}, {"rolling_sum": False}, {"tsub": 3}, {"ssub": 2}, {"ssub": 2, "tsub": 4}, {"nb": 3}]
)
def test_planted_cells_are_found_first(changes):
    movie, A, C = planted()
    found = found_in(movie, **changes)
    which, cosine, r = best_matches(found, A, C)
    assert sorted(which) == [0, 1, 2]
    assert cosine.min() > 0.85
    assert r.min() > 0.85
    assert found.C.shape == (3, 400)
    assert min(found.A.min(), found.C.min(), found.b.min(), found.f.min()) >= 0


def test_background_explains_what_is_no_cell():
    movie, _, _ = planted()
    found = found_in(movie)
    assert np.corrcoef(found.f[0], movie.mean(axis=(0, 1)))[0, 1] > 0.95
    model = np.einsum("kyx,kt->yxt", found.A, found.C) + np.einsum("kyx,kt->yxt", found.b, found.f)
    assert (movie - model).std() < 1.05


def test_no_seed_outside_of_the_allowed_area():
    movie, _, _ = planted()
    allowed = np.ones((32, 32), bool)
    allowed[:16] = False
    found = found_in(movie, K=1, allowed=allowed)
    y, _ = np.unravel_index(found.A[0].argmax(), (32, 32))
    assert y >= 16


def test_more_components_than_pixels_and_constant_pixels():
    movie = np.full((6, 5, 40), 7.0, np.float32)
    nothing = np.zeros((6, 5), np.float32)
    found = initialise_patch(movie=movie, noise=nothing, allowed=nothing == 0, **{**DEFAULTS, "K": 500})
    assert found.A.shape == (0, 6, 5)
    assert found.C.shape == (0, 40)
    assert found.f.shape == (1, 40)


@pytest.mark.parametrize("n_frames", [101, 110, 119, 457])
def test_energy_is_that_of_the_strongest_hundred_frames_from_any_tenth_on(n_frames):
    trace = np.random.default_rng(n_frames).standard_normal(n_frames).astype(np.float32)
    starts = range(0, n_frames // 10 * 10 - ROLLING_FRAMES + 1, 10)
    strongest = max((np.maximum(trace[t : t + ROLLING_FRAMES], 0) ** 2).sum() for t in starts)
    assert _energy(trace, ROLLING_FRAMES) == pytest.approx(strongest, rel=1e-5)
    assert _energy(trace, 0) == pytest.approx((np.maximum(trace, 0) ** 2).sum(), rel=1e-5)


@pytest.mark.parametrize("half", [1, 2, 3, 4])
def test_blur_is_the_sum_of_weighted_neighbours(half):
    movie = np.random.default_rng(half).standard_normal((9, 11, 13)).astype(np.float32)
    ky, kx = _kernel(1.5, half), _kernel(1.0, half)
    wide = np.pad(movie, ((half, half), (half, half), (0, 0)))
    expected = sum(
        ky[i] * kx[j] * wide[i : i + 9, j : j + 11] for i in range(2 * half + 1) for j in range(2 * half + 1)
    )
    assert np.allclose(blur(movie, ky, kx), expected, atol=1e-5)
