"""What a frame says about its field of shifts, once it has been laid on the template roughly.

What is left between the warped frame and the template is, to first order, the template's gradient times the shift still
missing (Lucas & Kanade, 1981, IJCAI). Weighed by the noise, that is a linear measurement of all coefficients of the
field at once,

    evidence = information @ coefficients + noise,   the noise having the covariance `information`,

which finds a deformation that changes within a patch, and says how little an empty corner knows. Slow differences in
brightness, added or multiplied, are fitted beside the shifts and taken out.

Nothing is interpolated for it: each block of the frame is laid on the template by the whole pixels nearest to its
shift, and the fraction, which is known, is taken from what was measured. The expansion then spans half a pixel more, of
which little is left: its even terms cancel over a block, and the third is a few per cent.

The noise of a pixel is measured on residuals blurred by about a pixel. A cell that is active is brighter over its whole
area, so that its noise doesn't average out as photon noise does, and after the blur it counts for more.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion.grid import ShiftField, weights_at
from calscope.algorithms.motion.likeness import GAIN_LIMIT
from calscope.compiled import kernel
from calscope.model.movie import FloatArray

BLOCK_PX = 8
"""The field and the brightness are taken as constant within blocks of this side when products are summed."""
BRIGHTNESS_PX = 8192
"""Brightness is matched on about as many pixels, whole rows apart: a straight line needs no more."""
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
    fractions: FloatArray
    """(4, 2, rows, columns) what a shift of 1 px down or right of a block adds to its four sums."""

    def read(self, frames: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Sum up what is left between frames and template.

        Parameters
        ----------
        frames
            (n, H, W) as they are, finite.
        coefficients
            (n, Ky, Kx, 2) the fields that lay them on the template roughly, px.

        Returns
        -------
        FloatArray
            (n, 2*Ky*Kx + 2*M), for `combine`. Pixels whose source lies outside of the frame say nothing.
        """
        own = np.ascontiguousarray(coefficients, np.float32)
        out = np.zeros((len(frames), sum(self.projection.shape)), np.float32)
        step = max(1, min(BLOCK_PX, self.template.size // BRIGHTNESS_PX))
        _read(
            frames,
            own,
            self.template,
            self.weighted,
            self.fractions,
            self.shift_bases,
            self.brightness_bases,
            step,
            out,
        )
        return out

    def combine(self, readings: FloatArray, coefficients: FloatArray) -> FloatArray64:
        """Evidence about whole fields, from what `read` gave around the fields `coefficients` (n, Ky, Kx, 2)."""
        n = len(self.information)
        missing = readings[:, :n] - readings[:, n:] @ self.projection.T
        return missing + flatten(coefficients) @ self.information

    def combiner(self, shapes: FloatArray64) -> FloatArray:
        """Make what [readings, coefficients flat] is multiplied by: combined and summed over shapes (2*Ky*Kx, r)."""
        return np.concatenate([shapes, -self.projection.T @ shapes, self.information @ shapes]).astype(np.float32)


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
        fractions=np.array([[_block_sums(a * b) for b in _slopes(template)] for a in weighted], np.float32),
    )


def _slopes(image: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slopes (H, W) down and right, to the fourth order: a known fraction is taken out whole."""
    kernel = np.array([[1, -8, 0, 8, -1]], np.float32) / 12
    return tuple(  # type: ignore[return-value]
        np.asarray(cv2.filter2D(image, cv2.CV_32F, k, borderType=cv2.BORDER_REPLICATE), np.float32)
        for k in (kernel.T, kernel)
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


@kernel
def _read(frames, coefficients, template, weighted, fractions, shift_bases, brightness_bases, step, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Read the evidence of frames; a stripe of blocks of all of them at a time, so that the weights stay in cache."""
    n = len(frames)
    rows, columns = shift_bases
    down, across = rows.shape[0], columns.shape[0]
    shifts = np.empty((n, 2, down, across), np.float32)
    light = np.empty((n, 2), np.float32)
    for t in range(n):
        _block_shifts(coefficients[t], rows, columns, shifts[t])
        light[t] = _match_brightness(frames[t], template, shifts[t], step)
    sums = np.zeros((n, 4, down, across), np.float32)
    residual = np.empty((BLOCK_PX, frames.shape[2]), np.float32)
    for stripe in range(down):
        for t in range(n):
            _sum_stripe(frames[t], template, weighted, fractions, shifts[t], light[t], stripe, residual, sums[t])
    for t in range(n):
        _spread(sums[t], shift_bases, brightness_bases, out[t])


@kernel
def _block_shifts(coefficients, rows, columns, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Shift of each block, (2, rows, columns)."""
    n_y, n_x = coefficients.shape[:2]
    line = np.empty((2, n_x), np.float32)
    for y in range(rows.shape[0]):
        line[:] = 0
        for i in range(n_y):
            if rows[y, i] != 0:
                for j in range(n_x):
                    line[0, j] += rows[y, i] * coefficients[i, j, 0]
                    line[1, j] += rows[y, i] * coefficients[i, j, 1]
        for x in range(columns.shape[0]):
            weights = columns[x]
            for k in range(2):
                values = line[k]
                total = np.float32(0)
                for j in range(n_x):
                    total += weights[j] * values[j]
                out[k, y, x] = total


@kernel
def _nearest(shift):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return math.floor(shift + np.float32(0.5))


@kernel
def _match_brightness(frame, template, shifts, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Give the factor and the offset that make a frame as bright as the template, from every `step`-th row."""
    height, width = frame.shape
    base_f = frame[height // 2, width // 2]
    base_m = template[height // 2, width // 2]
    total = np.zeros(5)
    for y in range(step // 2, height, step):
        for block in range(shifts.shape[2]):
            source = y - _nearest(shifts[0, y // BLOCK_PX, block])
            if source < 0 or source >= height:
                continue
            move = _nearest(shifts[1, y // BLOCK_PX, block])
            begin = max(block * BLOCK_PX, move)
            end = min(block * BLOCK_PX + BLOCK_PX, width, width + move)
            if end <= begin:
                continue
            f = frame[source, begin - move : end - move]
            m = template[y, begin:end]
            sum_a = sum_b = squares = products = np.float32(0)  # no array: to make one takes longer than to fill it
            for x in range(end - begin):
                a = f[x] - base_f
                b = m[x] - base_m
                sum_a += a
                sum_b += b
                squares += b * b
                products += a * b
            total[0] += end - begin
            total[1] += sum_a
            total[2] += sum_b
            total[3] += squares
            total[4] += products
    count = max(total[0], 1.0)
    mean_f, mean_m = total[1] / count, total[2] / count
    power = total[3] - count * mean_m * mean_m
    strength = (total[4] - count * mean_f * mean_m) / power if power > 0 else 1.0
    gain = 1 / min(max(strength, 1 / GAIN_LIMIT), GAIN_LIMIT)
    return np.array([gain, mean_m + base_m - gain * (mean_f + base_f)], np.float32)


@kernel
def _sum_stripe(frame, template, weighted, fractions, shifts, light, stripe, residual, sums):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Sum the products of residual and weighted factors over each block of a stripe, less what fractions add."""
    height, width = frame.shape
    across = shifts.shape[2]
    top = stripe * BLOCK_PX
    bottom = min(top + BLOCK_PX, height)
    for block in range(across):
        seen = _subtract_block(frame, template, shifts, light, stripe, block, residual)
        part_y = (shifts[0, stripe, block] - _nearest(shifts[0, stripe, block])) * seen
        part_x = (shifts[1, stripe, block] - _nearest(shifts[1, stripe, block])) * seen
        for k in range(4):
            taken = part_y * fractions[k, 0, stripe, block] + part_x * fractions[k, 1, stripe, block]
            sums[k, stripe, block] -= taken
    line = np.empty(across * BLOCK_PX, np.float32)
    for k in range(4):
        line[:] = 0
        for y in range(top, bottom):
            r = residual[y - top]
            w = weighted[k, y]
            for x in range(width):
                line[x] += r[x] * w[x]
        for block in range(across):
            # the line has room for a whole last block
            begin = block * BLOCK_PX
            eight = line[begin : begin + BLOCK_PX]
            total = np.float32(0)
            for x in range(BLOCK_PX):
                total += eight[x]
            sums[k, stripe, block] += total


@kernel
def _subtract_block(frame, template, shifts, light, stripe, block, residual):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Frame less template in one block, 0 where the frame doesn't reach; gives the share of pixels that it reaches."""
    height, width = frame.shape
    move_y = _nearest(shifts[0, stripe, block])
    move_x = _nearest(shifts[1, stripe, block])
    top = stripe * BLOCK_PX
    bottom = min(top + BLOCK_PX, height)
    left = block * BLOCK_PX
    right = min(left + BLOCK_PX, width)
    gain, offset = light[0], light[1]
    whole = right - left == BLOCK_PX and left - move_x >= 0 and right - move_x <= width
    first = max(left, min(move_x, right))
    last = min(right, max(width + move_x, first))
    reached = 0
    for y in range(top, bottom):
        r = residual[y - top, left:right]
        source = y - move_y
        if source < 0 or source >= height:
            r[:] = 0
        elif whole:
            f = frame[source, left - move_x : right - move_x]
            m = template[y, left:right]
            for x in range(BLOCK_PX):
                r[x] = gain * f[x] + offset - m[x]
            reached += BLOCK_PX
        else:
            r[:] = 0
            for x in range(first, last):
                r[x - left] = gain * frame[source, x - move_x] + offset - template[y, x]
            reached += last - first
    return np.float32(reached) / np.float32((bottom - top) * (right - left))


@kernel
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
