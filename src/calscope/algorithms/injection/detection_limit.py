"""Which injected cells were found again, and how bright a cell must be for that.

The share found rises with the logarithm of the SNR as a logistic curve, fitted by penalised likelihood (a weak normal
prior keeps it finite where all are found above one level and none below: Gelman et al. 2008, Ann Appl Stat 2:1360).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.agreement import match_footprints, trace_correlations
from calscope.algorithms.injection.injected_cells import LADDER
from calscope.model.detection import (
    Curves,
    Detection,
    DetectionLimits,
    FoundCells,
    InjectedCells,
    KnownCells,
    Limit,
    ShareCurve,
)
from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality, Components, Evaluation

RESAMPLED = 400
FEWEST_CELLS = 16
"""Fewer say nothing."""
_FOLLOWS = 0.5
"""Correlation of a component's trace with a cell's from which it shows that cell."""
_PRIOR_SD = (10.0, 5.0)
"""Of the curve's height and of its slope."""
_STEPS = 25
_POINTS = 31
_INTERVAL = (0.025, 0.975)
_CLOSE = 1e-6


@dataclass(frozen=True)
class FoundInRound:
    """Which of the cells that were put in together lie in a component each; entries as in `FoundCells`."""

    found: NDArray[np.bool_]
    trace_r: FloatArray
    quality: ComponentQuality


def find_cells(
    cells: InjectedCells, components: Components, quality: ComponentQuality, without: csc_matrix
) -> FoundInRound:
    """Tell which of the cells lie in a component each.

    Where a component would lie without the cell too, it counts only if its trace follows what was put in.

    Parameters
    ----------
    components, quality
        Of the movie with the cells in it.
    without
        (H*W, K) footprints that the same parameters give without the cells.
    """
    pairs, trace_r = np.zeros((0, 2), np.intp), np.zeros(0, np.float32)
    if cells.n and components.n:
        pairs = match_footprints(cells.A, components.A).pairs
        trace_r = trace_correlations(cells.C, components.C, pairs)
        is_new = ~np.isin(pairs[:, 0], match_footprints(cells.A, without).pairs[:, 0])
        counts = is_new | (trace_r >= _FOLLOWS)
        pairs, trace_r = pairs[counts], trace_r[counts]
    found = np.zeros(cells.n, bool)
    found[pairs[:, 0]] = True
    of_cells = np.full(cells.n, np.nan, np.float32)
    of_cells[pairs[:, 0]] = trace_r
    return FoundInRound(found, of_cells, _of_cells(quality, pairs, cells.n))


def _of_cells(quality: ComponentQuality, pairs: NDArray[np.intp], n: int) -> ComponentQuality:
    """Give the measures of the components in which the cells lie, (n,) each."""

    def placed(values: FloatArray) -> FloatArray:
        of_cells = np.full((n, *values.shape[1:]), np.nan, np.float32)
        of_cells[pairs[:, 0]] = values[pairs[:, 1]]
        return of_cells

    parts = None if quality.soma_parts is None else placed(quality.soma_parts)
    return ComponentQuality(placed(quality.snr), placed(quality.r_value), placed(quality.cnn), parts)


def in_one(rounds: Sequence[FoundInRound], cells: KnownCells) -> FoundCells:
    """Put what was found in all rounds together; no cells where there was no round."""
    return FoundCells(
        peak_snr=cells.peak_snr,
        found=np.concatenate([np.zeros(0, bool), *(one.found for one in rounds)]),
        trace_r=np.concatenate([np.zeros(0, np.float32), *(one.trace_r for one in rounds)]),
        centers_px=cells.centers_px,
        quality=_joined_quality([one.quality for one in rounds]),
        round=cells.round,
        decay_time_s=cells.decay_time_s,
        gain=cells.gain,
    )


def _joined_quality(parts: Sequence[ComponentQuality]) -> ComponentQuality | None:
    if not parts:
        return None
    snr, r_value, cnn = (np.concatenate([getattr(one, name) for one in parts]) for name in ("snr", "r_value", "cnn"))
    somas = [one.soma_parts for one in parts if one.soma_parts is not None]
    return ComponentQuality(snr, r_value, cnn, np.concatenate(somas) if len(somas) == len(parts) else None)


def detection_of(cells: FoundCells, evaluate: Callable[[ComponentQuality], Evaluation]) -> Detection:
    """Tell which of the components in which the cells lie are accepted, and fit the limits."""
    accepted = np.zeros(len(cells.found), bool)
    if cells.quality is not None:
        accepted = cells.found & evaluate(cells.quality).accepted
    return with_curves(Detection(**vars(cells), accepted=accepted))


def limit(peak_snr: FloatArray, success: NDArray[np.bool_], share: float, *, seed: int = 0) -> Limit | None:
    """Give the peak SNR at which this share of cells succeeds; None where too few cells were put in.

    Parameters
    ----------
    peak_snr, success
        (n,) of each cell.
    share
        Between 0 and 1, such as 0.5 or 0.9.
    """
    if len(peak_snr) < FEWEST_CELLS:
        return None
    values = _crossing(_fitted(peak_snr, success, seed), share)
    low, high = np.quantile(values[1:], _INTERVAL, method="nearest")
    return Limit(float(values[0]), float(low), float(high))


def _fitted(peak_snr: FloatArray, success: NDArray[np.bool_], seed: int) -> NDArray[np.float64]:
    """Fit the curve of all cells, and those of resampled ones; height and slope of each, (1 + RESAMPLED, 2)."""
    n = len(peak_snr)
    samples = np.vstack([np.arange(n), np.random.default_rng(seed).integers(0, n, (RESAMPLED, n))])
    return _curves(np.log(np.asarray(peak_snr, np.float64))[samples], np.asarray(success, np.float64)[samples])


def limits(detection: Detection) -> DetectionLimits:
    """Give the peak SNR at which 50 % and 90 % of the cells are found, and are accepted."""
    given = ((success, share) for success in (detection.found, detection.accepted) for share in (0.5, 0.9))
    return DetectionLimits(*(limit(detection.peak_snr, success, share) for success, share in given))


def with_curves(detection: Detection) -> Detection:
    """Give the same cells with what is fitted to them."""
    found, accepted = (share_curve(detection.peak_snr, of) for of in (detection.found, detection.accepted))
    return replace(detection, curves=Curves(limits(detection), found, accepted))


def accepted_by(detection: Detection, accepted: NDArray[np.bool_]) -> Detection:
    """Give the same cells where other ones of the components in their places are accepted, (n,)."""
    return with_curves(replace(detection, accepted=detection.found & accepted))


def share_curve(peak_snr: FloatArray, success: NDArray[np.bool_], *, seed: int = 0) -> ShareCurve:
    """Give the fitted share that succeeds over the peak SNR, with an interval; nothing where too few were put in."""
    if len(peak_snr) < FEWEST_CELLS:
        return ShareCurve()
    at = np.geomspace(LADDER[0], LADDER[-1], _POINTS)
    curves = _fitted(peak_snr, success, seed)
    shares = 1.0 / (1.0 + np.exp(-np.clip(curves[:, :1] + curves[:, 1:] * np.log(at), -30, 30)))
    low, high = np.quantile(shares[1:], _INTERVAL, axis=0)
    return ShareCurve(*(tuple(np.round(values, 4).tolist()) for values in (at, shares[0], low, high)))


def accepted_share(detection: Detection) -> float:
    """Give the share of the cells that were accepted, each level of the ladder counted alike; NaN without any cell."""
    counts = [share_at(detection, level, detection.accepted) for level in LADDER]
    return float(np.mean([k / n for k, n in counts if n])) if detection.n else np.nan


def share_at(detection: Detection, level: float, success: NDArray[np.bool_]) -> tuple[int, int]:
    """Give how many of the cells at one level succeeded, and how many there are."""
    at = np.isclose(detection.peak_snr, level)
    return int(success[at].sum()), int(at.sum())


def _curves(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit logistic curves, one a row, by Newton's steps; give height and slope of each, (rows, 2)."""
    middle = float(np.mean(np.log(LADDER)))
    x = x - middle
    of_height, of_slope = 1.0 / np.square(_PRIOR_SD)
    height, slope = np.zeros(len(x)), np.ones(len(x))
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(height[:, None] + slope[:, None] * x, -30, 30)))
        rest, weight = y - p, p * (1 - p)
        up, along = rest.sum(axis=1) - of_height * height, (rest * x).sum(axis=1) - of_slope * slope
        a, b, c = weight.sum(axis=1) + of_height, (weight * x).sum(axis=1), (weight * x * x).sum(axis=1) + of_slope
        determinant = a * c - b * b
        step = (c * up - b * along) / determinant, (a * along - b * up) / determinant
        height, slope = (value + np.clip(by, -2.0, 2.0) for value, by in zip((height, slope), step, strict=True))
        if max(np.abs(by).max() for by in step) < _CLOSE:
            break
    return np.stack([height - slope * middle, slope], axis=1)


def _crossing(curves: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Give where curves reach a share; 0 and inf beyond the ladder."""
    height, slope = curves[:, 0], curves[:, 1]
    wanted = np.log(share / (1 - share))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        at = np.exp((wanted - height) / slope)
    mean_share = height + slope * np.mean(np.log(LADDER))
    flat = slope <= 0
    at = np.where(flat, np.where(mean_share > wanted, 0.0, np.inf), at)
    return np.where(at > LADDER[-1], np.inf, np.where(at < LADDER[0], 0.0, at))
