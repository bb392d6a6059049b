"""Which version of a movie to use."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from calscope.algorithms.motion_check.measures import VOTING
from calscope.model.artefacts import RecordingCheck
from calscope.model.notes import Note
from calscope.model.results import MotionGain, MotionQuality, MotionVerdict, MotionVersion, Vote

NEEDED = 2
"""Measures that must say the same, with none that says the opposite."""
Step = tuple[MotionVersion, MotionVersion]
_RIGID: Step = ("raw", "rigid")
_PIECEWISE: Step = ("rigid", "piecewise")
_DIRECT: Step = ("raw", "piecewise")


def verdict_of(gains: Sequence[MotionGain]) -> tuple[MotionVerdict, Note]:
    """Give the verdict, and a note with the gains that it rests on.

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
        return "use piecewise-rigid", Note("verdict_use_piecewise", {"gains": _plain(by_step[_PIECEWISE])})
    if said[_RIGID] == "better":
        piecewise = {
            "piecewise_gains": _plain(by_step.get(_PIECEWISE, ())),
            "piecewise_is_worse": said.get(_PIECEWISE) == "worse",
        }
        return "use rigid", Note("verdict_use_rigid", {"gains": _plain(by_step[_RIGID]), **piecewise})
    done = by_step[_DIRECT if _DIRECT in by_step else _RIGID]
    if said[done[0].before, done[0].after] == "worse":
        return "use raw", Note("verdict_use_raw", {"gains": _plain(done)})
    return "no measurable benefit", Note("verdict_no_benefit", {"gains": _plain(done)})


def with_check(quality: MotionQuality, check: RecordingCheck) -> MotionQuality:
    """Give the verdict that the check of the recording allows: no correction that follows a pattern is recommended."""
    if not check.has_still_image:
        return replace(quality, verdict="use raw", why=Note("verdict_no_still_image"))
    if check.has_pattern and quality.verdict in {"use rigid", "use piecewise-rigid"}:
        return replace(quality, verdict="use raw", why=Note("verdict_pattern"))
    return quality


def _together(votes: Iterable[Vote]) -> Vote:
    cast = list(votes)
    if cast.count("better") >= NEEDED and "worse" not in cast:
        return "better"
    if cast.count("worse") >= NEEDED and "better" not in cast:
        return "worse"
    return "unclear"


def _plain(gains: Iterable[MotionGain]) -> list[dict[str, Any]]:
    return [
        {
            **{name: getattr(gain, name) for name in ("measure", "before", "after", "by_noise")},
            **{name: getattr(gain.gain, name) for name in ("value", "low", "high")},
        }
        for gain in gains
    ]
