"""The noise of a raw movie: of its pixels, and what of it comes with each unit of light."""

from dataclasses import dataclass

import numpy as np

from calscope.algorithms.cnmf.noise import trace_noise
from calscope.algorithms.injection.injected_cells import noise_curve, photon_gain
from calscope.algorithms.motion_check.bootstrap import estimate
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.results import Estimate

FRAMES = 128
"""Frames in a row, from the middle of the movie."""
FEWEST_FRAMES = 32
TILES = 8
"""Tiles along a side of the field that are drawn for the interval."""
DRAWS = 60
_QUARTILES = (0.25, 0.75)


@dataclass(frozen=True)
class PhotonNoise:
    """Noise in units of the movie."""

    sd: Estimate
    """Of a pixel, the median over the field; half of the pixels lie in the interval."""
    per_unit: Estimate | None
    """Noise variance that comes with one unit of light: the units that one photon makes, where noise is that of
    photons. None where brighter pixels are no noisier."""
    curve: FloatArray
    """(n, 2) light and noise variance of pixels that are about as bright, the darkest first."""


def photon_noise(movie: FrameSource) -> PhotonNoise | None:
    """Measure the noise of a movie, (T, H, W), finite; None where it is too short or has none."""
    n_frames = movie.shape[0]
    if n_frames < FEWEST_FRAMES:
        return None
    length = min(FRAMES, n_frames)
    start = (n_frames - length) // 2
    frames = movie.read(start, start + length)
    sd = trace_noise(np.ascontiguousarray(frames.reshape(length, -1).T)).reshape(frames.shape[1:])
    if not (sd > 0).any():
        return None
    low, high = np.quantile(sd, _QUARTILES)
    mean = frames.mean(axis=0)
    own = Estimate(float(np.median(sd)), float(low), float(high))
    return PhotonNoise(own, _per_unit(mean, sd), noise_curve(mean, sd).astype(np.float32))


def _per_unit(mean: FloatArray, sd: FloatArray) -> Estimate | None:
    value = photon_gain(mean, sd)
    if value <= 0:
        return None
    y, x = (np.arange(n) * TILES // n for n in mean.shape)
    tile = (y[:, None] * TILES + x[None, :]).ravel()
    pixels = [np.flatnonzero(tile == k) for k in np.unique(tile)]
    rng = np.random.default_rng(0)
    drawn = [np.concatenate([pixels[k] for k in rng.integers(0, len(pixels), len(pixels))]) for _ in range(DRAWS)]
    flat = mean.ravel(), sd.ravel()
    return estimate(np.array([value, *(photon_gain(flat[0][some], flat[1][some]) for some in drawn)]))
