"""Traces that follow the movement of the tissue: correlation with shifts, against traces moved along in time.

A trace is regressed on the shift at its place, its length and how both change. What is slower than a second or two is
taken out of all of them first: slow drifts of two things that have nothing to do with each other often look alike, and
tissue that moves shows it in its fast movements too. Moved along in time by any lag, with its
end put before its beginning, the trace keeps all of its own structure and loses any tie with the shifts, so that the
correlations at all lags are what chance gives. They are corrected for the number of components by the largest among all
at each lag (Westfall & Young 1993, Resampling-based multiple testing).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import gaussian_filter1d

from calscope.model.movie import FloatArray

FEWEST_FRAMES = 200
"""Fewer lags say little of chance."""
LEAST_MOTION_PX = 0.02
"""Standard deviation of shifts below which nothing moves."""
SLOW_S = 1.0
"""Standard deviation, s, of the Gaussian that gives what is slow."""
LARGE = 3.0
"""A shift is large beyond so many standard deviations, estimated from the median, but not below `LARGE_PX`."""
LARGE_PX = 1.0
_OWN_LAGS_S = 2.0
"""Lags shorter than this, s, hardly change which frames lie on each other."""


def motion_confound(
    traces: FloatArray, shifts: NDArray, place: NDArray[np.intp], *, fr_hz: float
) -> tuple[FloatArray, FloatArray]:
    """Correlate traces with the shifts at their places.

    Parameters
    ----------
    traces
        (K, T) raw traces.
    shifts
        (T, P, 2) px of P places.
    place
        (K,) the place of each trace.

    Returns
    -------
    r, p
        (K,) each: the multiple correlation and its corrected chance; NaN where a trace is not finite or constant, where
        nothing moves, and for all in a short recording.
    """
    n, n_frames = traces.shape
    r, height = np.full(n, np.nan, np.float32), np.full(n, np.nan)
    own = min(max(1, round(_OWN_LAGS_S * fr_hz)), n_frames // 4)
    if n_frames < FEWEST_FRAMES:
        return r, r.copy()
    largest = np.full(n_frames - 2 * own + 1, -np.inf)
    for at in np.unique(place):
        base = _base(np.asarray(shifts[:, at], np.float64), SLOW_S * fr_hz)
        for k in np.flatnonzero(place == at) if len(base) else ():
            by_lag = _correlations(_fast(traces[k], SLOW_S * fr_hz), base)
            if by_lag is None:
                continue
            z = np.arctanh(np.minimum(by_lag, 1 - 1e-9))
            chance = z[own : n_frames - own + 1]
            spread = float(chance.std()) or 1.0
            r[k], height[k] = by_lag[0], (z[0] - chance.mean()) / spread
            np.maximum(largest, (chance - chance.mean()) / spread, out=largest)
    as_high = np.array([(largest >= one).sum() for one in height])
    p = np.where(np.isnan(r), np.nan, (1 + as_high) / (1 + len(largest)))
    return r, p.astype(np.float32)


def large_shifts(shifts: NDArray) -> NDArray[np.bool_]:
    """Tell in which frames shifts, (T, 2) px, are far from where they mostly are, or jump."""
    away = np.linalg.norm(shifts - np.median(shifts, axis=0), axis=1)
    step = np.linalg.norm(np.diff(shifts, axis=0, prepend=shifts[:1]), axis=1)
    return _is_large(away) | _is_large(step)


def _is_large(lengths: NDArray) -> NDArray[np.bool_]:
    usual = np.median(lengths)
    spread = 1.4826 * np.median(np.abs(lengths - usual))
    return np.asarray(lengths > max(usual + LARGE * spread, LARGE_PX))


def _base(shifts: NDArray[np.float64], slow_frames: float) -> NDArray:
    """Give orthonormal rows that span the shifts, their length and their changes, transformed along time."""
    if shifts.std(axis=0).max(initial=0.0) < LEAST_MOTION_PX:
        return np.empty((0, 0))
    away = shifts - np.median(shifts, axis=0)
    change = np.gradient(away, axis=0)
    columns = [*away.T, *change.T, np.linalg.norm(away, axis=1), np.linalg.norm(change, axis=1)]
    fast = _fast(np.array(columns), slow_frames)
    centred = fast - fast.mean(axis=1, keepdims=True)
    u, size, _ = np.linalg.svd(centred.T, full_matrices=False)
    return np.asarray(rfft(u[:, size > 1e-6 * size[0]].T, axis=1))


def _fast(values: NDArray, slow_frames: float) -> NDArray[np.float64]:
    """Take out what is slow, along the last axis."""
    exact = np.asarray(values, np.float64)
    return np.asarray(exact - gaussian_filter1d(exact, max(slow_frames, 1.0), axis=-1))


def _correlations(trace: NDArray[np.float64], base: NDArray) -> NDArray | None:
    """Give the multiple correlation at every lag, (T,); None of a trace that is constant or not finite."""
    values = trace - trace.mean()
    power = float(values @ values)
    if not np.isfinite(power) or power <= 0:
        return None
    crossed = irfft(np.conj(rfft(values))[None] * base, n=len(values), axis=1)
    return np.sqrt(np.clip((crossed**2).sum(axis=0) / power, 0.0, 1.0))
