"""Footprints as sparse columns: pixel order, dilation, cleaning, denoising, scale."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix

from calscope.model.movie import FloatArray
from calscope.model.progress import Check, asking, unasked

Dims = tuple[int, int]


def to_fortran(A: csc_matrix, dims: Dims) -> csc_matrix:
    """Footprints with pixels in row order (y * W + x) to Fortran order (y + x * H)."""
    height, width = dims
    y, x = np.divmod(A.indices, width)
    return _with_rows(A, y + x * height)


def from_fortran(A: csc_matrix, dims: Dims) -> csc_matrix:
    """Footprints with pixels in Fortran order to row order."""
    height, width = dims
    x, y = np.divmod(A.indices, height)
    return _with_rows(A, y * width + x)


def _with_rows(A: csc_matrix, rows: NDArray) -> csc_matrix:
    out = csc_matrix((A.data.astype(np.float32), rows, A.indptr.copy()), shape=A.shape)
    out.sort_indices()
    return out


def swap_order(values: NDArray, dims_from: Dims) -> NDArray:
    """Turn (H*W, ...) from row order into Fortran order; with (W, H) given, back again."""
    height, width = dims_from
    shaped = values.reshape(height, width, *values.shape[1:])
    return np.ascontiguousarray(np.swapaxes(shaped, 0, 1)).reshape(values.shape)


def column_norms(A: csc_matrix) -> NDArray[np.float64]:
    """Euclidean norm of each column."""
    squares = np.asarray(A.multiply(A).sum(axis=0), np.float64)
    return np.sqrt(squares).ravel()


def normalised(A: csc_matrix, C: FloatArray) -> tuple[csc_matrix, FloatArray]:
    """Scale footprints to norm 1 and traces the other way."""
    norm = column_norms(A)
    norm[norm == 0] = 1.0
    out = csc_matrix(
        (A.data / np.repeat(norm, np.diff(A.indptr)), A.indices, A.indptr), shape=A.shape, dtype=np.float32
    )
    return out, (C * norm[:, None]).astype(np.float32)


def dilated(A: csc_matrix, dims: Dims, radius_px: int, check: Check = unasked) -> csc_matrix:
    """Pattern (ones) of the footprints grown by a diamond of that radius."""
    kernel = _diamond(radius_px)
    rows: list[NDArray] = []
    for k in asking(check, range(A.shape[1])):
        box = box_of(A, k, dims, margin=radius_px)
        y, x = np.nonzero(cv2.dilate((box.image > 0).astype(np.uint8), kernel))
        rows.append((y + box.top) * dims[1] + x + box.left)
    return from_rows(rows, None, A.shape[0])


def _diamond(radius: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return (abs(y) + abs(x) <= radius).astype(np.uint8)


class Box(NamedTuple):
    """One footprint, cut out of the field."""

    image: FloatArray
    """(h, w)."""
    y: NDArray[np.intp]
    x: NDArray[np.intp]
    """Where in the image its entries lie, in their order."""
    top: int
    left: int
    """Where in the field the image lies, px."""


def box_of(A: csc_matrix, k: int, dims: Dims, margin: int = 0) -> Box:
    """Cut the bounding box of one footprint, with a margin inside the field."""
    entries = slice(A.indptr[k], A.indptr[k + 1])
    y, x = np.divmod(A.indices[entries], dims[1])
    if y.size == 0:
        return Box(np.zeros((1, 1), np.float32), y, x, 0, 0)
    top, left = max(0, int(y.min()) - margin), max(0, int(x.min()) - margin)
    bottom, right = min(dims[0], int(y.max()) + 1 + margin), min(dims[1], int(x.max()) + 1 + margin)
    image = np.zeros((bottom - top, right - left), np.float32)
    y, x = y - top, x - left
    image[y, x] = A.data[entries]
    return Box(image, y, x, top, left)


def from_rows(rows: list[NDArray], values: list[NDArray] | None, n_px: int) -> csc_matrix:
    """Sparse matrix from the pixels (ascending) of each column, and their values or ones."""
    indptr = np.concatenate([[0], np.cumsum([r.size for r in rows])]).astype(np.int64)
    indices = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    data = np.concatenate(values) if values else np.ones(indices.size, np.float32)
    out = csc_matrix((data.astype(np.float32), indices, indptr), shape=(n_px, len(rows)))
    out.sort_indices()
    return out


def compact(image: FloatArray, energy: float = 0.9999) -> FloatArray:
    """Clean one footprint: median 3 × 3, strongest pixels of that share of energy, closed, largest connected piece.

    What remains keeps its own values, not the smoothed ones.
    """
    if not image.any():
        return image
    smooth = cv2.medianBlur(cv2.copyMakeBorder(image, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0), 3)
    strongest = _strongest(np.asarray(smooth, np.float32), energy) if smooth.any() else smooth > 0
    mask = cv2.morphologyEx(strongest.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))[2:-2, 2:-2]
    count, labels = cv2.connectedComponents(mask, connectivity=4)
    if count < 2:
        return np.zeros_like(image)
    weight = np.bincount(labels.ravel(), weights=image.ravel())
    weight[0] = 0
    return np.where(labels == int(np.argmax(weight)), image, 0).astype(np.float32)


def _strongest(image: FloatArray, energy: float) -> NDArray[np.bool_]:
    ordered = np.sort(image.ravel())[::-1].astype(np.float64)
    total = np.cumsum(ordered**2)
    last = int(np.searchsorted(total, energy * total[-1]))
    return image >= max(ordered[min(last, ordered.size - 1)], np.finfo(np.float32).tiny)


def denoise_footprint(image: FloatArray, noise: FloatArray) -> FloatArray:
    """Denoise one footprint by a local Wiener filter (Lee 1980).

    Where the values of 3 × 3 px of the footprint differ by no more than noise explains, their mean is the better
    estimate; where they differ by more, they stay. Pixels outside of the footprint neither give nor take.

    Parameters
    ----------
    image
        (h, w) weights, 0 outside of the footprint.
    noise
        (h, w) standard error of each weight.
    """
    inside = (image > 0).astype(np.float32)
    count = np.maximum(_sum_of_nine(inside), 1)
    mean = _sum_of_nine(image) / count
    spread = np.maximum(_sum_of_nine(image * image) / count - mean * mean, 0)
    true = np.maximum(spread - noise**2, 0)
    share = np.divide(true, spread, out=np.ones_like(true), where=spread > 0)
    return np.asarray(inside * (mean + share * (image - mean)), np.float32)


def _sum_of_nine(image: FloatArray) -> FloatArray:
    return np.asarray(cv2.boxFilter(image, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT), np.float32)


def overlaps(A: csc_matrix) -> coo_matrix:
    """Products of the footprints' columns, (K, K)."""
    return (A.T @ A).tocoo()
