"""The rule by which components are accepted: once as a comparison, and as text for a table and for a manuscript.

The rule of Giovannucci et al. 2019 (eLife 8:e38173) for SNR, spatial r and the network's score; what passes it must
also look like a soma, where that is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

MeasureName = Literal["snr", "r_value", "cnn"]
Sign = Literal[">", "≥", "≤", "<"]
_SMALLEST: Mapping[MeasureName, float] = MappingProxyType({"snr": 0.0, "r_value": -1.0, "cnn": 0.0})
"""A lowest threshold there rejects nothing that was measured well: it is how a person leaves it out."""


@dataclass(frozen=True)
class MeasureRule:
    """The two thresholds of one measure: any upper one lets a component pass, every lowest one must be passed."""

    name: MeasureName
    upper: float
    lowest: float

    @property
    def upper_sign(self) -> Sign:
        """How a value must compare to the upper threshold."""
        return required_sign(self.name, "upper")

    @property
    def has_lowest(self) -> bool:
        """Whether the lowest threshold lies above the smallest value of the measure."""
        return self.lowest > _SMALLEST[self.name]

    def meets_upper(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether values let their components pass; one that was not measured (NaN) does not."""
        return values > self.upper if self.upper_sign == ">" else values >= self.upper

    def fails_lowest(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether values reject their components; one that was not measured (NaN) does not."""
        return values <= self.lowest


def required_sign(measure: str, bound: str) -> Sign:
    """Give how a value must compare to a threshold: of a measure or `soma`, and `upper` or `lowest`."""
    return ">" if measure == "snr" or bound == "lowest" else "≥"


def found_sign(measure: str, bound: str, *, passed: bool) -> Sign:
    """Give how a value does compare to its threshold, by whether it passed."""
    required = required_sign(measure, bound)
    if passed:
        return required
    return "≤" if required == ">" else "<"


def measure_rules(thresholds: Mapping[str, Any]) -> list[MeasureRule]:
    """Give the rules in force, from the values of the parameter group `evaluation`."""
    rules = [
        MeasureRule("snr", thresholds["min_SNR"], thresholds["SNR_lowest"]),
        MeasureRule("r_value", thresholds["rval_thr"], thresholds["rval_lowest"]),
    ]
    if thresholds.get("use_cnn"):
        rules.append(MeasureRule("cnn", thresholds["min_cnn_thr"], thresholds["cnn_lowest"]))
    return rules


def in_signs(thresholds: Mapping[str, Any]) -> str:
    """Give the rule in one short sentence, with signs."""
    long = {"snr": "SNR", "r_value": "spatial r", "cnn": "CNN"}
    short = {"snr": "SNR", "r_value": "r", "cnn": "CNN"}
    rules = measure_rules(thresholds)
    either = " or ".join(f"{long[rule.name]} {rule.upper_sign} {rule.upper:g}" for rule in rules)
    every = " and ".join(f"{short[rule.name]} > {rule.lowest:g}" for rule in rules)
    if thresholds.get("use_soma"):
        every += f" and the likeness to a soma ≥ {thresholds['min_soma']:g}"
    whose = "" if thresholds.get("use_soma") else " This is CaImAn's own rule."
    return f"Accepted where {either}, as long as {every}.{whose}"


def in_words(thresholds: Mapping[str, Any]) -> str:
    """Give the rule as it stands in a manuscript, without a full stop."""
    names = {
        "snr": "its peak signal-to-noise ratio",
        "r_value": "its spatial correlation with the movie",
        "cnn": "the score of CaImAn's convolutional network",
    }
    again = {"snr": "the first", "r_value": "the second", "cnn": "the score"}
    verb = {">": "exceeded", "≥": "reached"}
    rules = measure_rules(thresholds)
    either = " or ".join(f"{names[rule.name]} {verb[rule.upper_sign]} {rule.upper:g}" for rule in rules)
    every = " and ".join(f"{again[rule.name]} exceeded {rule.lowest:g}" for rule in rules)
    if thresholds.get("use_soma"):
        every += (
            ", and that the image of its own activity looked like a cell body in focus (smallest of five measures of "
            f"size, roundness, sharpness of the edge and fit, 0 to 1, at least {thresholds['min_soma']:g})"
        )
    return f"A component was accepted if {either}, provided that {every} (rule after Giovannucci et al. 2019)"
