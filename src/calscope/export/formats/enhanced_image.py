"""An image in which dim and bright cells stand out alike: each pixel beside what lies around it."""

import numpy as np
from scipy.ndimage import gaussian_filter

from calscope.model.movie import FloatArray
from calscope.model.recording import Pair

SPREADS = 3
"""How many local standard deviations lie between the middle of the range and each of its ends."""
_LEAST_SPREAD = 0.1
"""Least local spread, relative to the median of the field: noise of a dark stretch is not made to look like cells."""


def enhanced(image: FloatArray, widths_px: Pair) -> FloatArray:
    """Give an image from 0 to 1: 0.5 is the local mean, 0 and 1 lie three local standard deviations below and above.

    Parameters
    ----------
    image
        (H, W); what is NaN stays out of its neighbours' means, and becomes 0.5.
    widths_px
        Standard deviation (y, x) of the Gaussian window over which mean and spread are taken.

    Returns
    -------
    enhanced
        (H, W) float32; 0.5 everywhere for an image of one value.
    """
    is_known = np.isfinite(image)
    weight = np.maximum(gaussian_filter(is_known.astype(np.float64), widths_px), 1e-9)
    values = np.where(is_known, image, 0).astype(np.float64)
    above = np.where(is_known, values - gaussian_filter(values, widths_px) / weight, 0)
    spread = np.sqrt(np.maximum(gaussian_filter(above**2, widths_px) / weight, 0))
    usual = float(np.median(spread[is_known])) if is_known.any() else 0.0
    spread = np.maximum(spread, max(_LEAST_SPREAD * usual, float(np.finfo(np.float32).tiny)))
    # A field of one value differs from its mean by rounding alone.
    relative = np.where(np.abs(above) <= 1e-9 * np.abs(values), 0, above / spread)
    out: FloatArray = np.clip(0.5 + relative / (2 * SPREADS), 0, 1).astype(np.float32)
    return out
