"""How fast transients fall, from those that stand alone.

Onsets are found by their rise. A transient counts where none of a fair size comes shortly before it or while it falls.
The median over all of them, each relative to its height, has little left of small ones that came in between; an
exponential on a constant is fitted to its fall. How long a transient is looked at follows a first guess from the
autocovariance (`deconvolution.autoregression`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from calscope.algorithms.cnmf.noise import trace_noise
from calscope.algorithms.deconvolution.autoregression import coefficients
from calscope.algorithms.motion_check.bootstrap import estimate
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.proposals import AverageTransient
from calscope.model.results import Estimate

RISE_SD = 4.0
"""An onset's rise, in standard deviations of noise."""
HEIGHT_SD = 6.0
"""Height of a transient that counts."""
LONGEST_RISE = 8
"""Frames over which an onset's rise is averaged, at most; a quarter of the first guess."""
AFTER, BEFORE = 4.0, 1.0
"""Stretch that is looked at, in time constants of the first guess."""
FEWEST_AFTER = 6
OTHERS = 0.25
"""Another transient of this share of the height spoils one."""
SKIPPED = 2
"""Frames after the peak that are not fitted: the indicator still rises while the first calcium falls."""
FEWEST_TRANSIENTS, FEWEST_CELLS = 8, 3
TRIED = 400
DRAWS = 200
SHORTEST_FRAMES = 1.0
"""Below this nothing of a fall is seen."""
DIFFERENT = 2.0
"""An interval that spans more than this factor gives no decay."""
_RISEN = 0.1


@dataclass(frozen=True)
class Decay:
    """What was found in the traces."""

    frames: Estimate | None
    """Time constant; the interval is that of drawing cells anew."""
    rise_frames: int
    """From a tenth of the height to the peak."""
    transient: AverageTransient | None
    n_transients: int
    n_cells: int
    why_not: Note | None = None


@dataclass(frozen=True)
class _Event:
    cell: int
    values: FloatArray
    """Around the peak, relative to its height."""


def measure_decay(traces: FloatArray) -> Decay:
    """Measure the time constant of the fall of transients.

    Parameters
    ----------
    traces
        (n, T) of cells, each less its surroundings, in any units.
    """
    noise = trace_noise(traces) if traces.size else np.zeros(0, np.float32)
    usable = np.flatnonzero(noise > 0)
    if not usable.size:
        return _none(0, 0)
    tau = _first_guess(traces[usable], noise[usable])
    before, after = max(2, round(BEFORE * tau)), max(FEWEST_AFTER, round(AFTER * tau))
    events = [
        event
        for cell in usable.tolist()
        for event in _alone(cell, traces[cell].astype(np.float64), float(noise[cell]), tau, before, after)
    ]
    cells = sorted({event.cell for event in events})
    if len(events) < FEWEST_TRANSIENTS or len(cells) < FEWEST_CELLS:
        return _none(len(events), len(cells))
    return _fitted(events, cells, before)


def _none(n_transients: int, n_cells: int) -> Decay:
    values = {"n": n_transients, "n_cells": n_cells, "needed": FEWEST_TRANSIENTS, "needed_cells": FEWEST_CELLS}
    return Decay(None, 0, None, n_transients, n_cells, Note("no_decay_few_transients", values))


def _first_guess(traces: FloatArray, noise: FloatArray) -> float:
    """Median time constant of the autocovariance, frames."""
    roots = [float(coefficients(trace, 1, float(sd))[0]) for trace, sd in zip(traces, noise, strict=True)]
    return float(np.median([-1.0 / np.log(root) for root in roots]))


def _alone(  # noqa: PLR0917
    cell: int, trace: NDArray[np.float64], noise: float, tau: float, before: int, after: int
) -> list[_Event]:
    """Give the transients of one trace that no other one comes near."""
    onsets = _onsets(trace, noise, tau)
    top = max(2, round(tau / 2) + 1)
    peaks = np.array([i + int(np.argmax(trace[i : i + top])) for i in onsets], int)
    grounds = np.array([np.median(trace[max(0, i - before) : max(1, i)]) for i in onsets])
    heights = trace[peaks] - grounds if peaks.size else grounds
    found = []
    for k, (peak, height) in enumerate(zip(peaks.tolist(), heights.tolist(), strict=True)):
        if height < HEIGHT_SD * noise or peak < before or peak + after >= trace.size:
            continue
        near = (onsets >= peak - before) & (onsets <= peak + after) & (np.arange(onsets.size) != k)
        if not (heights[near] > OTHERS * height).any():
            values = trace[peak - before : peak + after + 1]
            found.append(_Event(cell, np.asarray((values - values[: max(1, before // 2)].mean()) / height, np.float32)))
    return found


def _onsets(trace: NDArray[np.float64], noise: float, tau: float) -> NDArray[np.intp]:
    """Frames before which the trace is clearly lower than after."""
    width = min(max(1, round(tau / 4)), LONGEST_RISE)
    if trace.size < 3 * width:
        return np.empty(0, np.intp)
    sums = np.concatenate([[0.0], np.cumsum(trace)])
    means = (sums[width:] - sums[:-width]) / width
    rise = (means[width:] - means[:-width]) / (noise * np.sqrt(2.0 / width))
    at, _ = find_peaks(np.concatenate([[-np.inf], rise, [-np.inf]]), height=RISE_SD, distance=width + 1)
    return np.asarray(at - 1 + width, np.intp)


def _fitted(events: list[_Event], cells: list[int], before: int) -> Decay:
    values = np.stack([event.values for event in events])
    mean = np.median(values, axis=0)
    rows = {cell: np.flatnonzero([event.cell == cell for event in events]) for cell in cells}
    rng = np.random.default_rng(len(events))
    drawn = [np.concatenate([rows[c] for c in rng.choice(cells, len(cells))]) for _ in range(DRAWS)]
    curves = np.stack([mean, *(np.median(values[some], axis=0) for some in drawn)]).astype(np.float64)
    taus, scales, constants = _fit(curves[:, before + SKIPPED :])
    frames = estimate(taus)
    t = np.arange(mean.size - before) - SKIPPED
    fitted = scales[0] * np.exp(-t / taus[0]) + constants[0]
    risen = np.flatnonzero(mean[: before + 1] < _RISEN * mean[before])
    rise = before - int(risen[-1]) if risen.size else before
    transient = AverageTransient(before, mean.astype(np.float32), fitted.astype(np.float32), SKIPPED)
    why = _not_credible(curves[0], before, frames)
    return Decay(None if why else frames, rise, transient, len(events), len(cells), why)


def _not_credible(curve: NDArray[np.float64], before: int, frames: Estimate) -> Note | None:
    """Say why a time constant is none: the fall is over within a frame, was not seen to its end, or differs."""
    floor = float(np.median(curve[before + FEWEST_AFTER :])) if curve.size > before + FEWEST_AFTER else 0.0
    left = (curve[before + 1] - floor) / max(curve[before] - floor, 1e-9)
    if frames.value <= SHORTEST_FRAMES or left < np.exp(-1.0 / SHORTEST_FRAMES):
        return Note("no_decay_shorter_than_frame")
    if frames.value > curve.size - before:
        return Note("no_decay_not_seen")
    if frames.high > DIFFERENT * frames.low:
        return Note("no_decay_differs", {"low": frames.low, "high": frames.high})
    return None


def _fit(curves: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Fit an exponential on a constant to each row; give time constants (frames), scales and constants."""
    n = curves.shape[1]
    t = np.arange(n)
    best = np.full(len(curves), np.inf)
    taus, scales, constants = np.ones(len(curves)), np.zeros(len(curves)), np.zeros(len(curves))
    centred = curves - curves.mean(axis=1, keepdims=True)
    for tau in np.geomspace(0.3, 2.0 * n, TRIED):
        shape = np.exp(-t / tau)
        own = shape - shape.mean()
        scale = np.maximum(centred @ own / (own @ own), 0.0)
        error = ((centred - scale[:, None] * own) ** 2).sum(axis=1)
        better = error < best
        best[better], taus[better], scales[better] = error[better], tau, scale[better]
        constants[better] = (curves.mean(axis=1) - scale * shape.mean())[better]
    return taus, scales, constants
