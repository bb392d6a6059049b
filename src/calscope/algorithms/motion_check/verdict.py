"""Which version of a movie to use, in one sentence with its numbers."""

from collections.abc import Iterable, Mapping, Sequence

from calscope.algorithms.motion_check.measures import VOTING
from calscope.model.results import Estimate, MotionGain, MotionVerdict, MotionVersion, Vote

NEEDED = 2
"""Measures that must say the same, with none that says the opposite."""
Step = tuple[MotionVersion, MotionVersion]
_NAMES: dict[MotionVersion, str] = {"raw": "raw", "rigid": "rigid", "piecewise": "piecewise-rigid"}
_RIGID: Step = ("raw", "rigid")
_PIECEWISE: Step = ("rigid", "piecewise")
_DIRECT: Step = ("raw", "piecewise")


def judge(gains: Sequence[MotionGain]) -> tuple[MotionVerdict, str]:
    """Give the verdict and its sentence.

    Parameters
    ----------
    gains
        From raw to rigid, and, where piecewise was done, from rigid to piecewise and from raw to piecewise.
    """
    by_step: dict[Step, list[MotionGain]] = {}
    for gain in gains:
        if gain.measure in VOTING:
            by_step.setdefault((gain.before, gain.after), []).append(gain)
    said = {step: _together(gain.vote for gain in found) for step, found in by_step.items()}
    if said.get(_PIECEWISE) == "better" and said[_DIRECT] != "worse":
        return "use piecewise-rigid", f"Use piecewise-rigid: {_compare(by_step[_PIECEWISE])}."
    if said[_RIGID] == "better":
        return "use rigid", f"Use rigid: {_compare(by_step[_RIGID])}{_and_piecewise(by_step, said)}."
    done = by_step[_DIRECT if _DIRECT in by_step else _RIGID]
    if said[done[0].before, done[0].after] == "worse":
        return "use raw", f"Use raw, the correction did harm: {_compare(done)}."
    return "no measurable benefit", f"No measurable benefit of motion correction: {_compare(done)}{_beside(done)}."


def _together(votes: Iterable[Vote]) -> Vote:
    cast = list(votes)
    if cast.count("better") >= NEEDED and "worse" not in cast:
        return "better"
    if cast.count("worse") >= NEEDED and "better" not in cast:
        return "worse"
    return "unclear"


def _and_piecewise(by_step: Mapping[Step, Sequence[MotionGain]], said: Mapping[Step, Vote]) -> str:
    if _PIECEWISE not in by_step:
        return ""
    gains = by_step[_PIECEWISE]
    if said[_PIECEWISE] == "worse":
        return f"; piecewise-rigid did harm: {_compare(gains)}"
    return f"; what piecewise-rigid adds can't be told from what noise does: {_compare(gains)}{_beside(gains)}"


def _compare(gains: Sequence[MotionGain]) -> str:
    """Say what going from one version to another changed."""
    changes = ", ".join(_change(gain) for gain in gains)
    return f"{_NAMES[gains[0].after]} against {_NAMES[gains[0].before]}, {changes} (95 % intervals)"


def _change(gain: MotionGain) -> str:
    g = gain.gain
    if gain.measure == "crispness":
        return f"crispness of the mean image {_signed(Estimate(100 * g.value, 100 * g.low, 100 * g.high), ' %')}"
    if gain.measure == "correlation":
        return f"correlation of frames with the rest {_signed(g, '')}"
    return f"residual flow {_signed(Estimate(-g.value, -g.high, -g.low), ' px')}"


def _signed(change: Estimate, unit: str) -> str:
    return f"{change.value:+.2g}{unit} ({change.low:+.2g} to {change.high:+.2g})"


def _beside(gains: Sequence[MotionGain]) -> str:
    """Say what noise alone would seem to change."""
    by = {gain.measure: gain.by_noise for gain in gains}
    return (
        f"; on the same picture and noise without movement they change by {100 * by['crispness']:+.2g} %,"
        f" {by['correlation']:+.2g} and {-by['residual_flow_px']:+.2g} px"
    )
