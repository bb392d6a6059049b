"""Scores of an analysis against the truth of a simulated recording."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.agreement import match_footprints, trace_correlations
from calscope.model.crop import Crop
from calscope.model.movie import FloatArray

MIN_SPIKES = 3
MIN_PIXELS = 20
"""A neuron that hardly fires, or hardly lies inside the field, counts neither as found nor as missed."""
MAX_OFFSET_PX = 4


@dataclass(frozen=True)
class Truth:
    """The truth of a simulated recording, as `truth.npz` beside it holds it."""

    shifts: FloatArray
    """(T, 2) px (y, x)."""
    warp: FloatArray
    """(T, n, n, 2) px, on a grid stretched over the scene."""
    masks: FloatArray
    """(N, H, W)."""
    traces: FloatArray
    """(N, T) clean calcium."""
    spikes: FloatArray
    """(N, T)."""
    pad_px: int
    """Width by which the scene is larger than the whole field on every side."""
    part_of: tuple[int, int, Crop] | None = None
    """Of a crop: rows and columns of the whole field, and the crop."""


@dataclass(frozen=True)
class FoundCells:
    """Components matched with the simulated neurons."""

    n_found: int
    n_true: int
    precision: float
    recall: float
    f1: float
    cosine: float
    """Median over the hits; NaN without one."""
    trace_r: float
    """Median correlation of the denoised trace with the true calcium over the hits; NaN without one."""


def cropped_truth(truth: Truth, crop: Crop) -> Truth:
    """Give the truth of a part of the recording."""
    frames = slice(crop.start, crop.stop)
    return replace(
        truth,
        shifts=truth.shifts[frames],
        warp=truth.warp[frames],
        masks=truth.masks[:, crop.top : crop.bottom, crop.left : crop.right],
        traces=truth.traces[:, frames],
        spikes=truth.spikes[:, frames],
        part_of=(*truth.masks.shape[1:], crop),
    )


def motion_error_px(truth: Truth, shifts: NDArray, centers_px: NDArray) -> float:
    """RMSE of shifts (T, P, 2) at the patches' centres, px, without each centre's constant offset.

    The truth is taken as where the scene went or as where it was looked at, whichever fits: both are in use.
    """
    true = displacement(truth, centers_px)
    return min(_spread(np.asarray(shifts, np.float64) + sign * true) for sign in (1, -1))


def _spread(difference: NDArray[np.float64]) -> float:
    rest = difference - np.median(difference, axis=0, keepdims=True)
    return float(np.sqrt((rest**2).sum(axis=-1).mean()))


def displacement(truth: Truth, centers_px: NDArray) -> NDArray[np.float64]:
    """Where the scene at each place (P, 2) went in each frame, (T, P, 2) px."""
    rows, columns, crop = truth.part_of or (*truth.masks.shape[1:], None)
    corner = (crop.top, crop.left) if crop else (0, 0)
    n = truth.warp.shape[1]
    in_scene = np.asarray(centers_px, np.float64) + corner + truth.pad_px
    places = (in_scene + 0.5) * n / (np.array([rows, columns]) + 2 * truth.pad_px) - 0.5
    bent = np.empty((len(truth.warp), len(places), 2))
    for t, grid in enumerate(np.asarray(truth.warp, np.float64)):
        for axis in range(2):
            bent[t, :, axis] = map_coordinates(grid[..., axis], places.T, order=3, mode="nearest")
    return bent + np.asarray(truth.shifts, np.float64)[:, None, :]


def found_cells(truth: Truth, A: csc_matrix, C: NDArray) -> FoundCells:
    """Match components (H*W, K) in Fortran order with the neurons, at the template's best whole-pixel offset."""
    counted = (truth.spikes.sum(axis=1) >= MIN_SPIKES) & (truth.masks.sum(axis=(1, 2)) > MIN_PIXELS)
    n_true = int(counted.sum())
    if A.shape[1] == 0:
        return FoundCells(0, n_true, 0.0, 0.0, 0.0, np.nan, np.nan)
    drawn = csc_matrix(drawn_footprints(truth.masks, A))
    matches = match_footprints(drawn, A)
    hit = counted[matches.pairs[:, 0]]
    n_hits = int(hit.sum())
    precision = n_hits / max(1, A.shape[1] - int((~hit).sum()))
    recall = n_hits / max(1, n_true)
    r = trace_correlations(truth.traces, C, matches.pairs[hit])
    return FoundCells(
        n_found=int(A.shape[1]),
        n_true=n_true,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if n_hits else 0.0,
        cosine=float(np.median(matches.cosines[hit])) if n_hits else np.nan,
        trace_r=float(np.median(r)) if n_hits else np.nan,
    )


def drawn_footprints(masks: FloatArray, A: csc_matrix) -> FloatArray:
    """Give drawn masks (N, H, W) as columns (H*W, N) in Fortran order, shifted to where the template put the scene."""
    height, width = masks.shape[1:]
    outline = np.asarray(A.max(axis=1).toarray(), np.float64).reshape((height, width), order="F")
    whole = masks.max(axis=0)
    reach = range(-MAX_OFFSET_PX, MAX_OFFSET_PX + 1)
    lags = [(dy, dx) for dy in reach for dx in reach]
    best = max(lags, key=lambda lag: float((np.roll(whole, lag, axis=(0, 1)) * outline).sum()))
    moved = np.roll(masks, best, axis=(1, 2))
    return moved.transpose(2, 1, 0).reshape(height * width, len(masks))
