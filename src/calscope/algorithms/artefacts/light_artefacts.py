"""Frames into which other light fell: optogenetic stimulation, an open door, a lamp; the whole frame or a band of rows.

Tissue brightens over several frames and in places. A light artefact brightens every pixel of the rows scanned
meanwhile, from one frame to the next, by more than the picture itself has contrast.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from calscope.model.movie import FloatArray

FEWEST_ROWS = 4
"""Adjacent rows that must be too bright; fewer are a bright cell or a defect of the detector."""
CERTAIN = 12.0
"""Deviation from the frames around, in robust standard deviations of the row over time."""
CONTRAST = 1.0
"""The same in units of the contrast of the median image."""
LARGEST_SHARE = 0.4
"""Where more frames than this deviate there is no telling which are the odd ones."""
NEIGHBOURHOOD = 101
"""Frames over which the usual brightness of a row is taken."""


def find_light_artefacts(row_means: FloatArray, contrast: float) -> NDArray[np.bool_]:
    """Find the frames with a light artefact, (T,).

    Parameters
    ----------
    row_means
        (T, H) mean of each row of each frame.
    contrast
        Range of the median image, from its 1st to its 99th percentile.
    """
    n_frames = len(row_means)
    usual = median_filter(row_means, size=(min(NEIGHBOURHOOD, n_frames), 1), mode="mirror")
    deviation = row_means - usual
    spread = 1.4826 * np.median(np.abs(deviation), axis=0)
    too_bright = deviation > np.maximum(CERTAIN * spread, CONTRAST * contrast)
    found = _longest_runs(too_bright) >= min(FEWEST_ROWS, row_means.shape[1])
    return found if found.mean() <= LARGEST_SHARE else np.zeros(n_frames, np.bool_)


def _longest_runs(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Length of the longest run of True in each row of an array."""
    longest, current = np.zeros(len(flags), np.intp), np.zeros(len(flags), np.intp)
    for column in flags.T:
        current = np.where(column, current + 1, 0)
        np.maximum(longest, current, out=longest)
    return longest
