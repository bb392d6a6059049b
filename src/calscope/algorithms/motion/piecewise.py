"""The shift of each patch, by normalised correlation around the shift of the whole frame.

The second step of NoRMCorre (Pnevmatikakis & Giovannucci, 2017, J. Neurosci. Methods 291:83). The correlation maps of
neighbouring patches are blended before their peak is looked for: a patch with little in it leans on those around it,
and one with much keeps its own opinion, since maps weigh by the structure under them.
"""

from dataclasses import dataclass

import numpy as np

from calscope.algorithms.motion.correlation import MIN_COLUMNS, between_pixels, correlate, peak
from calscope.algorithms.motion.grid import PatchGrid
from calscope.algorithms.motion.rigid import binned, centred, padded
from calscope.compiled import kernel
from calscope.model.movie import FloatArray

BLEND_STRIDES = 0.6
"""Width (sd) of the blending of neighbouring maps, in steps from patch to patch."""
LEAST_BINNED_PX = 18
"""Patches are compared at a half or a quarter of the resolution where they are still that large then: what is left is
small enough for the evidence that is read afterwards."""


@dataclass(frozen=True)
class PatchTemplates:
    """A template cut into patches."""

    grid: PatchGrid
    patches: FloatArray
    """(P, h, w), each of mean 0, binned."""
    binning: int
    blend: FloatArray
    """(P, P) weight of each patch's map in each blended map, rows summing to 1."""
    max_deviation: int
    """Lags looked at to each side of the frame's own shift, px."""


def prepare_patches(
    template: FloatArray, grid: PatchGrid, strides: tuple[int, int], max_deviation: int
) -> PatchTemplates:
    """Cut a template (H, W) into the patches of `grid`."""
    binning = next((b for b in (4, 2) if min(grid.shape_px) >= b * LEAST_BINNED_PX), 1)
    image = binned(template, binning)
    height, width = (side // binning for side in grid.shape_px)
    cut = np.stack([image[y : y + height, x : x + width] for y, x in grid.corners_px // binning])
    cut = cut - cut.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    steps = (grid.centers_px[:, None] - grid.centers_px[None]) / np.asarray(strides, np.float32)
    blend = np.exp(-(steps**2).sum(axis=-1) / (2 * BLEND_STRIDES**2))
    blend /= blend.sum(axis=1, keepdims=True)
    return PatchTemplates(grid, cut.astype(np.float32), binning, blend.astype(np.float32), max_deviation)


def estimate_patches(frames: FloatArray, rigid: FloatArray, template: PatchTemplates) -> FloatArray:
    """Estimate the shift that lays each patch of each frame on the template.

    Parameters
    ----------
    frames
        (n, H, W) float32, finite.
    rigid
        (n, 2) px, the shifts of the whole frames.
    template
        From `prepare_patches`.

    Returns
    -------
    FloatArray
        (n, P, 2) px, within max_deviation of the frame's shift.
    """
    binning = template.binning
    reach = max(-(-template.max_deviation // binning) + (binning > 1), MIN_COLUMNS // 2)
    lags = -np.rint(rigid / binning).astype(np.int64)
    pad = int(np.abs(lags).max(initial=0)) + reach
    side = 2 * reach + 1
    maps = np.empty((len(frames), template.grid.n, side, side), np.float32)
    corners = template.grid.corners_px // binning
    images = padded(centred(binned(frames, binning)), pad, pad)
    _correlate_patches(images, template.patches, corners + lags[:, None] + pad - reach, maps)
    blended = np.matmul(template.blend, maps.reshape(len(frames), template.grid.n, -1)).reshape(maps.shape)
    shifts = -binning * (lags[:, None] + _peaks(blended)).astype(np.float32)
    most = np.float32(template.max_deviation)
    return np.clip(shifts, rigid[:, None] - most, rigid[:, None] + most)


@kernel
def _correlate_patches(images, patches, corners, maps):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for t in range(len(images)):
        for p in range(patches.shape[0]):
            correlate(images[t], corners[t, p, 0], corners[t, p, 1], patches[p], maps[t, p])


@kernel
def _peaks(maps):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lag (y, x) of the peak of each map, (n, P, 2)."""
    n, n_patches, side, _ = maps.shape
    found = np.empty((n, n_patches, 2), np.float32)
    for t in range(n):
        for p in range(n_patches):
            i, j = peak(maps[t, p])
            dy, dx = between_pixels(maps[t, p], i, j)
            found[t, p, 0] = i - side // 2 + dy
            found[t, p, 1] = j - side // 2 + dx
    return found
