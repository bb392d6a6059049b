"""The pixels inside of an outline that was drawn by hand."""

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.sparse import csc_matrix

from calscope.model.errors import ParameterError

MOST_POINTS = 4000


def pixels_inside(points: Sequence[tuple[float, float]], dims: tuple[int, int]) -> csc_matrix:
    """Give the pixels inside of an outline as one column, (H*W, 1) of ones in Fortran order.

    One point is the pixel that it lies on. What lies outside of the field is left out.

    Parameters
    ----------
    points
        Corners (y, x), px; the centre of the first pixel is (0, 0).

    Raises
    ------
    ParameterError
        When there are no points or too many, or nothing of it lies in the field.
    """
    if not 0 < len(points) <= MOST_POINTS or not np.isfinite(points).all():
        raise ParameterError(f"An outline has 1 to {MOST_POINTS} points; this one has {len(points)}.")
    inside = np.zeros(dims, np.uint8)
    corners = np.clip(np.rint(np.asarray(points, np.float64)), -(2**14), 2**14).astype(np.int32)
    if len(corners) == 1:
        y, x = corners[0].tolist()
        if 0 <= y < dims[0] and 0 <= x < dims[1]:
            inside[y, x] = 1
    else:
        cv2.fillPoly(inside, [np.ascontiguousarray(corners[:, ::-1])], (1,))
    if not inside.any():
        raise ParameterError(f"It lies outside of the field of {dims[0]} x {dims[1]} px. Draw it inside.")
    return csc_matrix(inside.reshape(-1, 1, order="F").astype(np.float32))
