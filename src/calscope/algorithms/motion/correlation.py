"""Normalised correlation of a patch with the windows around a place in an image, and its peak between the pixels.

Computed directly over the wanted lags. A circular correlation by Fourier transform, as NoRMCorre's, wraps the far edge
of the field into the patch and isn't normalised by the energy under it; both pull the peak away from the true place,
and for some tens of lags the transform isn't faster either.
"""

import math

import numpy as np

from calscope.compiled import kernel

MIN_COLUMNS = 7
"""Columns of lags that the kernel works on at once; a map must have at least that many."""


@kernel
def _products(image, top, left, patch, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """out[i, j] = sum of image[top + i + y, left + j + x] * patch[y, x], seven columns of lags in one go over a row.

    Rows are sliced before they are indexed: indexing `row[x + j]` with an offset that may be negative isn't vectorised.
    """
    height, width = patch.shape
    rows, columns = out.shape
    for i in range(rows):
        begin = 0
        while True:
            s0 = np.float32(0)
            s1 = np.float32(0)
            s2 = np.float32(0)
            s3 = np.float32(0)
            s4 = np.float32(0)
            s5 = np.float32(0)
            s6 = np.float32(0)
            for y in range(height):
                b = patch[y]
                a = image[top + i + y, left + begin : left + begin + width + 6]
                for x in range(width):
                    v = b[x]
                    s0 += a[x] * v
                    s1 += a[x + 1] * v
                    s2 += a[x + 2] * v
                    s3 += a[x + 3] * v
                    s4 += a[x + 4] * v
                    s5 += a[x + 5] * v
                    s6 += a[x + 6] * v
            out[i, begin] = s0
            out[i, begin + 1] = s1
            out[i, begin + 2] = s2
            out[i, begin + 3] = s3
            out[i, begin + 4] = s4
            out[i, begin + 5] = s5
            out[i, begin + 6] = s6
            if begin + 7 >= columns:
                break
            begin = min(begin + 7, columns - 7)


@kernel
def _divide_by_energy(image, top, left, height, width, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Divide each lag's product by the norm of the window less its mean; the sums of rows are shared by the lags."""
    rows, columns = out.shape
    n = np.float32(height * width)
    sums = np.empty((height + rows - 1, columns), np.float32)
    squares = np.empty((height + rows - 1, columns), np.float32)
    for y in range(height + rows - 1):
        r = image[top + y, left : left + width + columns - 1]
        s = np.float32(0)
        q = np.float32(0)
        for x in range(width):
            s += r[x]
            q += r[x] * r[x]
        sums[y, 0] = s
        squares[y, 0] = q
        for j in range(1, columns):
            old = r[j - 1]
            new = r[j - 1 + width]
            s += new - old
            q += new * new - old * old
            sums[y, j] = s
            squares[y, j] = q
    for j in range(columns):
        s = np.float32(0)
        q = np.float32(0)
        for y in range(height):
            s += sums[y, j]
            q += squares[y, j]
        for i in range(rows):
            if i > 0:
                s += sums[i - 1 + height, j] - sums[i - 1, j]
                q += squares[i - 1 + height, j] - squares[i - 1, j]
            out[i, j] /= math.sqrt(max(q - s * s / n, np.float32(1e-6)))


@kernel
def correlate(image, top, left, patch, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Fill `out` with the correlation of `patch` and the windows of `image` that begin at (top + i, left + j).

    Parameters
    ----------
    image
        (H, W) float32; all windows must lie inside.
    top, left
        Begin of the window of lag index (0, 0).
    patch
        (h, w) float32, mean 0.
    out
        (rows, columns) float32, at least MIN_COLUMNS columns. The correlation times the norm of the patch: where the
        patch has much structure its values are larger, which is the weight it deserves beside others.
    """
    _products(image, top, left, patch, out)
    _divide_by_energy(image, top, left, patch.shape[0], patch.shape[1], out)


@kernel
def peak(values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Give the lag indices of the largest inner value; the middle one when nothing exceeds it."""
    rows, columns = values.shape
    best_i, best_j = rows // 2, columns // 2
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            if values[i, j] > values[best_i, best_j]:
                best_i = i
                best_j = j
    return best_i, best_j


@kernel
def between_pixels(values, i, j):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Give the offset (y, x) from (i, j) to the top of the quadratic through its 3 x 3 neighbourhood, within one px."""
    middle = values[i, j]
    gy = (values[i + 1, j] - values[i - 1, j]) / 2
    gx = (values[i, j + 1] - values[i, j - 1]) / 2
    hyy = values[i + 1, j] - 2 * middle + values[i - 1, j]
    hxx = values[i, j + 1] - 2 * middle + values[i, j - 1]
    hxy = (values[i + 1, j + 1] - values[i + 1, j - 1] - values[i - 1, j + 1] + values[i - 1, j - 1]) / 4
    det = hyy * hxx - hxy * hxy
    if det <= 0 or hyy >= 0:
        return 0.0, 0.0
    dy = -(hxx * gy - hxy * gx) / det
    dx = -(hyy * gx - hxy * gy) / det
    return min(max(dy, -1.0), 1.0), min(max(dx, -1.0), 1.0)
