"""Noise in footprints."""

import numpy as np

from calscope.algorithms.cnmf.footprints import denoise_footprint


def ring(noise, seed=0):
    """A soma with a dimmer nucleus, as a fit sees it, and as it is."""
    y, x = np.mgrid[:21, :21] - 10.0
    radius = np.hypot(y, x)
    true = np.where(radius < 7, 0.7 + 0.3 * (radius > 3), 0).astype(np.float32)
    seen = true + (true > 0) * noise * np.random.default_rng(seed).standard_normal(true.shape)
    return np.maximum(seen, 0).astype(np.float32), true


def cosine(a, b):
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def test_noise_goes_and_shape_stays():
    for noise in (0.1, 0.2, 0.4):
        seen, true = ring(noise)
        calm = denoise_footprint(seen, np.full_like(seen, noise))
        assert 1 - cosine(calm, true) < 0.5 * (1 - cosine(seen, true))


def test_what_is_known_well_is_left_as_it_is():
    seen, _ = ring(0.0)
    np.testing.assert_allclose(denoise_footprint(seen, np.full_like(seen, 1e-4)), seen, atol=1e-3)


def test_pixels_outside_neither_give_nor_take():
    seen, _ = ring(0.2)
    calm = denoise_footprint(seen, np.full_like(seen, 10.0))
    assert np.array_equal(calm > 0, seen > 0)
    one = np.zeros((5, 5), np.float32)
    one[2, 2] = 3.0
    assert np.array_equal(denoise_footprint(one, np.full_like(one, 10.0)), one)
