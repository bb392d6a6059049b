"""Axes of results, on a field that is not square, and the 16-bit coding of movies."""

import numpy as np
from scipy.sparse import csc_matrix

from calscope.model.movie import Movie, chunks
from calscope.model.progress import part
from calscope.model.results import Components


def components_with_one_bright_pixel(y, x, dims=(6, 9), n_frames=5):
    height, width = dims
    A = np.zeros((height * width, 2), np.float32)
    A[y + x * height, 0] = 1.0
    empty = np.zeros((2, n_frames), np.float32)
    flat = np.zeros(2, np.float32)
    b = np.zeros((height * width, 1), np.float32)
    b[y + x * height, 0] = 3.0
    return Components(
        dims=dims, A=csc_matrix(A), C=empty + 2, S=empty, YrA=empty + 1, b=b, f=np.ones((1, n_frames), np.float32),
        bl=flat, c1=flat, g=np.zeros((2, 1), np.float32), neurons_sn=flat, sn=np.ones(height * width, np.float32),
    )  # fmt: skip


def test_footprints_are_fortran_ordered():
    found = components_with_one_bright_pixel(y=2, x=7)
    assert np.argwhere(found.footprint(0)).tolist() == [[2, 7]]
    assert np.argwhere(found.background_image(0)).tolist() == [[2, 7]]
    assert found.centers_px()[0].tolist() == [2, 7]


def test_an_empty_footprint_has_a_centre_without_nan():
    assert np.isfinite(components_with_one_bright_pixel(1, 1).centers_px()).all()


def test_raw_trace_is_denoised_plus_residual():
    assert (components_with_one_bright_pixel(0, 0).raw == 3).all()


def test_coding_keeps_values_to_half_a_step():
    rng = np.random.default_rng(0)
    values = rng.uniform(-50, 4000, (4, 5, 6)).astype(np.float32)
    movie = Movie(np.zeros((4, 5, 6), np.uint16), scale=4050 / 65535, offset=-50)
    decoded = movie.decode(movie.encode(values))
    assert np.abs(decoded - values).max() <= 0.51 * movie.scale


def test_coding_clips_to_its_range():
    movie = Movie(np.zeros((1, 1, 1), np.uint16), scale=1.0, offset=10.0)
    assert movie.decode(movie.encode(np.float32([[[-5.0, 1e9]]]))).tolist() == [[[10.0, 65545.0]]]


def test_crop_and_read_agree():
    codes = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5)
    movie = Movie(codes, scale=0.5, offset=1.0)
    crop = movie.crop(slice(1, 3), slice(2, 5), 1, 3)
    assert (crop == movie.read(1, 3)[:, 1:3, 2:5]).all()
    assert crop.dtype == np.float32


def test_chunks_cover_every_frame_once():
    covered = [frame for start, stop in chunks(10, 4) for frame in range(start, stop)]
    assert covered == list(range(10))
    assert chunks(0, 4) == []


def test_part_of_a_progress():
    seen = []
    part(lambda fraction, note="": seen.append((fraction, note)), 0.5, 0.75)(0.5, "half")
    assert seen == [(0.625, "half")]
