"""Relative fluorescence dF/F, with its baseline."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import percentile_filter

from calscope.algorithms.cnmf.footprints import column_norms
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import Components, RelativeFluorescence

FEWEST_FRAMES = 50
"""A percentile of fewer frames is not a baseline: it follows the transients."""
BLEACHED = 0.2
"""Part of the background's light; a greater loss is reported where F0 can't follow it."""


def compute_dff(components: Components, *, fr_hz: float, window_s: float, quantile: float) -> RelativeFluorescence:
    """Compute dF/F of every component.

    The fluorescence of a component is its raw trace plus its share of the background, the projection of b f on its
    footprint. Of both, the baseline is a running percentile, and

        F0 = baseline(raw) + baseline(background share),      dF/F = (raw - baseline(raw)) / F0

    as in CaImAn: fluctuations of the background are not counted as the cell's. F0 is given in the units of the movie,
    as the mean over the footprint weighted by it. Where F0 is not above the noise of the trace there is nothing to
    divide by, as in a movie whose zero is not darkness: dF/F is NaN there.

    Parameters
    ----------
    window_s
        Length of the sliding window, which sees the trace mirrored beyond its ends; see `window_frames`.
    quantile
        Percentile of the window taken as baseline, 0 to 100.
    """
    n, n_frames = components.C.shape
    window = window_frames(window_s, fr_hz, n_frames)
    raw, share = components.raw, background_share(components)
    dff, f0 = np.zeros((n, n_frames), np.float32), np.zeros((n, n_frames), np.float32)
    scale = _movie_units(components)
    for k in range(n):
        low = _baseline(raw[k], quantile, window)
        base = low + _baseline(share[k], quantile, window)
        is_above = base > max(float(components.neurons_sn[k]), 0.0)
        dff[k] = np.divide(raw[k] - low, base, out=np.full(n_frames, np.nan, np.float32), where=is_above)
        f0[k] = base * scale[k]
    notes = _notes(dff, share, window, window_s, fr_hz)
    return RelativeFluorescence(dff=dff, f0=f0, notes=tuple(notes))


def no_dff(components: Components) -> RelativeFluorescence:
    """Withhold dF/F (NaN) of a movie that was normalised: its values are no light that could be divided by."""
    unknown = np.full(components.C.shape, np.nan, np.float32)
    return RelativeFluorescence(dff=unknown, f0=unknown.copy(), notes=(Note("dff_of_normalised_movie"),))


def window_frames(window_s: float, fr_hz: float, n_frames: int) -> int:
    """Give the length of the window: as asked for, at least `FEWEST_FRAMES`, at most the recording's frames.

    With as many frames as the recording has the baseline is constant.
    """
    return min(max(round(window_s * fr_hz), FEWEST_FRAMES), max(1, n_frames))


def _notes(dff: FloatArray, share: FloatArray, window: int, window_s: float, fr_hz: float) -> Iterator[Note]:
    n, n_frames = dff.shape
    withheld = int(np.isnan(dff).any(axis=1).sum())
    if withheld:
        yield Note("dff_withheld", {"n": withheld, "n_components": n})
    if round(window_s * fr_hz) < window:
        yield Note("dff_window_widened", {"asked_s": window_s, "used_s": round(window / fr_hz, 3), "frames": window})
    lost = _light_lost(share)
    if window >= n_frames and lost > BLEACHED:
        yield Note("dff_bleaching_not_followed", {"percent": 100 * lost})


def _light_lost(share: FloatArray) -> float:
    """Give the part of the background's light that is gone in the last tenth of the recording, against the first."""
    tenth = max(1, share.shape[1] // 10)
    first, last = float(share[:, :tenth].sum()), float(share[:, -tenth:].sum())
    return 1 - last / first if first > 0 else 0.0


def _baseline(trace: FloatArray, quantile: float, window: int) -> NDArray:
    if window >= len(trace):
        return np.full(len(trace), np.percentile(trace, quantile), trace.dtype)
    return np.asarray(percentile_filter(trace, quantile, size=window, mode="reflect"))


def background_share(components: Components) -> FloatArray:
    """Project the background on each footprint, in the units of its trace, (K, T)."""
    power = column_norms(components.A) ** 2
    power[power == 0] = 1.0
    return np.asarray((components.A.T @ components.b / power[:, None]) @ components.f, np.float32)


def _movie_units(components: Components) -> NDArray:
    """Factor from the units of a trace to those of the movie: the footprint's mean, weighted by itself."""
    mass = np.asarray(components.A.sum(axis=0), np.float64).ravel()
    return column_norms(components.A) ** 2 / np.where(mass > 0, mass, 1.0)
