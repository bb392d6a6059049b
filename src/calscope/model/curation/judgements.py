"""What persons decided of the components of one run, and the evaluation in which that counts before the thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from calscope.model.curation.curation_entry import CurationEntry, Decision, Target
from calscope.model.notes import Note
from calscope.model.results import Evaluation

Part = Literal["decision", "tag", "note"]


@dataclass(frozen=True)
class Judgement:
    """What is said of one component."""

    decision: Decision | None = None
    """None where it was taken away, or only a note or tag was written."""
    decided_by: str = ""
    tag: str = ""
    note: str = ""
    newest: int = -1
    """Place in the log of the newest entry about it."""
    parts: frozenset[Part] = frozenset()
    """What was said at all: a decision that was taken away is told by this from one that was never made."""
    is_carried: bool = False
    """Whether the decision was made of the like component of another run."""

    @property
    def says_something(self) -> bool:
        """Whether there is a decision, a tag or a note."""
        return bool(self.decision or self.tag or self.note)

    def or_else(self, other: "Judgement") -> "Judgement":
        """Take from one of another run what was not said here."""
        found = (
            self
            if "decision" in self.parts
            else replace(
                self, decision=other.decision, decided_by=other.decided_by, is_carried=other.decision is not None
            )
        )
        return replace(
            found,
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

    Where nobody accepted or rejected a component the thresholds decide, also where somebody is unsure. This is the
    only place where decisions come before thresholds: pages and exports read what it gives.
    """
    accepted, reasons = evaluation.accepted.copy(), list(evaluation.reasons)
    for component, judgement in judgements.by_component.items():
        if judgement.decision not in ("accept", "reject") or component >= len(accepted):
            continue
        accepted[component] = judgement.decision == "accept"
        if reasons:
            reasons[component] = _by_hand(judgement, reasons[component])
    return Evaluation(np.asarray(accepted, np.bool_), tuple(reasons))


def _by_hand(judgement: Judgement, otherwise: Note) -> Note:
    values = {"who": judgement.decided_by, "carried": judgement.is_carried, "otherwise": otherwise.to_json()}
    return Note("accepted_by_hand" if judgement.decision == "accept" else "rejected_by_hand", values)
