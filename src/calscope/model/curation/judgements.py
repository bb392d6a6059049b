"""What persons decided of the components of one run, and the evaluation in which that counts before the thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from calscope.model.curation.curation_entry import CurationEntry, Decision, Target
from calscope.model.curation.raters_agree import Agreement
from calscope.model.curation.ratings import Held, Rating, held_of
from calscope.model.notes import Note
from calscope.model.results import Evaluation

Part = Literal["tag", "note"]


@dataclass(frozen=True)
class Judgement:
    """What is said of one component."""

    ratings: tuple[Rating, ...] = ()
    """All decisions that were not taken back, those carried over from other runs first, then the oldest first."""
    tag: str = ""
    note: str = ""
    newest: int = -1
    """Place in the log of the newest entry about it."""
    parts: frozenset[Part] = frozenset()
    """Which of tag and note were written: one that was emptied is told by this from one that never was."""

    @cached_property
    def held(self) -> Held:
        """What holds of the decisions."""
        return held_of(self.ratings)

    @property
    def decision(self) -> Decision | None:
        """What holds; None where nobody decided, it was taken away, or raters disagree."""
        return self.held.decision

    @property
    def decided_by(self) -> str:
        """Whose decision holds; empty where none does."""
        return self.held.who

    @property
    def is_carried(self) -> bool:
        """Whether what holds was decided of the like component of another run."""
        return self.held.is_carried

    @property
    def is_disputed(self) -> bool:
        """Whether raters disagree, and nobody settled it yet."""
        return self.held.state == "disputed"

    @property
    def says_something(self) -> bool:
        """Whether there is a decision, a tag or a note."""
        return bool(self.held.decision or self.held.sides or self.tag or self.note)

    def or_else(self, other: "Judgement") -> "Judgement":
        """Take from one of another run what was not said here."""
        return replace(
            self,
            ratings=(*(replace(one, is_carried=True) for one in other.ratings), *self.ratings),
            tag=self.tag if "tag" in self.parts else other.tag,
            note=self.note if "note" in self.parts else other.note,
            parts=self.parts | other.parts,
        )


@dataclass(frozen=True)
class LostJudgement:
    """A judgement of another run's component that no component of this run is like."""

    judgement: Judgement
    target: Target


@dataclass(frozen=True)
class Judgements:
    """What holds for the components of one run."""

    by_component: Mapping[int, Judgement] = field(default_factory=dict)
    """Only components of which something is said."""
    lost: tuple[LostJudgement, ...] = ()
    notes: tuple[Note, ...] = ()
    """What is to be known of the log."""
    log: tuple[CurationEntry, ...] = ()
    """All that was said of the recording, the oldest first."""
    agreements: tuple[Agreement, ...] = ()
    """Of each two raters who judged components independently."""
    dismissed: frozenset[tuple[str, int]] = frozenset()
    """What need not be shown of what is not carried over, as `fold_log` names it."""

    def of(self, component: int) -> Judgement:
        """Give what is said of a component; an empty judgement where nothing is."""
        return self.by_component.get(component, NOTHING_SAID)

    def count(self, *decisions: Decision, carried: bool | None = None) -> int:
        """Count the components with one of these decisions; those carried over alone, or those that are not."""
        found = (one for one in self.by_component.values() if one.decision in decisions)
        return sum(carried is None or one.is_carried is carried for one in found)


NOTHING_SAID = Judgement()
NO_JUDGEMENTS = Judgements()


def judged(evaluation: Evaluation, judgements: Judgements) -> Evaluation:
    """Give the evaluation as persons decided, with the thresholds' own verdict in the reason.

    Where nobody accepted or rejected a component the thresholds decide, also where somebody is unsure, and where
    raters disagree and nobody settled it. This is the only place where decisions come before thresholds: pages and
    exports read what it gives.
    """
    accepted, reasons = evaluation.accepted.copy(), list(evaluation.reasons)
    for component, judgement in judgements.by_component.items():
        if component >= len(accepted):
            continue
        if judgement.decision in ("accept", "reject"):
            accepted[component] = judgement.decision == "accept"
        if reasons:
            reasons[component] = _reason(judgement.held, reasons[component])
    return Evaluation(np.asarray(accepted, np.bool_), tuple(reasons))


def _reason(held: Held, otherwise: Note) -> Note:
    if held.state == "disputed":
        return Note("raters_disagree", {"sides": _sides(held), "otherwise": otherwise.to_json()})
    if held.decision not in ("accept", "reject"):
        return otherwise
    values = {"who": held.who, "carried": held.is_carried, "otherwise": otherwise.to_json()}
    values["settled"] = _sides(held) if held.state == "settled" else []
    return Note("accepted_by_hand" if held.decision == "accept" else "rejected_by_hand", values)


def _sides(held: Held) -> list[list[str]]:
    return [[one.who, one.decision or ""] for one in held.sides]
