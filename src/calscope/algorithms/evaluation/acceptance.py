"""Accepted or rejected, by thresholds, with the reason in words.

The rule of Giovannucci et al. 2019 (eLife 8:e38173) for SNR, spatial r and the network's score; what passes it must
also look like a soma, where that is asked for.
"""

import math

import numpy as np

from calscope.model.results import ComponentQuality, Evaluation, SomaPart

WHAT_IS_WRONG: dict[SomaPart, str] = {
    "thickness": "too thin or small",
    "extent": "too large",
    "roundness": "not round",
    "edge": "blurred edge",
    "fit": "footprint unlike what lights up",
}
"""Why a component is no soma, by the part of the measure that is lowest."""


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
    accepted, reasons = [], []
    soma = quality.soma.tolist()
    for k, (snr, r, cnn) in enumerate(
        zip(quality.snr.tolist(), quality.r_value.tolist(), quality.cnn.tolist(), strict=True)
    ):
        measures = [
            _Measure("SNR", snr, ">", min_SNR, SNR_lowest),
            _Measure("r", r, ">=", rval_thr, rval_lowest),
        ]
        if use_cnn:
            measures.append(_Measure("CNN", cnn, ">=", min_cnn_thr, cnn_lowest))
        ok, reason = _judge(measures)
        if ok and use_soma and quality.soma_parts is not None:
            ok, reason = _judge_soma(soma[k], min_soma, quality.weakest_part(k), reason)
        accepted.append(ok)
        reasons.append(reason)
    return Evaluation(accepted=np.array(accepted, bool), reasons=tuple(reasons))


class _Measure:
    """One number with its two thresholds, and words for both."""

    def __init__(self, name: str, value: float, sign: str, upper: float, lowest: float) -> None:
        self.name, self.value, self.sign, self.upper, self.lowest = name, value, sign, upper, lowest

    def beside(self, threshold: float) -> str:
        """Name and value, to be read next to a threshold."""
        return f"{self.name} not measured" if math.isnan(self.value) else f"{self.name} {_told(self.value, threshold)}"

    def meets_upper(self) -> bool:
        return self.value > self.upper if self.sign == ">" else self.value >= self.upper

    def fails_lowest(self) -> bool:
        return self.value <= self.lowest

    def met(self) -> str:
        return f"{self.beside(self.upper)} {self.sign} {self.upper:g}"

    def missed(self) -> str:
        if math.isnan(self.value):
            return self.beside(self.upper)
        return f"{self.beside(self.upper)} {'<=' if self.sign == '>' else '<'} {self.upper:g}"


def _told(value: float, threshold: float) -> str:
    """Two digits, or as many as it takes to tell a value from its threshold: 0.848 < 0.85."""
    texts = [f"{value:.{digits}f}" for digits in (2, 3, 4)]
    return texts[0] if value == threshold else next((t for t in texts if float(t) != threshold), texts[-1])


def _judge(measures: list[_Measure]) -> tuple[bool, str]:
    failed = [m for m in measures if m.fails_lowest()]
    if failed:
        return False, "rejected: " + " and ".join(f"{m.beside(m.lowest)} <= lowest {m.lowest:g}" for m in failed)
    met = [m for m in measures if m.meets_upper()]
    if met:
        return True, "accepted: " + " and ".join(m.met() for m in met)
    return False, "rejected: " + " and ".join(m.missed() for m in measures)


def _judge_soma(soma: float, least: float, weakest: SomaPart | None, so_far: str) -> tuple[bool, str]:
    """Reject what was accepted so far where it doesn't look like a soma; say which part of the measure is lowest."""
    if math.isnan(soma):
        return True, f"{so_far}, soma not measured"
    if soma >= least:
        return True, f"{so_far}, soma {soma:.2f}"
    wrong = f": {WHAT_IS_WRONG[weakest]}" if weakest else ""
    return False, f"rejected: soma {_told(soma, least)} < {least:g}{wrong}, though {so_far.removeprefix('accepted: ')}"
