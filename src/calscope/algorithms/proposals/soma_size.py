"""The diameter of cell bodies, from the pictures of what lights up at active spots.

The outline of a spot runs at half of its height, holes filled; its diameter is that of a disc of the same area. Spots
that are thin, ragged, without an edge, or hardly above their surroundings are no somata in focus and don't count
(the measures are those of `evaluation.soma`, in units of the spot's own radius).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, label

from calscope.algorithms.evaluation.soma import soma_parts
from calscope.model.movie import FloatArray

SMOOTHING = 0.12
"""Standard deviation by which a picture is smoothed, in radii of the spot."""
LEAST_SMOOTHING_PX = 0.5
CLEAR_SD = 5.0
"""Height of a spot, in standard deviations of its surroundings."""
SMALLEST_RADIUS_PX = 1.5
THICK, ROUND, SHARP = 0.5, 0.5, 0.65
"""Thickness, roundness and edge that a soma in focus has at least; a blob that fades out as a Gaussian has an edge of
0.64 in units of its own radius."""


@dataclass(frozen=True)
class SpotShape:
    """The outline of one spot."""

    mask: NDArray[np.bool_]
    """(h, w) of its picture."""
    radius_px: float
    """Of the disc of the same area."""
    is_soma: bool
    """Whether it is as thick, round and sharp as a soma in focus."""


def shape_of(picture: FloatArray, centre: tuple[float, float], radius_px: float) -> SpotShape | None:
    """Find the outline of the spot in a picture; None where there is none, or it doesn't end inside of the picture.

    Parameters
    ----------
    picture
        (h, w) what lights up with a spot.
    centre
        Of the spot (y, x), px of the picture.
    radius_px
        What is known of its size.
    """
    y, x = np.indices(picture.shape)
    away = np.hypot(y - centre[0], x - centre[1])
    far = away > 2.0 * radius_px
    if far.sum() < 20:
        return None
    smooth = cv2.GaussianBlur(picture, (0, 0), max(LEAST_SMOOTHING_PX, SMOOTHING * radius_px))
    ground = float(np.median(smooth[far]))
    spread = 1.4826 * float(np.median(np.abs(smooth[far] - ground)))
    smooth = smooth - np.float32(ground)
    within = np.where(away <= radius_px, smooth, 0)
    top = float(within.max())
    if top <= CLEAR_SD * spread:
        return None
    core = within > 0.5 * top
    level = 0.5 * float(np.percentile(smooth[core], 75))
    mask = _piece(smooth > level, int(np.argmax(within)))
    if mask is None or mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
        return None
    radius = math.sqrt(mask.sum() / math.pi)
    if radius < SMALLEST_RADIUS_PX:
        return None
    footprint = np.where(mask, np.maximum(smooth, 0), 0)
    thickness, _, round_, edge, _ = soma_parts(picture - ground, footprint, (radius, radius))
    return SpotShape(mask, radius, thickness >= THICK and round_ >= ROUND and edge >= SHARP)


def _piece(above: NDArray[np.bool_], at: int) -> NDArray[np.bool_] | None:
    pieces, _ = label(above)
    number = int(pieces.ravel()[at])
    if number == 0:
        return None
    return np.asarray(binary_fill_holes(pieces == number), np.bool_)
