"""Which verdicts of the thresholds a person would change, and how many of them, from what was decided so far.

A logistic regression tells from a component's measures how likely the person accepts it. Its coefficients have a normal
prior: what they were on simulated recordings, where the person judged by the truth (`likely_start.py`). So there is an
estimate before the first decision, and each decision moves it. A few decisions are slips, of which no measure tells;
how many, and how far coefficients lie from those of simulated recordings, is integrated out (`slipping_regression.py`).
Coefficients are drawn from the posterior, and with each the verdicts that the person would change on purpose: the
counts are the predictive distribution, with the uncertainty of the coefficients and of each component. The interval is
the shortest that holds nine tenths of it. Which components were looked at first does not bias it, as long as the choice
rests on the same measures: the regression is given those (`benchmarks/when_to_stop.py` checks it).

scikit-learn's regression has no prior with a mean and gives no posterior; so it is not used.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from calscope.algorithms.curation.likely_start import WITH_SOMA, WITHOUT_SOMA, Start
from calscope.algorithms.curation.slipping_regression import Grid, posterior
from calscope.model.acceptance_rule import measure_rules
from calscope.model.curation.what_is_left import WhatIsLeft
from calscope.model.movie import FloatArray
from calscope.model.results import ComponentQuality

_N_DRAWS = 800
_HELD = 0.9
"""Of the predictive distribution, by the interval."""
_MIDDLE_SNR, _MIDDLE_R, _MIDDLE_SOMA, _MIDDLE_CNN = 4.0, 0.8, 0.5, 0.5
"""Where measures are scaled to 0; only the scale of the start's coefficients depends on it."""
_WIDTHS = {0.5: 0.3, 1.0: 0.4, 2.0: 0.3}
"""Factor on the variance of the start, and how likely it is: real recordings, and persons, may differ more."""
_SLIPS = {0.0: 0.55, 0.01: 0.25, 0.03: 0.14, 0.06: 0.06}
"""How often a person decides otherwise than meant, and how likely that is; wide, because little is known of it."""
_CNN_VARIANCE = 1.0
_LARGEST = 4.0


def what_is_left(
    quality: ComponentQuality,
    area_px: NDArray,
    accepted: NDArray[np.bool_],
    thresholds: Mapping[str, Any] | None,
    *,
    decided: FloatArray,
    seen: NDArray[np.bool_],
) -> WhatIsLeft:
    """Estimate which verdicts of the unseen components the person would change, and not by a slip.

    Parameters
    ----------
    area_px
        (K,) pixels of the footprints.
    accepted
        (K,) the verdicts of the thresholds, or of another program.
    thresholds
        Values of the parameter group `evaluation`; None where another program gave the verdicts.
    decided
        (K,) 1 where the person accepted, 0 where it was rejected, NaN where neither.
    seen
        (K,) whether the component was looked at, also where the person was unsure.
    """
    X = features(quality, area_px, accepted, thresholds)
    start = _start(quality)
    judged = np.isfinite(decided)
    rng = np.random.default_rng(0)  # the same decisions give the same words
    coefficients = posterior(X[judged], np.asarray(decided[judged], np.float64), start, _grid()).draw(_N_DRAWS, rng)
    unseen = np.flatnonzero(~seen)
    towards_other = np.where(accepted[unseen, None], -X[unseen], X[unseen]) @ coefficients.T
    p_wrong = expit(towards_other.astype(np.float32))  # single precision: this is done anew with each decision
    low, high = shortest_interval((rng.random(p_wrong.shape, np.float32) < p_wrong).sum(axis=0), _HELD)
    wrong = np.full(len(seen), np.nan, np.float32)
    wrong[unseen] = p_wrong.mean(axis=1)
    left = np.sort(wrong[unseen].astype(np.float64))
    return WhatIsLeft(
        wrong=wrong,
        n_decisions=int(judged.sum()),
        n_unseen=len(unseen),
        expected=float(left.sum()),
        low=low,
        high=high,
        n_looks=int((np.cumsum(left) >= 1).sum()),
    )


def _grid() -> Grid:
    points = np.array([(width, slip, p * q) for width, p in _WIDTHS.items() for slip, q in _SLIPS.items()])
    return Grid(*points.T)


def shortest_interval(counts: NDArray[np.int_], share: float) -> tuple[int, int]:
    """Give the shortest interval, both ends in it, that holds a share of some counts; of several that with the most."""
    held = np.concatenate([[0], np.cumsum(np.bincount(counts))]) / len(counts)
    end = np.searchsorted(held, held + share - 1e-9)  # of the shortest one from each count on
    low = np.flatnonzero(end < len(held))
    end = end[low]
    best = np.lexsort((held[low] - held[end], end - low))[0]
    return int(low[best]), int(end[best]) - 1


def margins(quality: ComponentQuality, accepted: NDArray[np.bool_], thresholds: Mapping[str, Any] | None) -> FloatArray:
    """Give how far each component is from the other verdict, (K,): above 0 where it is accepted.

    A step of 1 is a factor of two in SNR, 0.1 in r, CNN score and likeness to a soma. ±1 where no thresholds are known.
    """
    if thresholds is None:
        return np.where(accepted, 1.0, -1.0).astype(np.float32)
    values = {"snr": quality.snr, "r_value": quality.r_value, "cnn": quality.cnn}
    upper = np.full(len(accepted), -_LARGEST)
    lowest = np.full(len(accepted), _LARGEST)
    for rule in measure_rules(thresholds):
        upper = np.fmax(upper, _steps(rule.name, values[rule.name], rule.upper))
        lowest = np.fmin(lowest, _steps(rule.name, values[rule.name], rule.lowest))
    found = np.minimum(upper, lowest)
    if thresholds.get("use_soma") is not False and quality.soma_parts is not None:
        found = np.fmin(found, _steps("soma", quality.soma, thresholds["min_soma"]))
    return np.clip(found, -_LARGEST, _LARGEST).astype(np.float32)


def _steps(name: str, value: FloatArray, threshold: float) -> NDArray[np.float64]:
    if name == "snr":
        least = 0.05  # of what has no peak at all
        return np.log2(np.maximum(np.asarray(value, np.float64), least) / max(threshold, least))
    return (np.asarray(value, np.float64) - threshold) / 0.1


def features(
    quality: ComponentQuality, area_px: NDArray, accepted: NDArray[np.bool_], thresholds: Mapping[str, Any] | None
) -> NDArray[np.float64]:
    """Give (K, 8): 1, margin, SNR, r, size, unusual size, soma, CNN. What was not measured is 0, the middle."""
    size = np.log2(np.maximum(area_px, 1) / max(np.median(area_px), 1) if len(area_px) else np.ones(0))
    columns = [
        np.ones(len(area_px)),
        margins(quality, accepted, thresholds) / 2,
        np.clip(_steps("snr", quality.snr, _MIDDLE_SNR), -3, 3),
        np.clip(_steps("r_value", quality.r_value, _MIDDLE_R), -_LARGEST, _LARGEST) / 2,
        np.clip(size, -2, 2),
        np.abs(np.clip(size, -2, 2)),
        _steps("soma", quality.soma, _MIDDLE_SOMA) / 2,
        _steps("cnn", quality.cnn, _MIDDLE_CNN) / 2,
    ]
    return np.nan_to_num(np.stack(columns, axis=1))


def _start(quality: ComponentQuality) -> Start:
    """Give mean and covariance of the coefficients; those of a measure that is not there don't matter."""
    known = WITHOUT_SOMA if quality.soma_parts is None else WITH_SOMA
    n = len(known.mean) + 1
    mean, covariance = np.zeros(n), np.zeros((n, n))
    mean[:-1], covariance[:-1, :-1] = known.mean, known.covariance
    covariance[-1, -1] = _CNN_VARIANCE  # no network scored the simulated recordings
    return Start(mean, covariance)
