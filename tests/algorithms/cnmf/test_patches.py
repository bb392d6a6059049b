from itertools import pairwise

import numpy as np
import pytest

from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.cnmf.patch_fit import effective_tsub, read_patch, spread_in_time
from calscope.algorithms.cnmf.patches import patch_grid
from calscope.model.movie import Movie


@pytest.mark.parametrize("field", [(120, 144), (31, 31), (32, 100), (10, 200)])
def test_patches_cover_the_field_with_the_wished_overlap(field):
    seen = np.zeros(field, int)
    patches = patch_grid(*field, 15, 10)
    for rows, columns in patches:
        seen[rows, columns] += 1
        assert rows.stop - rows.start == min(31, field[0])
        assert columns.stop - columns.start == min(31, field[1])
    assert seen.min() >= 1
    starts = sorted({rows.start for rows, _ in patches})
    assert all(b - a <= 21 for a, b in pairwise(starts))


def test_no_half_size_means_the_whole_field():
    assert patch_grid(40, 50, None, 10) == [(slice(0, 40), slice(0, 50))]


def test_an_overlap_of_a_whole_side_still_moves_on():
    assert len(patch_grid(12, 8, 3, 7)) == 6 * 2


def test_long_recordings_are_averaged_and_short_ones_not_binned_away():
    assert effective_tsub(1, 1500) == 1
    assert effective_tsub(1, 20_000) == 4
    assert effective_tsub(100, 200) == 20
    assert effective_tsub(5, 9) == 1


def test_a_patch_is_read_as_means_of_frames():
    codes = np.random.default_rng(0).integers(0, 900, (11, 6, 5)).astype(np.uint16)
    movie = Movie(codes, 0.5, 3.0)
    where = slice(1, 4), slice(2, 5)
    whole = movie.read(0, 11)[:, 1:4, 2:5].transpose(1, 2, 0)
    assert np.array_equal(read_patch(BackgroundSubtractedMovie(movie), where, 1), whole)
    turned = Movie(np.moveaxis(np.moveaxis(codes, 0, 2).copy(), 2, 0), 0.5, 3.0)
    assert np.array_equal(read_patch(BackgroundSubtractedMovie(turned), where, 1), whole)
    binned = read_patch(BackgroundSubtractedMovie(movie), where, 4)
    assert np.array_equal(read_patch(BackgroundSubtractedMovie(turned), where, 4), binned)
    assert binned.shape == (3, 3, 3)
    assert np.allclose(binned[..., 2], whole[..., 8:].mean(axis=2))
    assert spread_in_time(binned[0], 4, 11).shape == (3, 11)
