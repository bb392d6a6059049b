"""How simulated tissue moves: the whole field together, and a slow bending on top of it."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates
from scipy.signal import lfilter

FloatArray = NDArray[np.float32]
WARP_GRID = 4
"""Knots of the bending along each axis of the scene."""


def rigid_shifts(
    n_frames: int,
    *,
    fr_hz: float,
    drift_px: float,
    jitter_px: float,
    jumps_per_min: float,
    jump_px: float,
    max_shift_px: float,
    vertical_only: bool,
    rng: np.random.Generator,
) -> FloatArray:
    """Displacement of the whole scene per frame, (T, 2) px as (y, x), down and right positive.

    A slow drift, a little jitter from frame to frame, and jumps that the tissue comes back from within a second or two,
    as when an animal starts to run.
    """
    drift = _smooth_noise(n_frames, seconds=4.0, fr_hz=fr_hz, rng=rng) * drift_px
    jitter = _smooth_noise(n_frames, seconds=0.12, fr_hz=fr_hz, rng=rng) * jitter_px
    jumps = _jumps(n_frames, fr_hz=fr_hz, per_min=jumps_per_min, size_px=jump_px, rng=rng)
    shifts = np.clip(drift + jitter + jumps, -max_shift_px, max_shift_px)
    if vertical_only:
        shifts[:, 1] = 0.0
    return shifts.astype(np.float32)


def _smooth_noise(n_frames: int, *, seconds: float, fr_hz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Gaussian noise smoothed over `seconds`, (T, 2), of unit standard deviation over an endless recording."""
    sigma = max(seconds * fr_hz, 1e-3)
    margin = int(4 * sigma) + 1
    white = rng.standard_normal((n_frames + 2 * margin, 2))
    gain = np.sqrt(2.0 * np.sqrt(np.pi) * max(sigma, 0.5 / np.sqrt(np.pi)))
    return gaussian_filter1d(white, sigma, axis=0)[margin : margin + n_frames] * gain


def _jumps(
    n_frames: int, *, fr_hz: float, per_min: float, size_px: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Sudden displacements in random directions that decay over about one second, (T, 2) px."""
    starts = rng.random(n_frames) < per_min / 60.0 / fr_hz
    angle = rng.uniform(0.0, 2.0 * np.pi, n_frames)
    length = size_px * rng.uniform(0.5, 1.0, n_frames)
    kicks = (starts * length)[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    decay = np.exp(-1.0 / (1.0 * fr_hz))
    return lfilter([1.0], [1.0, -decay], kicks, axis=0)


def bending(n_frames: int, *, fr_hz: float, warp_px: float, rng: np.random.Generator) -> FloatArray:
    """Displacement on top of the rigid one, (T, 4, 4, 2) px as (y, x), on a grid stretched over the scene.

    Each knot wanders with a memory of about a second and a standard deviation of `warp_px`; the mean over the grid is
    zero in every frame, so that the rigid part stays the rigid part.
    """
    memory = np.exp(-1.0 / (1.2 * fr_hz))
    shape = (n_frames, WARP_GRID, WARP_GRID, 2)
    steps = rng.standard_normal(shape) * np.sqrt(1.0 - memory**2)
    steps[:1] /= np.sqrt(1.0 - memory**2)
    knots = lfilter([1.0], [1.0, -memory], steps, axis=0)
    knots -= knots.mean(axis=(1, 2), keepdims=True)
    # without their mean the knots vary a little less
    return (knots * warp_px * np.sqrt(WARP_GRID**2 / (WARP_GRID**2 - 1))).astype(np.float32)


def stretch_matrix(n_px: int) -> FloatArray:
    """(n_px, 4) weights that stretch a row of four knots over `n_px` pixels with a cubic spline.

    Pixel centres lie at (i + 0.5) / n of the length, as when an image is resized.
    """
    where = (np.arange(n_px) + 0.5) * WARP_GRID / n_px - 0.5
    columns = [map_coordinates(knot, [where], order=3, mode="nearest") for knot in np.eye(WARP_GRID)]
    return np.stack(columns, axis=1).astype(np.float32)
