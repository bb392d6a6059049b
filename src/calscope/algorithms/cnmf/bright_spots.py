"""Where the first fit would place its seeds, estimated from a correlation image alone, in milliseconds.

The fit looks for the K brightest blurred spots of each patch in the movie itself (`initialization`). Before any fit the
correlation image, blurred in the same way, shows roughly where those are, and how many there are.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray

Patch = tuple[slice, slice]
Places = NDArray[np.intp]
"""(n, 2) px as (y, x), the brightest first."""


def bright_spots(image: FloatArray, gSig: tuple[int, int], border_px: int = 0) -> Places:
    """Find the local maxima of an image blurred with a Gaussian of a soma's size.

    Parameters
    ----------
    image
        (H, W); what is not finite counts as the darkest value.
    gSig
        Half-size of a soma, px (y, x).
    border_px
        Rim in which no spot counts.
    """
    known = np.isfinite(image)
    lowest = float(image[known].min()) if known.any() else 0.0
    filled = np.where(known, image, lowest).astype(np.float32)
    blurred = cv2.GaussianBlur(filled, (0, 0), sigmaX=gSig[1], sigmaY=gSig[0], borderType=cv2.BORDER_REFLECT)
    square = np.ones((3, 3), np.uint8)
    # A plateau is no spot: something beside it must be darker.
    peak = (blurred >= cv2.dilate(blurred, square)) & (blurred > cv2.erode(blurred, square))
    peak[:border_px], peak[peak.shape[0] - border_px :] = False, False
    peak[:, :border_px], peak[:, peak.shape[1] - border_px :] = False, False
    places = np.argwhere(peak)
    return places[np.argsort(-blurred[peak], kind="stable")]


def seeds_in_patches(spots: Places, patches: Sequence[Patch], K: int) -> Places:
    """Give the spots that are among the K brightest of some patch; one that several patches hold counts once.

    Parameters
    ----------
    spots
        As `bright_spots` gives them.
    patches
        Rows and columns of each patch, row by row, as `patches.patch_grid` gives them.
    K
        Components looked for in each patch.
    """
    rows_of: dict[tuple[int, int], list[slice]] = {}
    for rows, columns in patches:
        rows_of.setdefault((rows.start, rows.stop), []).append(columns)
    chosen = np.zeros(len(spots), bool)
    for (top, bottom), cuts in rows_of.items():
        candidates = np.flatnonzero((spots[:, 0] >= top) & (spots[:, 0] < bottom))
        starts, stops = np.asarray([(cut.start, cut.stop) for cut in cuts]).T
        x = spots[candidates, 1, None]
        inside = (x >= starts) & (x < stops)  # (candidates, patches of these rows)
        chosen[candidates] |= (inside & (np.cumsum(inside, axis=0) <= K)).any(axis=1)
    return spots[chosen]
