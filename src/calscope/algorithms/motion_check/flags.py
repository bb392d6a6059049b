"""What a person should look at in a motion correction, frame by frame and as a whole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import fdtrc

from calscope.algorithms.frames import chunk_length
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.notes import Note
from calscope.model.progress import Progress
from calscope.model.results import MotionCorrection, MotionEstimate

AT_LIMIT_PX = 0.02
"""A shift that near to max_shifts ends there."""
WORSE_BY = 0.005
"""A frame whose correlation with the template falls by more got worse."""
MANY = 0.01
"""Share of the frames from which on a thing is told of, where a few are to be expected."""
STRETCH = 0.12
"""Tissue doesn't stretch or shrink by more than that from one patch to the next."""
BLUR = 0.6
"""Cubic interpolation leaves about 0.75 of the finest noise, linear 0.5 or less."""
FOLLOWS_R, FOLLOWS_P = 0.3, 0.01
SLOW_FRAMES = 121
"""Changes slower than that are bleaching and drift."""
MIN_MOTION_PX = 0.25
"""Shifts that vary by less are the error of their estimation, which activity has its part in."""
MIN_FRAMES_FOR_BRIGHTNESS = 100


@dataclass(frozen=True)
class FrameFindings:
    """Frame by frame, each (T,)."""

    shift_px: FloatArray
    margin_to_max_shift_px: FloatArray
    clipped: NDArray[np.bool_]
    got_worse: NDArray[np.bool_]


def flag_frames(motion: MotionCorrection, max_shifts: tuple[int, int]) -> FrameFindings:
    """Measure shifts against their median and their limits, and find frames that got worse."""
    shifts = motion.estimate.shifts_rig
    room = (np.asarray(max_shifts, np.float32) - np.abs(shifts)).min(axis=1)
    away = shifts - np.median(shifts, axis=0)
    return FrameFindings(
        shift_px=np.linalg.norm(away, axis=1).astype(np.float32),
        margin_to_max_shift_px=np.maximum(room, 0).astype(np.float32),
        clipped=room <= AT_LIMIT_PX,
        got_worse=motion.corrected.corr_corrected < motion.estimate.corr_raw - WORSE_BY,
    )


def largest_stretch(motion: MotionEstimate) -> FloatArray:
    """Give how much tissue is stretched or squeezed between neighbouring patches, at most, (T,); 0 when rigid."""
    n_frames = len(motion.shifts_rig)
    if motion.shifts_els is None or motion.centers_px is None:
        return np.zeros(n_frames, np.float32)
    rows, columns = (np.unique(motion.centers_px[:, k]) for k in (0, 1))
    laid_out = motion.shifts_els.reshape(n_frames, len(rows), len(columns), 2)
    worst = np.zeros(n_frames, np.float32)
    for axis, centers in ((1, rows), (2, columns)):
        if len(centers) > 1:
            gaps = np.diff(centers).reshape((-1, 1, 1) if axis == 1 else (1, -1, 1))
            rate = np.linalg.norm(np.diff(laid_out, axis=axis) / np.maximum(gaps, 1), axis=-1)
            worst = np.maximum(worst, rate.max(axis=(1, 2)))
    return worst


def brightness(movie: Movie, inside: tuple[slice, slice], progress: Progress) -> FloatArray:
    """Give the mean of every corrected frame inside the crop, on every fourth row, (T,)."""
    n_frames, height, width = movie.shape
    rows = slice(inside[0].start, inside[0].stop, 4)
    out = np.empty(n_frames, np.float32)
    for start, stop in chunks(n_frames, 4 * chunk_length(height, width)):
        out[start:stop] = movie.codes[start:stop, rows, inside[1]].mean(axis=(1, 2), dtype=np.float64)
        progress(stop / n_frames, "brightness of the frames")
    return movie.offset + movie.scale * out


def follows_shift(light: FloatArray, shifts: FloatArray, shows: NDArray[np.bool_]) -> tuple[float, float]:
    """Tell how closely the brightness of frames follows their shifts, and how often chance does as well.

    The multiple correlation of the brightness with the shift down, the shift right and their length, slow changes
    taken out. For the null, brightness is moved along in time by every possible number of frames: it keeps its own
    course, and loses its relation to the shifts. A few slow events leave few truly different positions in time, so
    that the chance is also worked out from how many independent samples there are, and the larger one is given.

    Parameters
    ----------
    light
        (T,) mean of each frame.
    shifts
        (T, 2) px.
    shows
        (T,) the frame shows the picture; others are left out.

    Returns
    -------
    r, p
        0 and 1 where there is too little to tell.
    """
    n = len(light)
    if n < MIN_FRAMES_FOR_BRIGHTNESS or shows.sum() < MIN_FRAMES_FOR_BRIGHTNESS:
        return 0.0, 1.0
    away = shifts - np.median(shifts, axis=0)
    y = _fast_part(light.astype(np.float64), shows)
    x = np.stack([_fast_part(v, shows) for v in (away[:, 0], away[:, 1], np.linalg.norm(away, axis=1))])
    if x[:2].std(axis=1).max() < MIN_MOTION_PX:
        return 0.0, 1.0
    explained = _explained_at_every_lag(y, x)
    apart = max(1, n // 20)
    null = explained[apart : n - apart + 1]
    by_lags = (1 + (null >= explained[0]).sum()) / (1 + len(null))
    return float(np.sqrt(explained[0])), float(max(by_lags, _chance(explained[0], y, x)))


def _chance(explained: float, y: NDArray[np.float64], x: NDArray[np.float64]) -> float:
    """Give the p of the F-test, with the number of samples that courses as slow as these amount to (Bartlett, 1946)."""
    n = len(y)
    courses = [np.fft.irfft(np.abs(np.fft.rfft(v, 2 * n)) ** 2)[:n] for v in (y, *x)]
    alike = [course / course[0] if course[0] > 0 else np.zeros(n) for course in courses]
    longest = max(float((alike[0] * other)[: n // 4].sum()) for other in alike[1:])
    samples = n / max(1.0, 2 * longest - 1)
    spare = samples - len(x) - 1
    if spare < 1 or explained >= 1:
        return 1.0 if spare < 1 else 0.0
    # scipy.stats has the same, and takes a third of a second to import
    return float(fdtrc(len(x), spare, explained / (1 - explained) * spare / len(x)))


def _fast_part(values: NDArray, shows: NDArray[np.bool_]) -> NDArray[np.float64]:
    frames = np.arange(len(values))
    whole = np.interp(frames, frames[shows], np.asarray(values, np.float64)[shows])
    fast = whole - uniform_filter1d(whole, min(SLOW_FRAMES, len(values) // 3), mode="nearest")
    fast[~shows] = 0.0
    return np.asarray(fast - fast.mean())


def _explained_at_every_lag(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the share of the variance of y that the rows of x explain, for y moved along by 0 to T - 1 frames."""
    energy = float(y @ y)
    if energy <= 0 or not x.any():
        return np.zeros(len(y))
    products = np.fft.irfft(np.conj(np.fft.rfft(y)) * np.fft.rfft(x), len(y))
    inverse = np.linalg.pinv(x @ x.T, rcond=1e-6, hermitian=True)
    return np.asarray(np.clip(np.einsum("ik,ij,jk->k", products, inverse, products) / energy, 0.0, 1.0))


def notable(
    motion: MotionEstimate,
    frames: FrameFindings,
    *,
    max_shifts: tuple[int, int],
    max_deviation_rigid: int,
    noise_left: float | None,
    light: tuple[float, float],
) -> tuple[Note, ...]:
    """Give what a person should look at.

    Parameters
    ----------
    noise_left
        Finest noise of the corrected frames relative to the raw ones; None where it wasn't measured.
    light
        From `follows_shift`.
    """
    n_frames = len(frames.clipped)
    found = []
    if frames.clipped.any():
        which = {"n": frames.clipped.sum(), "n_frames": n_frames, "max_shifts": max_shifts}
        found.append(Note("shifts_at_max_shifts", which))
    if frames.got_worse.any():
        found.append(Note("frames_got_worse", {"n": frames.got_worse.sum(), "n_frames": n_frames}))
    found += _patch_notes(motion, max_deviation_rigid)
    if noise_left is not None and noise_left < BLUR:
        found.append(Note("frames_blurred", {"noise_left": noise_left}))
    if light[1] <= FOLLOWS_P and light[0] >= FOLLOWS_R:
        found.append(Note("brightness_follows_shift", {"r": light[0], "p": light[1]}))
    return tuple(found)


def _patch_notes(motion: MotionEstimate, max_deviation_rigid: int) -> list[Note]:
    if motion.shifts_els is None:
        return []
    found = []
    deviation = np.abs(motion.shifts_els - motion.shifts_rig[:, None]).max(axis=2)
    at_limit = float((deviation >= max_deviation_rigid - AT_LIMIT_PX).mean())
    if at_limit > MANY:
        values = {"share": at_limit, "max_deviation_rigid": max_deviation_rigid}
        found.append(Note("shifts_at_max_deviation", values))
    torn = largest_stretch(motion) > STRETCH
    if torn.mean() > MANY:
        found.append(Note("patches_stretched", {"n": torn.sum(), "n_frames": len(torn), "most": STRETCH}))
    return found
