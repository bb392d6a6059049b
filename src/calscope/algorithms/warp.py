"""Laying a frame on the template by a smooth field of shifts, with cubic interpolation.

Cubic, not linear: linear interpolation takes away a third of the noise, and more of it the further a shift is from a
whole pixel, which distorts every later estimate of noise and flatters every measure of the correction.
"""

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from calscope.algorithms.motion_grid import ShiftField
from calscope.model.movie import FloatArray, Movie

ROUNDING_PX = 1e-3
"""A source this little outside of the frame is inside but for rounding."""


class Warper:
    """Warps frames by fields of one kind."""

    def __init__(self, field: ShiftField) -> None:
        self.field = field

    def warp(self, frames: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Warp frames.

        Parameters
        ----------
        frames
            (n, H, W) float32.
        coefficients
            (n, Ky, Kx, 2) of the field, px; positive moves the picture down and right.

        Returns
        -------
        FloatArray
            (n, H, W); where a frame doesn't reach, its nearest edge pixel is repeated.
        """
        out = np.empty_like(frames)
        y, x = np.empty(frames.shape[1:], np.float32), np.empty(frames.shape[1:], np.float32)
        for frame, moved, own in zip(frames, out, coefficients, strict=True):
            if not own.any():
                moved[:] = frame
                continue
            _sources(self.field.rows, self.field.columns, np.ascontiguousarray(own, np.float32), y, x)
            cv2.remap(frame, x, y, cv2.INTER_CUBIC, dst=moved, borderMode=cv2.BORDER_REPLICATE)
        return out

    def rims(self, coefficients: FloatArray) -> NDArray[np.int64]:
        """Width of the rim that each field (n, Ky, Kx, 2) leaves to be filled, (n, 4): top, bottom, left, right, px."""
        rows, columns = self.field.rows, self.field.columns
        down = np.ascontiguousarray(coefficients[..., 0], np.float32)
        right = np.ascontiguousarray(coefficients[..., 1].swapaxes(1, 2), np.float32)
        return np.concatenate([_rims(rows, columns, down), _rims(columns, rows, right)], axis=1)


@njit(nogil=True, fastmath=True, cache=True)
def _sources(rows, columns, coefficients, y_out, x_out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Where each pixel's value comes from: its own place less the shift there."""
    n_y, n_x = coefficients.shape[:2]
    height, width = y_out.shape
    down = np.empty(n_x, np.float32)
    right = np.empty(n_x, np.float32)
    by_node = np.ascontiguousarray(columns.T)
    for y in range(height):
        down[:] = 0
        right[:] = 0
        for i in range(n_y):
            weight = rows[y, i]
            if weight != 0:
                for j in range(n_x):
                    down[j] += weight * coefficients[i, j, 0]
                    right[j] += weight * coefficients[i, j, 1]
        to_y = y_out[y]
        to_x = x_out[y]
        for x in range(width):
            to_y[x] = y
            to_x[x] = x
        for j in range(n_x):
            a = down[j]
            b = right[j]
            w = by_node[j]
            for x in range(width):
                to_y[x] -= a * w[x]
                to_x[x] -= b * w[x]


def encode(movie: Movie, frames: FloatArray, out: NDArray[np.uint16]) -> None:
    """Write frames as the codes of a 16-bit movie; the same as `movie.encode`, in one go over the pixels."""
    _encode(frames, np.float32(1 / movie.scale), np.float32(movie.offset), out)


@njit(nogil=True, fastmath=True, cache=True)
def _encode(frames, per_unit, offset, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n, height, width = frames.shape
    for t in range(n):
        for y in range(height):
            values = frames[t, y]
            codes = out[t, y]
            for x in range(width):
                code = (values[x] - offset) * per_unit + np.float32(0.5)
                codes[x] = np.uint16(min(max(code, np.float32(0)), np.float32(65535)))


@njit(nogil=True, fastmath=True, cache=True)
def _rims(along, across, shifts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lines at the begin and the end of an axis with a source outside of the frame, (n, 2); shifts are (n, Ky, Kx)."""
    n, n_along, n_across = shifts.shape
    length = along.shape[0]
    out = np.zeros((n, 2), np.int64)
    line = np.empty(n_across, np.float32)
    for t in range(n):
        for end in range(2):
            for depth in range(length):
                at = depth if end == 0 else length - 1 - depth
                line[:] = 0
                for i in range(n_along):
                    for j in range(n_across):
                        line[j] += along[at, i] * shifts[t, i, j]
                furthest = np.float32(0)
                for x in range(across.shape[0]):
                    value = np.float32(0)
                    for j in range(n_across):
                        value += across[x, j] * line[j]
                    furthest = max(furthest, value if end == 0 else -value)
                if furthest <= depth + ROUNDING_PX:
                    break
                out[t, end] = depth + 1
    return out
