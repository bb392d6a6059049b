import numpy as np
import pytest
import scipy.sparse
from scipy.ndimage import gaussian_filter

from calscope.algorithms.cnmf.background import background_traces
from calscope.algorithms.cnmf.blocks import Blocks
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie, LocalBackground
from calscope.algorithms.cnmf.patch_fit import mean_of_frames, read_patch
from calscope.algorithms.cnmf.pixel_stream import footprint_products, trace_products
from calscope.algorithms.threads import WorkerPool
from calscope.model.movie import Movie
from calscope.model.progress import silent


def coded(values):
    low, high = float(values.min()), float(values.max())
    movie = Movie(np.empty(values.shape, np.uint16), (high - low) / 65535, low)
    movie.codes[:] = movie.encode(values)
    return movie


def scene():
    """A wide wave, and one small cell that fires: frames, wave, cell's share."""
    rng = np.random.default_rng(0)
    place = gaussian_filter(rng.standard_normal((64, 80)), 25)
    place /= place.std()
    wave = 5 * np.sin(np.linspace(0, 40, 150))[:, None, None] * place
    y, x = np.mgrid[:64, :80]
    cell = np.zeros((150, 64, 80))
    cell[50:60] = 40 * (np.hypot(y - 30, x - 40) < 5)
    still = 100 + rng.uniform(0, 50, (64, 80))
    return (still + wave + cell + rng.standard_normal(cell.shape)).astype(np.float32), wave, cell


def test_a_wide_wave_is_followed_and_a_cell_is_not():
    frames, wave, cell = scene()
    with WorkerPool(2) as pool:
        local = LocalBackground.of(Blocks.of(coded(frames), 8, pool, silent), pool)
    found = local.patch((slice(0, 64), slice(0, 80))).transpose(2, 0, 1)
    assert (found - wave).std() < 0.25 * wave.std()
    during = found[50:60, 26:35, 36:45].mean() - wave[50:60, 26:35, 36:45].mean()
    assert abs(during) < 0.05 * cell.max()


def test_products_are_those_of_the_movie_without_it():
    frames, _, _ = scene()
    movie = coded(frames)
    rng = np.random.default_rng(1)
    A = scipy.sparse.random(64 * 80, 4, 0.02, format="csc", random_state=rng, dtype=np.float32)
    C = rng.random((4, 150)).astype(np.float32)
    with WorkerPool(1) as pool:
        local = LocalBackground.of(Blocks.of(movie, 8, pool, silent), pool)
        without = coded(movie.read(0, 150) - local.patch((slice(0, 64), slice(0, 80))).transpose(2, 0, 1))
        subtracted = BackgroundSubtractedMovie(movie, local)
        assert np.allclose(
            subtracted.footprint_products(A, pool, silent),
            footprint_products(without, A, pool, silent),
            rtol=1e-3,
            atol=0.2,
        )
        assert np.allclose(
            subtracted.trace_products(A, C, pool, silent),
            trace_products(without, A, C, pool, silent),
            rtol=1e-3,
            atol=0.5,
        )


def test_a_patch_is_cut_from_the_whole():
    frames, _, _ = scene()
    with WorkerPool(1) as pool:
        local = LocalBackground.of(Blocks.of(coded(frames), 8, pool, silent), pool)
    whole = local.patch((slice(0, 64), slice(0, 80)))
    assert np.allclose(local.patch((slice(13, 44), slice(49, 80))), whole[13:44, 49:80], atol=1e-4)


def test_a_patch_of_binned_frames_is_the_mean_of_its_frames():
    frames, _, _ = scene()
    where = (slice(13, 44), slice(49, 80))
    with WorkerPool(1) as pool:
        subtracted = BackgroundSubtractedMovie.of(coded(frames), 8, pool, silent)
    single, binned = read_patch(subtracted, where, 1), read_patch(subtracted, where, 4)
    assert np.allclose(binned, np.moveaxis(mean_of_frames(np.moveaxis(single, 2, 0), 4), 0, 2), atol=1e-3)


@pytest.mark.parametrize("most", [3, 5, 16])
def test_coarser_blocks_are_means_of_the_same_pixels(most):
    frames, _, _ = scene()
    movie = coded(frames)
    with WorkerPool(1) as pool:
        blocks = Blocks.of(movie, 8, pool, silent).coarser(most)
    assert blocks.grid == (min(most, 8), min(most, 10))
    assert np.allclose(blocks.pattern.sum(axis=0), 1, atol=1e-5)
    assert np.allclose(blocks.means, blocks.pattern.T @ movie.read(0, 150).reshape(150, -1).T, rtol=1e-4)


def test_background_of_a_large_field_is_found_in_few_blocks():
    """A field of 20 by 20 blocks, in which two lights of known course shine."""
    rng = np.random.default_rng(5)
    t = np.arange(120)
    f = np.stack([2 + np.sin(t / 9), 1 + (t % 40 < 20)])
    y, x = np.mgrid[:160, :160] / 160
    light = np.einsum("kyx,kt->tyx", np.stack([60 + 40 * y, 30 * x**4]), f)
    nobody = scipy.sparse.csc_matrix((160 * 160, 0), dtype=np.float32), np.zeros((0, 120), np.float32)
    with WorkerPool(1) as pool:
        subtracted = BackgroundSubtractedMovie.of(Movie(rng.poisson(light).astype(np.uint16)), 8, pool, silent)
        assert subtracted.local is not None and len(subtracted.blocks.means) == 256
        found = background_traces(movie=subtracted.whole(), A=nobody[0], C=nobody[1], nb=2, pool=pool, progress=silent)
    explained = found.T @ np.linalg.lstsq(found.T, f.T, rcond=None)[0]
    assert ((explained - f.T) ** 2).sum() < 0.01 * ((f.T - f.T.mean(axis=0)) ** 2).sum()


def test_a_field_of_a_few_cells_has_none():
    with WorkerPool(1) as pool:
        blocks = Blocks.of(Movie(np.zeros((20, 31, 90), np.uint16)), 8, pool, silent)
        assert LocalBackground.of(blocks, pool) is None
