"""Accepted or rejected, by thresholds, with the reason in words (the rule of Giovannucci et al. 2019)."""

import math

import numpy as np

from calscope.model.results import Evaluation, Quality


def accept_components(
    quality: Quality,
    *,
    min_SNR: float,
    rval_thr: float,
    SNR_lowest: float,
    rval_lowest: float,
    use_cnn: bool,
    min_cnn_thr: float,
    cnn_lowest: float,
) -> Evaluation:
    """Accept where any upper threshold is met and every lowest one is passed.

    A measure that could not be taken (NaN) meets no upper threshold and fails no lowest one. The network's score counts
    only with `use_cnn`.
    """
    accepted, reasons = [], []
    for snr, r, cnn in zip(quality.snr.tolist(), quality.r_value.tolist(), quality.cnn.tolist(), strict=True):
        measures = [
            _Measure("SNR", snr, ">", min_SNR, SNR_lowest),
            _Measure("r", r, ">=", rval_thr, rval_lowest),
        ]
        if use_cnn:
            measures.append(_Measure("CNN", cnn, ">=", min_cnn_thr, cnn_lowest))
        ok, reason = _judge(measures)
        accepted.append(ok)
        reasons.append(reason)
    return Evaluation(accepted=np.array(accepted, bool), reasons=tuple(reasons))


class _Measure:
    """One number with its two thresholds, and words for both."""

    def __init__(self, name: str, value: float, sign: str, upper: float, lowest: float) -> None:
        self.name, self.value, self.sign, self.upper, self.lowest = name, value, sign, upper, lowest

    @property
    def number(self) -> str:
        return f"{self.name} not measured" if math.isnan(self.value) else f"{self.name} {self.value:.2f}"

    def meets_upper(self) -> bool:
        return self.value > self.upper if self.sign == ">" else self.value >= self.upper

    def fails_lowest(self) -> bool:
        return self.value <= self.lowest

    def met(self) -> str:
        return f"{self.number} {self.sign} {self.upper:g}"

    def missed(self) -> str:
        if math.isnan(self.value):
            return self.number
        return f"{self.number} {'<=' if self.sign == '>' else '<'} {self.upper:g}"


def _judge(measures: list[_Measure]) -> tuple[bool, str]:
    failed = [m for m in measures if m.fails_lowest()]
    if failed:
        return False, "rejected: " + " and ".join(f"{m.number} <= lowest {m.lowest:g}" for m in failed)
    met = [m for m in measures if m.meets_upper()]
    if met:
        return True, "accepted: " + " and ".join(m.met() for m in met)
    return False, "rejected: " + " and ".join(m.missed() for m in measures)
