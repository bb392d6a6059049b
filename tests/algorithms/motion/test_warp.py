"""The field of shifts and the warp, against shifts that can be written down."""

import numpy as np
import pytest

from calscope.algorithms.motion.grid import make_field, make_patches, patches_to_nodes, rigid_field, weights_at
from calscope.algorithms.motion.likeness import correlations_inside
from calscope.algorithms.motion.warp import Warper
from calscope.model.movie import Movie

SIZE = (80, 104)


@pytest.fixture(scope="module")
def field():
    return make_field(SIZE, make_patches(SIZE, (32, 32), (16, 16)), (32, 32))


def everywhere(field, coefficients):
    return np.einsum("yi,ijk,xj->kyx", field.rows, coefficients, field.columns)


def test_patches_cover_the_field_and_end_at_its_edges():
    grid = make_patches((120, 144), (48, 48), (24, 24))
    assert grid.tops == (0, 48)
    assert grid.lefts == (0, 48, 72)
    np.testing.assert_allclose(grid.centers_px[0], (35.5, 35.5))
    assert make_patches((72, 500), (48, 48), (24, 24)).tops == (0,)
    assert make_patches((50, 60), (48, 48), (24, 24)).shape_px == (50, 60)


def test_field_is_whole_linear_and_bounded_by_its_coefficients(field):
    ones = np.ones((*field.shape, 2), np.float32)
    np.testing.assert_allclose(everywhere(field, ones), 1, atol=1e-5)
    slope = np.broadcast_to(field.nodes_y[:, None, None], ones.shape)
    np.testing.assert_allclose(everywhere(field, slope)[0, :, 3], np.arange(SIZE[0]), atol=1e-3)
    wild = np.random.default_rng(0).uniform(-1, 1, ones.shape)
    assert np.abs(everywhere(field, wild)).max() <= 1


def test_patches_to_nodes_passes_through_the_centres():
    grid = make_patches(SIZE, (32, 32), (16, 16))
    matrix = patches_to_nodes(grid.centers_x, grid.centers_x)
    np.testing.assert_allclose(matrix, np.eye(len(grid.centers_x)), atol=1e-6)
    np.testing.assert_allclose(
        patches_to_nodes(grid.centers_x, np.array([-50.0, 500.0]))[:, [0, -1]], np.eye(2), atol=1e-6
    )


def test_one_patch_along_a_side_is_constant_there():
    grid = make_patches((40, 200), (48, 48), (24, 24))
    assert make_field((40, 200), grid, (48, 48)).shape[0] == 1
    assert weights_at(np.array([3.3, 17.0]), 40, 1).tolist() == [[1], [1]]


def test_whole_pixels_are_moved_exactly_and_edges_repeated():
    frame = np.random.default_rng(0).random((1, *SIZE)).astype(np.float32)
    moved = Warper(rigid_field(SIZE)).warp(frame, np.array([2, -3], np.float32).reshape(1, 1, 1, 2))
    np.testing.assert_allclose(moved[0, 2:, :-3], frame[0, :-2, 3:], atol=1e-6)
    np.testing.assert_allclose(moved[0, 0, :-3], frame[0, 0, 3:], atol=1e-6)
    np.testing.assert_allclose(moved[0, 5, -3:], frame[0, 3, -1], atol=1e-6)


def test_a_smooth_picture_is_warped_as_its_formula(field):
    def picture(y, x):
        return np.sin(y / 4) + np.cos(x / 5 + y / 9)

    y, x = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]), indexing="ij")
    coefficients = np.random.default_rng(1).uniform(-2, 2, (1, *field.shape, 2)).astype(np.float32)
    down, right = everywhere(field, coefficients[0])
    moved = Warper(field).warp(picture(y, x)[None].astype(np.float32), coefficients)[0]
    inside = np.s_[4:-4, 4:-4]
    assert np.abs(moved - picture(y - down, x - right))[inside].max() < 0.035


def test_no_shift_leaves_every_value():
    frame = np.random.default_rng(0).random((2, *SIZE)).astype(np.float32)
    np.testing.assert_array_equal(Warper(rigid_field(SIZE)).warp(frame, np.zeros((2, 1, 1, 2), np.float32)), frame)


def test_rims_are_the_lines_without_a_source(field):
    rng = np.random.default_rng(2)
    coefficients = (rng.uniform(-3, 3, (30, 1, 1, 2)) + rng.uniform(-2, 2, (30, *field.shape, 2))).astype(np.float32)
    y, x = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]), indexing="ij")
    for own, rims in zip(coefficients, Warper(field).rims(coefficients), strict=True):
        down, right = everywhere(field, own)
        top, bottom = (y < down - 1e-3).any(axis=1), (y - down > SIZE[0] - 1 + 1e-3).any(axis=1)
        left, end = (x < right - 1e-3).any(axis=0), (x - right > SIZE[1] - 1 + 1e-3).any(axis=0)
        expected = [top.argmin(), bottom[::-1].argmin(), left.argmin(), end[::-1].argmin()]
        assert rims.tolist() == expected


def test_written_codes_and_correlations_are_those_of_the_warped_frames(field):
    rng = np.random.default_rng(3)
    frames = rng.uniform(-120, 9000, (3, *SIZE)).astype(np.float32)
    coefficients = rng.uniform(-2, 2, (3, *field.shape, 2)).astype(np.float32)
    template = frames.mean(axis=0)
    codes = np.zeros((5, *SIZE), np.uint16)
    movie = Movie(codes, scale=0.13, offset=-100)
    inside = np.s_[3:-4, 5:-2]
    inside = tuple(slice(*s.indices(n)) for s, n in zip(inside, SIZE, strict=True))
    warper = Warper(field)
    found = warper.write(frames, coefficients, movie, 1, template, inside)
    moved = warper.warp(frames, coefficients)
    assert not codes[[0, 4]].any()
    assert np.abs(codes[1:4].astype(int) - movie.encode(moved).astype(int)).max() <= 1
    raw = correlations_inside(frames, template, inside)
    for versions, column in ((frames, raw), (moved, found)):
        expected = [np.corrcoef(f[inside].ravel(), template[inside].ravel())[0, 1] for f in versions]
        np.testing.assert_allclose(column, expected, atol=1e-5)


@pytest.mark.parametrize("size", [(5, 3), (33, 31), (40, 65)])
def test_any_size_is_warped_as_one_pixel_at_a_time(size):
    def kernel(t):
        a, t = -0.75, abs(t)
        return (a + 2) * t**3 - (a + 3) * t**2 + 1 if t <= 1 else a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0

    rng = np.random.default_rng(4)
    frame = rng.random(size).astype(np.float32)
    down, right = 2.4, -1.7
    moved = Warper(rigid_field(size)).warp(frame[None], np.float32([down, right]).reshape(1, 1, 1, 2))[0]
    for y, x in rng.integers(0, size, (40, 2)):
        value = 0.0
        for j in range(size[0] + 12):
            for i in range(size[1] + 12):
                near = frame[min(max(j - 6, 0), size[0] - 1), min(max(i - 6, 0), size[1] - 1)]
                value += near * kernel(y - down - (j - 6)) * kernel(x - right - (i - 6))
        assert moved[y, x] == pytest.approx(value, abs=1e-4)
