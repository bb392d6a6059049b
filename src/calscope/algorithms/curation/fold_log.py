"""What holds after all entries of a log: for each component that was meant, by the run that found it and its number.

What several persons decided of one component is kept side by side; `model.curation.ratings` says what holds of it. Undo
takes back what the same person said last and did not take back yet; redo says it again, as long as that person said
nothing else since.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from calscope.model.curation.curation_entry import ACTIONS, DECISIONS, OF_THE_SET, CurationEntry, Decision, Target
from calscope.model.curation.judgements import Judgement, Part
from calscope.model.curation.ratings import How, Rating

Place = tuple[str, int]
"""Key of the refit that found a component, and its number there; of one that was made by hand, the act and which."""


@dataclass(frozen=True)
class Folded:
    """What a log says."""

    judgements: dict[Place, Judgement]
    """Of each component that something was said of and not taken back, also where it is now that nothing holds."""
    targets: dict[Place, Target]
    """As they were meant last."""
    dismissed: frozenset[Place]
    """Those that need not be shown where no component is like them; of a change by hand that is not made, its act."""
    unknown: tuple[str, ...]
    """Actions of other versions, which mean nothing here."""


def fold_log(entries: Sequence[CurationEntry]) -> Folded:
    """Give what holds after all entries, the oldest first."""
    said: dict[Place, _Said] = defaultdict(_Said)
    targets: dict[Place, Target] = {}
    dismissed = set()
    holding = in_force(entries)
    for at, entry in enumerate(entries):
        if entry.target is None or at not in holding or entry.action in OF_THE_SET:
            continue
        place = entry.target.run, entry.target.component
        if entry.action == "dismiss":
            dismissed.add(place)
            continue
        targets[place] = entry.target
        dismissed.discard(place)
        said[place].take(at, entry)
    unknown = sorted({entry.action for entry in entries if entry.action not in ACTIONS})
    judgements = {place: one.judgement() for place, one in said.items()}
    return Folded(judgements, targets, frozenset(dismissed), tuple(unknown))


def in_force(entries: Sequence[CurationEntry]) -> frozenset[int]:
    """Give where in the log the entries are that nobody took back."""
    return frozenset(at for one in _raters(entries).values() for act in one.done for at in one.places[act])


@dataclass
class _Said:
    """What was said of one component, while the log is read."""

    ratings: list[Rating] = field(default_factory=list)
    texts: dict[Part, str] = field(default_factory=dict)
    newest: int = -1

    def take(self, at: int, entry: CurationEntry) -> None:
        self.newest = at
        if entry.action == "note":
            self.texts["note"] = entry.text
        elif entry.action == "tag":
            self.texts["tag"] = entry.text
        else:
            self.ratings.append(Rating(entry.who, _decision(entry), _how(entry), at))

    def judgement(self) -> Judgement:
        tag, note = self.texts.get("tag", ""), self.texts.get("note", "")
        return Judgement(tuple(self.ratings), tag, note, self.newest, frozenset(self.texts))


_DECISIONS: dict[str, Decision] = {known: known for known in DECISIONS}


def _decision(entry: CurationEntry) -> Decision | None:
    return _DECISIONS.get(entry.text if entry.action == "settle" else entry.action)


def _how(entry: CurationEntry) -> How:
    if entry.action == "settle":
        return "settled"
    return "blind" if entry.blind else "in sight"


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


def next_to_move(entries: Sequence[CurationEntry], who: str, action: str) -> tuple[CurationEntry, ...]:
    """Give what an undo or redo of that person would be about; none where there is nothing to do."""
    rater = _raters(entries).get(who, _Rater())
    acts = rater.done if action == "undo" else rater.undone
    return tuple(entries[at] for at in rater.places[acts[-1]]) if acts else ()
