"""Which injected cells were found again, and how bright a cell must be for that.

The share found rises with the logarithm of the SNR as a logistic curve, fitted by penalised likelihood (a weak normal
prior keeps it finite where all are found above one level and none below: Gelman et al. 2008, Ann Appl Stat 2:1360).
"""

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.comparison.agreement import match_footprints, trace_correlations
from calscope.algorithms.injection.injected_cells import LADDER, InjectedCells
from calscope.model.detection import Detection, DetectionLimits, Limit
from calscope.model.movie import FloatArray
from calscope.model.results import Components, Evaluation

RESAMPLED = 400
FEWEST_CELLS = 16
"""Fewer say nothing."""
_PRIOR_SD = (10.0, 5.0)
"""Of the curve's height and of its slope."""
_STEPS = 25


def detect(
    cells: InjectedCells, components: Components, evaluation: Evaluation, *, decay_time_s: float, gain: float
) -> Detection:
    """Tell which of the cells lie in a component each, and whether it is accepted.

    Parameters
    ----------
    components, evaluation
        Of the movie with the cells in it.
    """
    found, accepted = np.zeros(cells.n, bool), np.zeros(cells.n, bool)
    trace_r = np.full(cells.n, np.nan, np.float32)
    if cells.n and components.n:
        pairs = match_footprints(cells.A, components.A).pairs
        found[pairs[:, 0]] = True
        accepted[pairs[:, 0]] = evaluation.accepted[pairs[:, 1]]
        trace_r[pairs[:, 0]] = trace_correlations(cells.C, components.C, pairs)
    return Detection(cells.peak_snr, found, accepted, trace_r, cells.centers_px, decay_time_s, gain)


def limit(peak_snr: FloatArray, success: NDArray[np.bool_], share: float, *, seed: int = 0) -> Limit | None:
    """Give the peak SNR at which this share of cells succeeds; None where too few cells were put in.

    Parameters
    ----------
    peak_snr, success
        (n,) of each cell.
    share
        Between 0 and 1, such as 0.5 or 0.9.
    """
    n = len(peak_snr)
    if n < FEWEST_CELLS:
        return None
    rng = np.random.default_rng(seed)
    samples = np.vstack([np.arange(n), rng.integers(0, n, (RESAMPLED, n))])
    x = np.log(np.asarray(peak_snr, np.float64))[samples]
    values = _crossing(_curves(x, np.asarray(success, np.float64)[samples]), share)
    low, high = np.quantile(values[1:], (0.025, 0.975), method="nearest")
    return Limit(float(values[0]), float(low), float(high))


def limits(detection: Detection) -> DetectionLimits:
    """Give the peak SNR at which 50 % and 90 % of the cells are found, and are accepted; about 0.1 s of work."""
    given = ((success, share) for success in (detection.found, detection.accepted) for share in (0.5, 0.9))
    return DetectionLimits(*(limit(detection.peak_snr, success, share) for success, share in given))


def accepted_share(detection: Detection) -> float:
    """Give the share of the cells that were accepted, each level of the ladder counted alike; NaN without any cell."""
    counts = [share_at(detection, level, detection.accepted) for level in LADDER]
    return float(np.mean([k / n for k, n in counts if n])) if detection.n else np.nan


def share_at(detection: Detection, level: float, success: NDArray[np.bool_]) -> tuple[int, int]:
    """Give how many of the cells at one level succeeded, and how many there are."""
    at = np.isclose(detection.peak_snr, level)
    return int(success[at].sum()), int(at.sum())


def _curves(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit logistic curves, one a row; give height and slope of each, (rows, 2)."""
    middle = float(np.mean(np.log(LADDER)))
    design = np.stack([np.ones_like(x), x - middle], axis=-1)
    prior = np.diag(1.0 / np.square(_PRIOR_SD))
    curve = np.tile(np.array([0.0, 1.0]), (len(x), 1))
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(np.einsum("rni,ri->rn", design, curve), -30, 30)))
        slope = np.einsum("rni,rn->ri", design, y - p) - curve @ prior
        bend = np.einsum("rni,rn,rnj->rij", design, p * (1 - p), design) + prior
        step = np.linalg.solve(bend, slope[..., None])[..., 0]
        curve = curve + np.clip(step, -2.0, 2.0)
    return np.stack([curve[:, 0] - curve[:, 1] * middle, curve[:, 1]], axis=1)


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
