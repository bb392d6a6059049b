"""Spots of the residual that may be cells which the fit missed."""

import numpy as np

from calscope.algorithms.cnmf.bright_spots import Places, bright_spots
from calscope.model.results import Components, Residual

SMALLEST_RISE_SD = 7.0
"""Over a whole movie noise alone hardly rises so far anywhere."""
INSIDE = 0.2
"""Share of a footprint's peak from which on a pixel lies inside it."""


def missed_spots(residual: Residual, found: Components, *, border_px: int) -> Places:
    """Give the spots outside of all footprints, and inside the rim, where the residual rises far.

    Returns
    -------
    (n, 2) px (y, x), the highest first.
    """
    spots = bright_spots(residual.peak, (1, 1), border_px)
    y, x = spots.T
    return spots[(residual.peak[y, x] >= SMALLEST_RISE_SD) & ~_covered(found)[y, x]]


def _covered(found: Components) -> np.ndarray:
    """Tell which pixels (H, W) lie inside a footprint."""
    A = found.A.tocsc()
    peaks = np.repeat(A.max(axis=0).toarray().ravel(), np.diff(A.indptr))
    covered = np.zeros(A.shape[0], bool)
    covered[A.indices[A.data > INSIDE * peaks]] = True
    return covered.reshape(found.dims, order="F")
