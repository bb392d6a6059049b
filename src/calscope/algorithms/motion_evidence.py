"""What a frame says about its field of shifts, once it has been laid on the template roughly.

What is left between the warped frame and the template is, to first order, the template's gradient times the shift still
missing (Lucas & Kanade, 1981, IJCAI). Weighed by the noise, that is a linear measurement of all coefficients of the
field at once,

    evidence = information @ coefficients + noise,   the noise having the covariance `information`,

which finds a deformation that changes within a patch, and says how little an empty corner knows. Slow differences in
brightness, added or multiplied, are fitted beside the shifts and taken out.

The noise of a pixel is measured on residuals blurred by about a pixel. A cell that is active is brighter over its whole
area, so that its noise doesn't average out as photon noise does, and after the blur it counts for more.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from calscope.algorithms.likeness import match_brightness
from calscope.algorithms.motion_grid import ShiftField, weights_at
from calscope.model.movie import FloatArray

BLOCK_PX = 8
"""The field and the brightness are taken as constant within blocks of this side when products are summed."""
BLUR_PX = 1.0
BRIGHTNESS_SPANS = 3
"""Spans of the splines that slow differences in brightness are made of, along each side."""

FloatArray64 = NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """A template prepared to read evidence from frames."""

    template: FloatArray
    """(H, W)."""
    weighted: FloatArray
    """(4, H, W) what residuals are multiplied by: gradient down, gradient right, 1 and the template, over the noise."""
    shift_bases: tuple[FloatArray, FloatArray]
    """Weights of the field's coefficients in each row of blocks, (rows, Ky), and each column, (columns, Kx)."""
    brightness_bases: tuple[FloatArray, FloatArray]
    """The same for brightness."""
    projection: FloatArray64
    """(2*Ky*Kx, 2*M) what of the evidence for brightness is taken from that for shifts."""
    information: FloatArray64
    """(2*Ky*Kx, 2*Ky*Kx); all coefficients down come before all to the right."""

    def read(self, warped: FloatArray, rims: NDArray[np.int64]) -> FloatArray:
        """Sum up what is left between frames and template.

        Parameters
        ----------
        warped
            (n, H, W) frames laid on the template.
        rims
            (n, 4) width of the rim that was filled: top, bottom, left, right, px; it says nothing.

        Returns
        -------
        FloatArray
            (n, 2*Ky*Kx + 2*M), for `combine`.
        """
        out = np.zeros((len(warped), sum(self.projection.shape)), np.float32)
        height, width = self.template.shape
        for frame, rim, told in zip(warped, rims, out, strict=True):
            inside = np.s_[rim[0] : height - rim[1], rim[2] : width - rim[3]]
            if frame[inside].size == 0:
                continue
            gain, offset = match_brightness(frame[inside], self.template[inside])
            sums = _sum_blocks(frame, self.template, self.weighted, gain, offset, rim)
            _spread(sums, self.shift_bases, self.brightness_bases, told)
        return out

    def combine(self, told: FloatArray, coefficients: FloatArray) -> FloatArray64:
        """Evidence about whole fields, from what `read` told around the fields `coefficients` (n, Ky, Kx, 2)."""
        n = len(self.information)
        missing = told[:, :n] - told[:, n:] @ self.projection.T
        return missing + flatten(coefficients) @ self.information


def flatten(coefficients: FloatArray) -> FloatArray64:
    """Coefficients (n, Ky, Kx, 2) -> (n, 2*Ky*Kx), all down before all to the right."""
    return np.moveaxis(coefficients, -1, 1).reshape(len(coefficients), -1).astype(np.float64)


def unflatten(values: NDArray, shape: tuple[int, int]) -> FloatArray:
    """Undo `flatten`."""
    return np.ascontiguousarray(np.moveaxis(values.reshape(len(values), 2, *shape), 1, -1), np.float32)


def blurred(frame: FloatArray) -> FloatArray:
    """Blur a frame as far as the noise is measured on."""
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), BLUR_PX, borderType=cv2.BORDER_REFLECT), np.float32)


def noise_of(blurred_variance: FloatArray) -> FloatArray:
    """Turn the variance in time of blurred residuals into that of the pixels which would give it if independent."""
    # a Gaussian blur leaves 1 / (4 pi s^2) of the variance of white noise
    variance = cv2.GaussianBlur(blurred_variance * np.float32(4 * np.pi * BLUR_PX**2), (0, 0), 2.0)
    floor = max(1e-3 * float(variance.mean()), 1e-12)
    return np.maximum(variance, np.float32(floor))


def prepare_evidence(template: FloatArray, noise: FloatArray, field: ShiftField) -> Evidence:
    """Prepare a template (H, W) whose pixels vary by `noise` (H, W, a variance) about it."""
    height, width = template.shape
    smooth = np.asarray(cv2.GaussianBlur(template, (0, 0), 0.5), np.float32)
    down = np.gradient(smooth, axis=0) if height > 1 else np.zeros_like(template)
    right = np.gradient(smooth, axis=1) if width > 1 else np.zeros_like(template)
    factors = np.stack([down, right, np.ones_like(template), template - template.mean()]).astype(np.float32)
    weighted = factors / noise
    shift_bases = _block_weights((height, width), field.shape)
    brightness_bases = _block_weights((height, width), (_brightness_nodes(height), _brightness_nodes(width)))
    to_field, to_brightness = (np.kron(rows, columns) for rows, columns in (shift_bases, brightness_bases))
    bases = [to_field, to_field, to_brightness, to_brightness]
    products = [[_block_sums(a * b).ravel() for b in factors] for a in weighted]
    full = np.block([[bases[a].T @ (products[a][b][:, None] * bases[b]) for b in range(4)] for a in range(4)])
    n = 2 * to_field.shape[1]
    crossed, brightness = full[:n, n:], full[n:, n:]
    ridge = 1e-6 * np.diag(np.diag(brightness)) + 1e-12 * np.eye(len(brightness))
    projection = np.linalg.solve(brightness + ridge, crossed.T).T
    information = full[:n, :n] - projection @ crossed.T
    return Evidence(
        template=template,
        weighted=np.ascontiguousarray(weighted, np.float32),
        shift_bases=shift_bases,
        brightness_bases=brightness_bases,
        projection=projection,
        information=(information + information.T) / 2,
    )


def _brightness_nodes(length: int) -> int:
    return BRIGHTNESS_SPANS + 3 if length >= 4 * BLOCK_PX else 1


def _block_weights(size: tuple[int, int], nodes: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    rows, columns = (weights_at(_block_centers(length), length, n) for length, n in zip(size, nodes, strict=True))
    return rows, columns


def _block_centers(length: int) -> FloatArray64:
    begins = np.arange(0, length, BLOCK_PX)
    return (begins + np.minimum(begins + BLOCK_PX, length) - 1) / 2


def _block_sums(image: FloatArray) -> FloatArray64:
    height, width = image.shape
    rows = np.add.reduceat(image.astype(np.float64), np.arange(0, height, BLOCK_PX), axis=0)
    return np.add.reduceat(rows, np.arange(0, width, BLOCK_PX), axis=1)


@njit(nogil=True, fastmath=True, cache=True)
def _sum_blocks(frame, template, weighted, gain, offset, rim):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Sum the products of a frame's residual and the weighted factors over blocks, leaving out the filled rim."""
    height, width = frame.shape
    down = (height + BLOCK_PX - 1) // BLOCK_PX
    across = (width + BLOCK_PX - 1) // BLOCK_PX
    out = np.zeros((4, down, across), np.float32)
    g = np.float32(gain)
    o = np.float32(offset)
    residual = np.empty(width, np.float32)
    for y in range(rim[0], height - rim[1]):
        f = frame[y]
        m = template[y]
        for x in range(width):
            residual[x] = g * f[x] + o - m[x]
        for x in range(min(rim[2], width)):
            residual[x] = 0
        for x in range(max(width - rim[3], 0), width):
            residual[x] = 0
        for k in range(4):
            w = weighted[k, y]
            for c in range(across):
                begin = c * BLOCK_PX
                end = min(begin + BLOCK_PX, width)
                r = residual[begin:end]
                v = w[begin:end]
                total = np.float32(0)
                for x in range(end - begin):
                    total += r[x] * v[x]
                out[k, y // BLOCK_PX, c] += total
    return out


@njit(nogil=True, fastmath=True, cache=True)
def _spread(sums, shift_bases, brightness_bases, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Weigh the sums of blocks by the splines: (4, rows, columns) -> down, right, brightness added and multiplied."""
    position = 0
    for k in range(4):
        rows, columns = shift_bases if k < 2 else brightness_bases
        part = np.zeros((rows.shape[1], columns.shape[1]), np.float32)
        line = np.empty(columns.shape[1], np.float32)
        for y in range(rows.shape[0]):
            line[:] = 0
            for x in range(columns.shape[0]):
                for j in range(columns.shape[1]):
                    line[j] += sums[k, y, x] * columns[x, j]
            for i in range(rows.shape[1]):
                for j in range(columns.shape[1]):
                    part[i, j] += rows[y, i] * line[j]
        for i in range(rows.shape[1]):
            for j in range(columns.shape[1]):
                out[position] = part[i, j]
                position += 1
