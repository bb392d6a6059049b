"""Accepted or rejected, by thresholds, with the reason.

The rule itself is in `calscope.model.acceptance_rule`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.acceptance_rule import MeasureRule, measure_rules
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Evaluation


def accept_components(
    quality: ComponentQuality,
    *,
    min_SNR: float,
    rval_thr: float,
    SNR_lowest: float,
    rval_lowest: float,
    use_cnn: bool,
    min_cnn_thr: float,
    cnn_lowest: float,
    use_soma: bool = True,
    min_soma: float = 0.5,
    with_reasons: bool = True,
) -> Evaluation:
    """Accept where any upper threshold is met, every lowest one is passed, and the likeness to a soma suffices.

    A measure that could not be taken (NaN) meets no upper threshold and fails no lowest one; a likeness to a soma that
    could not be measured rejects nothing. The network's score counts only with `use_cnn`, the likeness with `use_soma`.
    Reasons take most of the time; who only counts does without.
    """
    rules = measure_rules(
        {
            "min_SNR": min_SNR,
            "rval_thr": rval_thr,
            "SNR_lowest": SNR_lowest,
            "rval_lowest": rval_lowest,
            "use_cnn": use_cnn,
            "min_cnn_thr": min_cnn_thr,
            "cnn_lowest": cnn_lowest,
        }
    )
    by_name = {"snr": quality.snr, "r_value": quality.r_value, "cnn": quality.cnn}
    measures = [_Measure.compared(by_name[rule.name], rule) for rule in rules]
    active = np.any([one.meets_upper for one in measures], axis=0)
    active &= ~np.any([one.fails_lowest for one in measures], axis=0)
    soma = quality.soma.astype(np.float64)
    is_soma = ~(soma < min_soma) if use_soma else np.ones_like(active)
    accepted = np.asarray(active & is_soma, np.bool_)
    if not with_reasons:
        return Evaluation(accepted)
    checks = [_deciding(measures, k) for k in range(len(accepted))]
    if use_soma and quality.soma_parts is not None:
        weakest = quality.weakest_parts()
        for k in np.flatnonzero(active).tolist():
            check = _check("soma", float(soma[k]), "upper", min_soma, passed=bool(is_soma[k]))
            checks[k].append(check | {"weakest_part": weakest[k]})
    told = zip(accepted.tolist(), checks, strict=True)
    return Evaluation(accepted, tuple(Note("accepted" if good else "rejected", {"checks": own}) for good, own in told))


Check = dict[str, Any]
"""One measure against one threshold, as a note holds it; see `model.note_texts.evaluation_texts`."""


@dataclass(frozen=True)
class _Measure:
    """One measure of all components, compared with its two thresholds."""

    rule: MeasureRule
    values: list[float]
    meets_upper: NDArray[np.bool_]
    fails_lowest: NDArray[np.bool_]

    @classmethod
    def compared(cls, values: NDArray[np.float32], rule: MeasureRule) -> "_Measure":
        exact = np.asarray(values, np.float64)  # a threshold is not to be rounded to what single precision has
        return cls(rule, exact.tolist(), rule.meets_upper(exact), rule.fails_lowest(exact))

    def check_upper(self, k: int) -> Check:
        return _check(self.rule.name, self.values[k], "upper", self.rule.upper, passed=bool(self.meets_upper[k]))

    def check_lowest(self, k: int) -> Check:
        return _check(self.rule.name, self.values[k], "lowest", self.rule.lowest, passed=not self.fails_lowest[k])


def _deciding(measures: list[_Measure], k: int) -> list[Check]:
    """Give the checks that decide of a component, before its likeness to a soma."""
    failed = [one.check_lowest(k) for one in measures if one.fails_lowest[k]]
    met = [one.check_upper(k) for one in measures if one.meets_upper[k]]
    return failed or met or [one.check_upper(k) for one in measures]


def _check(measure: str, value: float, bound: str, threshold: float, *, passed: bool) -> Check:
    return {"measure": measure, "value": value, "bound": bound, "threshold": threshold, "passed": passed}
