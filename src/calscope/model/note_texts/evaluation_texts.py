"""Why a component was accepted or rejected, in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calscope.model.acceptance_rule import found_sign

Check = Mapping[str, Any]
"""One measure against one threshold: measure, value (None where it was not measured), bound, threshold, passed."""
_NAMES = {"snr": "SNR", "r_value": "r", "cnn": "CNN", "soma": "soma"}
_WHAT_IS_WRONG = {
    "thickness": "too thin or small",
    "extent": "too large",
    "roundness": "not round",
    "edge": "blurred edge",
    "fit": "footprint unlike what lights up",
}
"""Why a component is no soma, by the part of the measure that is lowest."""
_BRIEFLY = _WHAT_IS_WRONG | {"fit": "not what lights up"}


def accepted_why(checks: Sequence[Check]) -> str:
    """Give the thresholds that were met, and the likeness to a soma where it counted."""
    met = " and ".join(_compared(check) for check in checks if check["measure"] != "soma")
    return ", ".join([met, *(_beside(check) for check in checks if check["measure"] == "soma")])


def rejected_why(checks: Sequence[Check]) -> str:
    """Give the thresholds that were missed; where that is the soma's, also those that were met."""
    soma = next((check for check in checks if check["measure"] == "soma"), None)
    if soma is None:
        return " and ".join(_compared(check) for check in checks)
    wrong = f": {_WHAT_IS_WRONG[soma['weakest_part']]}" if soma.get("weakest_part") else ""
    met = " and ".join(_compared(check) for check in checks if check is not soma)
    return f"{_compared(soma)}{wrong}, though {met}"


def accepted_briefly(checks: Sequence[Check]) -> str:
    """Give the thresholds that were met, for a column beside those with the values."""
    return ", ".join(_threshold(check) for check in checks if check["measure"] != "soma")


def rejected_briefly(checks: Sequence[Check]) -> str:
    """Give the thresholds that were missed, or what is wrong with the soma, for a column beside the values."""
    soma = next((check for check in checks if check["measure"] == "soma"), None)
    if soma is None:
        return ", ".join(_threshold(check) for check in checks)
    return _BRIEFLY.get(soma.get("weakest_part") or "", _threshold(soma))


def _threshold(check: Check) -> str:
    """Say on which side of its threshold a value lies, without the value."""
    name = _NAMES[check["measure"]]
    if check["value"] is None:
        return f"no {name}"
    sign = found_sign(check["measure"], check["bound"], passed=check["passed"])
    lowest = "lowest " if check["bound"] == "lowest" else ""
    return f"{name} {sign} {lowest}{check['threshold']:g}"


def _compared(check: Check) -> str:
    """Say on which side of its threshold a value lies."""
    if check["value"] is None:
        return _beside(check)
    sign = found_sign(check["measure"], check["bound"], passed=check["passed"])
    lowest = "lowest " if check["bound"] == "lowest" else ""
    return f"{_beside(check)} {sign} {lowest}{check['threshold']:g}"


def _beside(check: Check) -> str:
    name, value = _NAMES[check["measure"]], check["value"]
    return f"{name} not measured" if value is None else f"{name} {_digits(value, check['threshold'])}"


def _digits(value: float, threshold: float) -> str:
    """Give two digits, or as many as it takes to tell a value from its threshold: 0.848 < 0.85."""
    if value == threshold:
        return f"{value:.2f}"
    texts = (f"{value:.{digits}f}" for digits in (2, 3))
    return next((text for text in texts if float(text) != threshold), f"{value:.4f}")


def _accepted(checks: Sequence[Check]) -> str:
    return f"accepted: {accepted_why(checks)}"


def _rejected(checks: Sequence[Check]) -> str:
    return f"rejected: {rejected_why(checks)}"


def by_hand_why(who: str, *, carried: bool, otherwise: Mapping[str, Any], settled: Sequence[Sequence[str]] = ()) -> str:
    """Give who decided, and what would hold otherwise: the verdict of the thresholds, or of another program.

    `settled` are the names and decisions of the raters whose disagreement this decision settled.
    """
    where = ", carried over" if carried else ""
    how = f", who settled what raters said ({_said(settled)})" if settled else ""
    return f"by hand by {who}{how}{where} ({_otherwise(otherwise.get('kind', ''), otherwise.get('values', {}))})"


def disagree_why(sides: Sequence[Sequence[str]], otherwise: Mapping[str, Any]) -> str:
    """Give what the raters said, and the verdict of the thresholds, which holds until somebody settles it."""
    held = _otherwise(otherwise.get("kind", ""), otherwise.get("values", {}))
    return f"raters disagree, not settled ({_said(sides)}); {held}"


def _said(sides: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{who}: {decision}" for who, decision in sides)


def _otherwise(kind: str, values: Mapping[str, Any]) -> str:
    if kind == "accepted":
        return f"thresholds: accepted, because {accepted_why(**values)}"
    if kind == "rejected":
        return f"thresholds: rejected, because {rejected_why(**values)}"
    wording = EVALUATION.get(kind, "{text}")
    return f"otherwise: {wording.format(**values).rstrip('.') if isinstance(wording, str) else kind}"


def _accepted_by_hand(
    who: str, *, carried: bool, otherwise: Mapping[str, Any], settled: Sequence[Sequence[str]] = ()
) -> str:
    return f"accepted {by_hand_why(who, carried=carried, otherwise=otherwise, settled=settled)}"


def _rejected_by_hand(
    who: str, *, carried: bool, otherwise: Mapping[str, Any], settled: Sequence[Sequence[str]] = ()
) -> str:
    return f"rejected {by_hand_why(who, carried=carried, otherwise=otherwise, settled=settled)}"


EVALUATION: dict[str, str | Callable[..., str]] = {
    "accepted": _accepted,
    "rejected": _rejected,
    "accepted_by_hand": _accepted_by_hand,
    "rejected_by_hand": _rejected_by_hand,
    "raters_disagree": disagree_why,
    "accepted_by_program": "Accepted by {program}.",
    "rejected_by_program": "Rejected by {program}.",
    "kept_in_program": "Accepted: kept in {program} when others were taken out after evaluation.",
}
