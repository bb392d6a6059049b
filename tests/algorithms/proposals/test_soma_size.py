import numpy as np
import pytest

from calscope.algorithms.proposals.soma_size import shape_of


def disc(radius, *, side=61, at=(30.0, 30.0), soft=0.6):
    y, x = np.indices((side, side))
    return 1 / (1 + np.exp((np.hypot(y - at[0], x - at[1]) - radius) / soft))


def noisy(image, sd, seed=0):
    return (image + np.random.default_rng(seed).normal(0, sd, image.shape)).astype(np.float32)


@pytest.mark.parametrize("radius", [3.0, 5.0, 9.0])
def test_the_radius_of_a_disc_is_found_also_where_little_is_known_of_it(radius):
    for known in (0.8 * radius, 1.2 * radius):
        found = shape_of(noisy(disc(radius), 0.05), (30, 30), known)
        assert found.radius_px == pytest.approx(radius, rel=0.08)
        assert found.is_soma


def test_a_ring_is_as_large_as_its_outline():
    ring = disc(8) - 0.8 * disc(4)
    assert shape_of(noisy(ring, 0.03), (30, 30), 8).radius_px == pytest.approx(8, rel=0.08)


def test_a_line_is_no_soma():
    y, x = np.indices((61, 61))
    line = np.exp(-0.5 * ((y - 30) / 1.2) ** 2) * (np.abs(x - 30) < 14)
    found = shape_of(noisy(line, 0.03), (30, 30), 6)
    assert found is None or not found.is_soma


def test_what_fades_out_softly_is_no_soma():
    y, x = np.indices((81, 81))
    soft = np.exp(-0.5 * (np.hypot(y - 40, x - 40) / 9) ** 2)
    found = shape_of(noisy(soft, 0.02), (40, 40), 11)
    assert found is None or not found.is_soma


def test_noise_has_no_outline():
    assert shape_of(noisy(np.zeros((61, 61)), 1.0), (30, 30), 5) is None


def test_what_reaches_over_the_rim_of_the_picture_has_no_size():
    assert shape_of(noisy(disc(8, at=(30, 3)), 0.03), (30, 3), 8) is None
