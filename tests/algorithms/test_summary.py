"""Summary images, against a plain z-score version and CaImAn's image."""

import numpy as np
import pytest
import tifffile
from repository import SHARED

from calscope.algorithms import summary
from calscope.algorithms.summary import compute_summary
from calscope.model.movie import ArrayMovie

REFERENCE = SHARED / "reference"


def z_scores(frames):
    z = frames.astype(np.float64) - frames.mean(axis=0, dtype=np.float64)
    std = z.std(axis=0)
    return z / np.where(std > 0, std, np.inf)


def plain_correlation(frames):
    z = z_scores(frames)
    _, height, width = z.shape
    image = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            around = [
                (z[:, y, x] * z[:, j, i]).mean()
                for j in range(max(0, y - 1), min(height, y + 2))
                for i in range(max(0, x - 1), min(width, x + 2))
                if (j, i) != (y, x)
            ]
            image[y, x] = np.mean(around)
    return image


@pytest.fixture
def frames():
    rng = np.random.default_rng(3)
    shared = rng.gamma(2, 20, (150, 1, 1)) * rng.random((9, 11))
    return np.clip(rng.poisson(shared + 30), 0, 255)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_matches_plain_z_scores_for_every_type(frames, dtype, monkeypatch):
    monkeypatch.setattr(summary, "chunk_length", lambda *_: 70)  # 150 frames in unequal chunks
    movie = (frames - (100 if dtype == "int16" else 0)).astype(dtype)
    images = compute_summary(ArrayMovie(movie))
    np.testing.assert_allclose(images.corr, plain_correlation(movie), atol=2e-5)
    np.testing.assert_allclose(images.mean, movie.mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(images.max, movie.max(axis=0))


def test_large_even_brightness_keeps_the_digits(frames):
    images = compute_summary(ArrayMovie((frames + 60000).astype(np.uint16)))
    np.testing.assert_allclose(images.corr, plain_correlation(frames), atol=1e-4)


def test_constant_pixel_has_no_correlation_but_counts_as_a_neighbour(frames):
    frames[:, 4, 5] = 77
    images = compute_summary(ArrayMovie(frames.astype(np.uint16)))
    assert images.corr[4, 5] == 0
    np.testing.assert_allclose(images.corr, plain_correlation(frames), atol=2e-5)


def test_missing_values_stay_where_they_are(frames):
    clean = frames.astype(np.float32)
    holed = clean.copy()
    holed[20:40, 4, 5] = np.nan
    holed[:, 0, 0] = np.inf
    images, whole = compute_summary(ArrayMovie(holed)), compute_summary(ArrayMovie(clean))
    assert images.corr[4, 5] == 0
    assert images.corr[0, 0] == images.mean[0, 0] == images.max[0, 0] == 0
    finite = np.r_[clean[:20, 4, 5], clean[40:, 4, 5]]
    assert images.mean[4, 5] == pytest.approx(finite.mean(), rel=1e-5)
    assert images.max[4, 5] == finite.max()
    np.testing.assert_allclose(images.corr[7:], whole.corr[7:], atol=1e-6)
    # its neighbours are averaged over the seven that are left
    z = z_scores(clean)
    left = [z[:, j, i] for j in (3, 4, 5) for i in (5, 6, 7) if (j, i) not in {(4, 6), (4, 5)}]
    assert images.corr[4, 6] == pytest.approx(np.mean([(z[:, 4, 6] * n).mean() for n in left]), abs=1e-5)


def test_one_frame_has_no_correlation():
    images = compute_summary(ArrayMovie(np.arange(12, dtype=np.uint16).reshape(1, 3, 4)))
    assert not images.corr.any()
    np.testing.assert_array_equal(images.mean, images.max)


def test_no_frames_are_refused():
    with pytest.raises(ValueError, match="without frames"):
        compute_summary(ArrayMovie(np.zeros((0, 3, 4))))


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference recordings are not here")
def test_caiman_image_is_ours_but_for_its_diagonals():
    """CaImAn credits the two diagonal products to each other's far ends; the rest, and the border, is the same."""
    frames = tifffile.imread(REFERENCE / "dim" / "movie.tif")
    with np.load(REFERENCE / "dim" / "caiman" / "images.npz") as images:
        theirs = images["corr_before"]
    ours = compute_summary(ArrayMovie(frames)).corr
    np.testing.assert_allclose(ours[:, 0], theirs[:, 0], atol=1e-4)  # nothing is credited to the first column wrongly
    z = z_scores(frames)
    falling = (z[:, :-1, :-1] * z[:, 1:, 1:]).mean(axis=0)
    rising = (z[:, 1:, :-1] * z[:, :-1, 1:]).mean(axis=0)
    n = np.full(ours.shape, 8.0)
    n[[0, -1]] = n[:, [0, -1]] = 5
    n[[0, 0, -1, -1], [0, -1, 0, -1]] = 3
    moved = np.zeros(ours.shape)
    moved[1:, 1:] += rising - falling
    moved[:-1, 1:] += falling - rising
    np.testing.assert_allclose(ours + moved / n, theirs, atol=1e-4)
