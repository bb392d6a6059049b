"""Accepted or rejected, by thresholds, with the reason.

The rule itself is in `calscope.model.acceptance_rule`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from calscope.model.acceptance_rule import MeasureRule, measure_rules
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Evaluation, SomaPart


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
) -> Evaluation:
    """Accept where any upper threshold is met, every lowest one is passed, and the likeness to a soma suffices.

    A measure that could not be taken (NaN) meets no upper threshold and fails no lowest one; a likeness to a soma that
    could not be measured rejects nothing. The network's score counts only with `use_cnn`, the likeness with `use_soma`.
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
    reasons = []
    soma = quality.soma.tolist()
    for k, (snr, r, cnn) in enumerate(
        zip(quality.snr.tolist(), quality.r_value.tolist(), quality.cnn.tolist(), strict=True)
    ):
        values = {"snr": snr, "r_value": r, "cnn": cnn}
        measures = [_Measure(values[rule.name], rule) for rule in rules]
        is_accepted, checks = _decide(measures)
        if is_accepted and use_soma and quality.soma_parts is not None:
            check = _soma_check(soma[k], min_soma, quality.weakest_part(k))
            is_accepted, checks = check["passed"], [*checks, check]
        reasons.append(Note("accepted" if is_accepted else "rejected", {"checks": checks}))
    return Evaluation(np.array([reason.kind == "accepted" for reason in reasons], bool), tuple(reasons))


Check = dict[str, Any]
"""One measure against one threshold, as a note holds it; see `model.note_texts.evaluation_texts`."""


@dataclass(frozen=True)
class _Measure:
    """One number with its two thresholds."""

    value: float
    rule: MeasureRule

    def meets_upper(self) -> bool:
        return self.rule.meets_upper(self.value)

    def fails_lowest(self) -> bool:
        return self.rule.fails_lowest(self.value)

    def check_upper(self) -> Check:
        return _check(self.rule.name, self.value, "upper", self.rule.upper, passed=self.meets_upper())

    def check_lowest(self) -> Check:
        return _check(self.rule.name, self.value, "lowest", self.rule.lowest, passed=not self.fails_lowest())


def _decide(measures: list[_Measure]) -> tuple[bool, list[Check]]:
    """Accept or reject, with the checks that decide."""
    failed = [m.check_lowest() for m in measures if m.fails_lowest()]
    if failed:
        return False, failed
    met = [m.check_upper() for m in measures if m.meets_upper()]
    return bool(met), met or [m.check_upper() for m in measures]


def _soma_check(soma: float, least: float, weakest: SomaPart | None) -> Check:
    passed = math.isnan(soma) or soma >= least
    return _check("soma", soma, "upper", least, passed=passed) | {"weakest_part": weakest}


def _check(measure: str, value: float, bound: str, threshold: float, *, passed: bool) -> Check:
    return {"measure": measure, "value": value, "bound": bound, "threshold": threshold, "passed": passed}
