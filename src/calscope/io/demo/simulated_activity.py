"""When simulated neurons fire, and what their calcium makes of it."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

FloatArray = NDArray[np.float32]
RISE_S = 0.05
"""Rise time of the indicator; GCaMP6f's is about this (Chen et al. 2013)."""


def spike_counts(
    n_neurons: int, n_frames: int, *, fr_hz: float, rate_hz: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Spikes per frame, (N, T).

    Rates differ between neurons (log-normal, a few nearly silent ones among them), and each neuron's rate rises and
    falls over seconds, so that spikes come in bouts.
    """
    rates = rate_hz * rng.lognormal(-0.12, 0.5, n_neurons)
    rates[rng.random(n_neurons) < 0.05] *= 0.1
    slow = gaussian_filter1d(rng.standard_normal((n_neurons, n_frames)), 1.5 * fr_hz, axis=1, mode="wrap")
    slow /= _spread(slow, 1.5 * fr_hz)
    bouts = np.exp(0.7 * slow)
    bouts /= bouts.mean(axis=1, keepdims=True)
    counts = rng.poisson(rates[:, None] * bouts / fr_hz)
    return np.minimum(counts, 255).astype(np.uint8)


def single_bursts(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Spikes of neurons that fire once, three spikes in three frames, somewhere in the recording, (N, T)."""
    counts = np.zeros(shape, np.uint8)
    n_frames = shape[1]
    for neuron, start in enumerate(rng.integers(n_frames // 10, max(n_frames * 9 // 10, n_frames // 10 + 1), shape[0])):
        counts[neuron, start : start + 3] = 1
    return counts


def calcium(spikes: NDArray[np.uint8], *, fr_hz: float, decay_s: float, rise_s: float = RISE_S) -> FloatArray:
    """Calcium after the spikes, (N, T); one spike peaks at 1.

    A sum of two exponentials, which on frames is the AR(2) process with the roots exp(-1 / (fr tau)) of rise and decay.
    """
    slow, fast = np.exp(-1.0 / (fr_hz * decay_s)), np.exp(-1.0 / (fr_hz * rise_s))
    denominator = np.array([1.0, -(slow + fast), slow * fast])
    impulse = np.zeros(64 + int(4 * fr_hz * decay_s))
    impulse[0] = 1.0
    peak = lfilter([1.0], denominator, impulse).max()
    return (lfilter([1.0], denominator, spikes.astype(np.float64), axis=1) / peak).astype(np.float32)


def slow_waves(n_waves: int, n_frames: int, *, fr_hz: float, seconds: float, rng: np.random.Generator) -> FloatArray:
    """Smooth fluctuations of zero mean and unit standard deviation, (n, T)."""
    sigma = seconds * fr_hz
    margin = int(3 * sigma) + 1
    waves = gaussian_filter1d(rng.standard_normal((n_waves, n_frames + 2 * margin)), sigma, axis=1)
    waves = waves[:, margin : margin + n_frames]
    waves -= waves.mean(axis=1, keepdims=True)
    waves /= _spread(waves, sigma)
    return waves.astype(np.float32)


def _spread(smoothed: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Measure the standard deviation along time of smoothed white noise, (n, 1).

    A recording shorter than the smoothing hardly varies by itself; it is not blown up beyond twice what is usual.
    """
    usual = 1.0 / np.sqrt(2.0 * np.sqrt(np.pi) * max(sigma, 0.5))
    return np.maximum(smoothed.std(axis=1, keepdims=True), 0.5 * usual)


def brightness(
    n_frames: int, *, bleaching: float, brightness_drift: float, dark_frames: tuple[int, int] | None
) -> FloatArray:
    """Factor on all light of a frame, (T,): bleaching, a drift of the laser, and a stretch with the shutter closed."""
    at = np.linspace(0.0, 1.0, n_frames)
    light = (1.0 - bleaching * (1.0 - np.exp(-3.0 * at))) * (1.0 + brightness_drift * at)
    if dark_frames is not None:
        light[slice(*dark_frames)] = 0.0
    return light.astype(np.float32)
