"""Patterns that are no tissue: interference moving through the picture, rows that hum; movies without a still image.

Tissue that moves changes the picture at many spatial frequencies. Interference changes it at a few only, so that it
stands out as narrow peaks in the power spectrum of what differs from frame to frame.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from calscope.model.movie import FloatArray

PEAK = 15.0
"""Power of a peak, in units of the median of the frequencies around. Moving tissue stays below 10."""
SMALLEST_SIDE_PX = 24
FEWEST_FRAMES = 8
LOWEST = 3
"""Cycles over the field below which waves of neuropil are as strong."""
AROUND_ZERO = 3.0
"""Usual values below this many times the noise lie around 0."""
ALIKE = 0.5
"""Correlation of two halves of the frames from which on they show the same still image."""


def pattern_share(frames: FloatArray) -> float:
    """Give the share of the changes from frame to frame that narrow peaks of spatial frequency hold, 0 to 1.

    Parameters
    ----------
    frames
        (n, H, W) spread over the recording.
    """
    if min(frames.shape[1:]) < SMALLEST_SIDE_PX:
        return 0.0
    changes = frames - frames.mean(axis=0)
    changes = changes - changes.mean(axis=(1, 2), keepdims=True)
    power = (np.abs(np.fft.rfft2(changes * _window(frames.shape[1:]))) ** 2).mean(axis=0)
    peaks = (power > PEAK * _around(power)) & _high_enough(power.shape)
    return float(power[peaks].sum() / max(power.sum(), 1e-30))


def has_still_image(frames: FloatArray) -> bool:
    """Tell whether there is a picture that frames could be registered to.

    There is none in a movie of z-scores or of dF/F: its values lie around 0, and the usual values of its pixels, taken
    from two halves of the frames, differ from each other as much as from pixel to pixel.
    """
    usual = np.median(frames, axis=0)
    noise = 1.4826 * float(np.median(np.abs(frames - usual)))
    if len(frames) < FEWEST_FRAMES:
        return True
    if abs(float(np.median(usual))) >= AROUND_ZERO * noise:
        return True
    first, second = (np.median(frames[start::2], axis=0).ravel() for start in (0, 1))
    if min(first.std(), second.std()) == 0:
        return False
    return bool(np.corrcoef(first, second)[0, 1] >= ALIKE)


def _window(shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.outer(np.hanning(shape[0]), np.hanning(shape[1]))


def _around(power: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.concatenate([power[-12:], power, power[:12]])
    return median_filter(whole, size=(17, 17), mode="mirror")[12:-12]


def _high_enough(shape: tuple[int, int]) -> NDArray[np.bool_]:
    rows = np.minimum(np.arange(shape[0]), shape[0] - np.arange(shape[0]))
    return np.hypot(rows[:, None], np.arange(shape[1])[None]) >= LOWEST
