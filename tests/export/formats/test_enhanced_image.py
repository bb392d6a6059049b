"""The enhanced image: dim and bright cells alike, nothing of a slope of light, NaN and flat fields in order."""

import numpy as np
import pytest

from calscope.export.formats.enhanced_image import enhanced

Y, X = np.mgrid[:80, :120]


def cell(y, x):
    return np.exp(-((Y - y) ** 2 + (X - x) ** 2) / (2 * 3**2))


@pytest.fixture
def field():
    """A bright cell on bright ground and one tenth of it on dark ground, with as little noise each."""
    light = 1000 * (0.05 + 0.95 * X / 119)
    noise = np.random.default_rng(0).normal(size=Y.shape)
    return (light * (1 + cell(40, 95) + cell(40, 25) + 0.02 * noise)).astype(np.float32)


def test_a_dim_cell_stands_out_as_a_bright_one_does(field):
    found = enhanced(field, (8, 8))
    assert field[40, 95] > 3 * field[40, 25]
    assert found[40, 95] == pytest.approx(found[40, 25], abs=0.05) and found[40, 25] > 0.75
    away = (cell(40, 95) + cell(40, 25) < 1e-4) & (X > 10) & (X < 110)
    assert abs(found[away & (X < 60)].mean() - found[away & (X > 60)].mean()) < 0.03
    assert found.dtype == np.float32 and found.min() >= 0 and found.max() <= 1


def test_the_window_is_y_then_x():
    stripes = np.sin(Y / 3.0).astype(np.float32)
    assert enhanced(stripes, (1, 40)).std() < enhanced(stripes, (40, 1)).std()


def test_a_rim_without_values_changes_nothing_beside_it(field):
    cut = field.copy()
    cut[:, :6] = np.nan
    found, whole = enhanced(cut, (8, 8)), enhanced(field, (8, 8))
    assert (found[:, :6] == 0.5).all() and np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 40:], whole[:, 40:], atol=0.01)


@pytest.mark.parametrize("value", [0, 7, 1e6, np.nan])
def test_a_field_of_one_value_is_grey(value):
    np.testing.assert_array_equal(enhanced(np.full((20, 34), value, np.float32), (8, 8)), np.float32(0.5))
