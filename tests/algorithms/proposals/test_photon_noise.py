import numpy as np
import pytest

from calscope.algorithms.proposals.photon_noise import photon_noise
from calscope.model.movie import ArrayMovie


def test_units_per_photon_are_found():
    rng = np.random.default_rng(0)
    light = rng.uniform(2, 20, (48, 48))
    frames = (30.0 * rng.poisson(light, (160, 48, 48)) + 100).astype(np.float32)
    found = photon_noise(ArrayMovie(frames))
    assert found.per_unit.value == pytest.approx(30, rel=0.15)
    assert found.per_unit.low <= found.per_unit.value <= found.per_unit.high
    assert found.sd.value == pytest.approx(30 * np.sqrt(11), rel=0.1)
    level, variance = found.curve.T
    assert (np.diff(level) > 0).all()
    assert np.corrcoef(level, variance)[0, 1] > 0.98


def test_noise_that_is_the_same_everywhere_is_not_that_of_photons():
    rng = np.random.default_rng(1)
    frames = rng.normal(100 + 50 * rng.random((40, 40)), 5.0, (128, 40, 40)).astype(np.float32)
    found = photon_noise(ArrayMovie(frames))
    assert found.per_unit is None or abs(found.per_unit.value) < 0.1
    assert found.sd.value == pytest.approx(5, rel=0.08)


def test_a_short_movie_and_one_without_noise_tell_nothing():
    assert photon_noise(ArrayMovie(np.ones((10, 20, 20), np.float32))) is None
    assert photon_noise(ArrayMovie(np.ones((100, 20, 20), np.float32))) is None
