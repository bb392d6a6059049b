"""Laying a frame on the template by a smooth field of shifts, with cubic interpolation.

Cubic, not linear: linear interpolation takes away a third of the noise, and more of it the further a shift is from a whole
pixel, which distorts every later estimate of noise and flatters every measure of the correction.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion_grid import ShiftField
from calscope.model.movie import FloatArray


class Warper:
    """Warps frames of one size; holds the pixel positions that every frame needs."""

    def __init__(self, field: ShiftField) -> None:
        self.field = field
        height, width = len(field.rows), len(field.columns)
        grid_x, grid_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        self._positions = np.stack([grid_y, grid_x])

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
        for frame, moved, own in zip(frames, out, coefficients, strict=True):
            if not own.any():
                moved[:] = frame
                continue
            y, x = self._positions - self.field.at_pixels(own)
            cv2.remap(frame, x, y, cv2.INTER_CUBIC, dst=moved, borderMode=cv2.BORDER_REPLICATE)
        return out

    def rims(self, coefficients: FloatArray) -> NDArray[np.intp]:
        """Width of the rim that each field (n, Ky, Kx, 2) leaves to be filled, (n, 4): top, bottom, left, right, px.

        Taken from the shifts at the four edges, which is exact where the field is smooth over the rim.
        """
        rows, columns = self.field.rows, self.field.columns
        down = np.einsum("yi,nij,xj->nyx", rows[[0, -1]], coefficients[..., 0], columns, optimize=True)
        right = np.einsum("yi,nij,xj->nyx", rows, coefficients[..., 1], columns[[0, -1]], optimize=True)
        far = [down[:, 0].max(1), -down[:, 1].min(1), right[:, :, 0].max(1), -right[:, :, 1].min(1)]
        limits = np.repeat([len(rows), len(columns)], 2)
        return np.clip(np.ceil(np.stack(far, axis=1)), 0, limits).astype(np.intp)

    def filled_rim(self, coefficients: FloatArray) -> int:
        """Width of the widest rim, px, that any of the fields (n, Ky, Kx, 2) leaves to be filled."""
        rows, columns = self.field.rows, self.field.columns
        rims = [0]
        for axis, weights in ((0, (rows, columns)), (1, (columns, rows))):
            values = coefficients[..., axis]
            if axis == 1:
                values = values.swapaxes(1, 2)
            along, across = weights
            length = len(along)
            reach = min(length, int(np.ceil(np.abs(values).max(initial=0))) + 1)
            near = np.einsum("yi,nij,xj->nyx", along[:reach], values, across, optimize=True)
            far = np.einsum("yi,nij,xj->nyx", along[length - reach :], values, across, optimize=True)
            depth = np.arange(reach, dtype=np.float32)
            # a pixel within `depth` of the edge is filled when its source lies beyond that edge by more than rounding
            low = ((near - depth[:, None]) > 1e-3).any(axis=(0, 2))
            high = ((-far - depth[::-1][:, None]) > 1e-3).any(axis=(0, 2))
            rims += [int(depth[low].max(initial=-1)) + 1, int(depth[::-1][high].max(initial=-1)) + 1]
        return max(rims)
