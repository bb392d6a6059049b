"""Two cells in what was taken for one: non-negative factors of the movie there (Cichocki & Phan 2009).

Light of two cells makes two directions in which pixels vary; noise alone makes one that is never much larger than the
largest singular value of white noise, root of the pixels plus root of the frames (Marchenko & Pastur 1967). Each of the
two factors begins with the pixels that are most one cell's alone.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from calscope.algorithms.cnmf.hals import footprint_sweep, trace_sweep
from calscope.model.movie import FloatArray
from calscope.model.progress import Check, unasked

ABOVE_NOISE = 1.25
"""How much larger than noise alone would make it the second direction has to be; a corrected movie's noise is not quite
white, because frames are interpolated."""
PURE = 0.2
"""Share of the bright pixels at either end that begin a factor."""
BRIGHT = 0.3
"""Share of the largest variation from which on a pixel is bright."""
SWEEPS = 40


def two_factors(
    patch: FloatArray, noise: FloatArray, inside: NDArray[np.bool_], check: Check = unasked
) -> tuple[FloatArray, FloatArray] | None:
    """Give footprints, (2, h, w), and traces, (2, T), of two cells; None where there is but one.

    Parameters
    ----------
    patch
        (h, w, T) what all others leave of the movie.
    noise
        (h, w) of each pixel and frame of `patch`.
    inside
        (h, w) where the two may be.
    """
    inside = inside & (noise > 0)
    if inside.sum() < 2:
        return None
    X = patch[inside] / noise[inside][:, None]
    X -= np.median(X, axis=1, keepdims=True)
    begin = _beginnings(X, inside)
    if begin is None:
        return None
    A, C = np.zeros((2, len(X)), np.float32), np.ascontiguousarray(np.maximum(begin @ X, 0), np.float32)
    masks = np.ones(A.shape, np.bool_)
    for _ in range(SWEEPS):
        check()
        footprint_sweep(X, A, C, masks)
        trace_sweep(X, A, C, masks)
    if not (A.any(axis=1).all() and C.any(axis=1).all()):
        return None
    images = np.zeros((2, *inside.shape), np.float32)
    images[:, inside] = A * noise[inside]
    return images, C


def largest_of_noise(n: int, n_frames: int) -> float:
    """Give the largest singular value of so many pixels and frames of white noise of standard deviation 1."""
    return float(np.sqrt(n) + np.sqrt(n_frames))


def _beginnings(X: FloatArray, inside: NDArray[np.bool_]) -> NDArray | None:
    """Give the weights, (2, pixels), of the pixels that are most one cell's alone; None where there is but one."""
    n, n_frames = X.shape
    powers, directions = eigh(X.astype(np.float64) @ X.T.astype(np.float64), subset_by_index=[n - 2, n - 1])
    strengths = np.sqrt(np.maximum(powers[::-1], 0))
    if strengths[1] < ABOVE_NOISE * largest_of_noise(n, n_frames):
        return None
    loads = _smooth(directions[:, ::-1] * strengths, inside)
    loads[:, 0] *= np.sign(loads[:, 0].sum()) or 1.0
    size = np.linalg.norm(loads, axis=1)
    bright = np.flatnonzero(size > BRIGHT * size.max())
    order = bright[np.argsort(np.arctan2(loads[bright, 1], loads[bright, 0]))]
    few = max(1, round(PURE * order.size))
    weights = np.zeros((2, n))
    for row, own in zip(weights, (order[:few], order[-few:]), strict=True):
        row[own] = 1 / own.size
    return weights


def _smooth(loads: NDArray, inside: NDArray[np.bool_]) -> NDArray:
    """Average each pixel's values over its 3 x 3 neighbours inside."""
    count = cv2.boxFilter(inside.astype(np.float64), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    out = np.empty_like(loads)
    for j in range(loads.shape[1]):
        image = np.zeros(inside.shape)
        image[inside] = loads[:, j]
        total = cv2.boxFilter(image, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        out[:, j] = total[inside] / count[inside]
    return out
