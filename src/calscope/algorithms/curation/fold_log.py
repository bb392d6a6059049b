"""What holds after all entries of a log: for each component that was meant, by the run that found it and its number.

Of several persons, who said something last is right. Undo takes back what the same person said last and did not take
back yet; redo says it again, as long as that person said nothing else since.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from calscope.model.curation.curation_entry import ACTIONS, DECISIONS, CurationEntry, Target
from calscope.model.curation.judgements import NOTHING_SAID, Judgement

Place = tuple[str, int]
"""Key of the refit that found a component, and its number there."""


@dataclass(frozen=True)
class Folded:
    """What a log says."""

    judgements: dict[Place, Judgement]
    """Of each component that something was said of and not taken back, also where it is now that nothing holds."""
    targets: dict[Place, Target]
    """As they were meant last."""
    dismissed: frozenset[Place]
    """Those that need not be shown where no component is like them."""
    unknown: tuple[str, ...]
    """Actions of other versions, which mean nothing here."""


def fold_log(entries: Sequence[CurationEntry]) -> Folded:
    """Give what holds after all entries, the oldest first."""
    judgements: dict[Place, Judgement] = {}
    targets: dict[Place, Target] = {}
    dismissed = set()
    in_force = {at for one in _raters(entries).values() for act in one.done for at in one.places[act]}
    for at, entry in enumerate(entries):
        if entry.target is None or at not in in_force:
            continue
        place = entry.target.run, entry.target.component
        targets[place] = entry.target
        if entry.action == "dismiss":
            dismissed.add(place)
            continue
        dismissed.discard(place)
        judgements[place] = replace(_said(judgements.get(place, NOTHING_SAID), entry), newest=at)
    unknown = sorted({entry.action for entry in entries if entry.action not in ACTIONS})
    return Folded(judgements, targets, frozenset(dismissed), tuple(unknown))


def _said(before: Judgement, entry: CurationEntry) -> Judgement:
    if entry.action == "note":
        return replace(before, note=entry.text, parts=before.parts | {"note"})
    if entry.action == "tag":
        return replace(before, tag=entry.text, parts=before.parts | {"tag"})
    decision = next((known for known in DECISIONS if known == entry.action), None)
    who = entry.who if decision else ""
    return replace(before, decision=decision, decided_by=who, parts=before.parts | {"decision"})


@dataclass
class _Rater:
    """The acts of one person, in turn, and where in the log their entries are."""

    done: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)

    def take(self, at: int, entry: CurationEntry) -> None:
        if entry.action == "undo":
            _move(self.done, self.undone)
        elif entry.action == "redo":
            _move(self.undone, self.done)
        elif entry.action in ACTIONS:
            if entry.act not in self.places:
                self.done.append(entry.act)
                self.undone.clear()
            self.places.setdefault(entry.act, []).append(at)


def _move(source: list[str], target: list[str]) -> None:
    if source:
        target.append(source.pop())


def _raters(entries: Sequence[CurationEntry]) -> dict[str, _Rater]:
    raters: dict[str, _Rater] = defaultdict(_Rater)
    for at, entry in enumerate(entries):
        raters[entry.who].take(at, entry)
    return raters


def next_to_move(entries: Sequence[CurationEntry], who: str, action: str) -> tuple[Place, ...]:
    """Give the components that an undo or redo of that person would be about; none where there is nothing to do."""
    rater = _raters(entries).get(who, _Rater())
    acts = rater.done if action == "undo" else rater.undone
    meant = [entries[at].target for at in rater.places[acts[-1]]] if acts else []
    return tuple((target.run, target.component) for target in meant if target is not None)
