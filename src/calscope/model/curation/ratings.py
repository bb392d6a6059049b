"""What several persons said of one component, and what follows from it.

Decisions that were made in sight of what others had decided are one record, in which who said something last is right.
A decision that was made blind stands beside that record: where the two differ, neither is right until somebody settles
it, and the thresholds decide meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from calscope.model.curation.curation_entry import Decision

How = Literal["in sight", "blind", "settled"]
State = Literal["open", "disputed", "settled"]
DISAGREE = "disagree"
"""In place of a decision, in tables and on pages, where raters disagree and nobody settled it."""


@dataclass(frozen=True)
class Rating:
    """One decision of one person about one component."""

    who: str
    decision: Decision | None
    """None takes away what that person decided, or that it was settled."""
    how: How = "in sight"
    """Of the decisions of others."""
    at: int = -1
    """Place in the log."""
    is_carried: bool = False
    """Whether it was made of the like component of another run."""


@dataclass(frozen=True)
class Held:
    """What holds of the decisions about one component."""

    decision: Decision | None = None
    """None where nobody decided, and while raters disagree."""
    who: str = ""
    """Whose decision it is."""
    is_carried: bool = False
    state: State = "open"
    sides: tuple[Rating, ...] = ()
    """The decisions beside each other: that in sight of the others first, then those made blind."""


def held_of(ratings: Sequence[Rating]) -> Held:
    """Give what holds after some decisions, those carried over from other runs first, then the oldest first."""
    in_sight: Rating | None = None
    blind: dict[str, Rating] = {}
    settled: Rating | None = None
    for one in ratings:
        if one.how == "settled":
            settled = one if one.decision else None
        elif one.how == "blind":
            in_sight = None if in_sight and in_sight.who == one.who else in_sight
            blind[one.who] = one
        else:
            blind.pop(one.who, None)  # what a person says later takes the place of the same person's word
            in_sight = one
    sides = tuple(one for one in (in_sight, *blind.values()) if one and one.decision)
    if settled:
        return Held(settled.decision, settled.who, settled.is_carried, "settled", sides)
    if not sides:
        return Held()
    is_carried = all(one.is_carried for one in sides)
    if len({one.decision for one in sides}) > 1:
        return Held(is_carried=is_carried, state="disputed", sides=sides)
    return Held(sides[0].decision, sides[0].who, is_carried, "open", sides)


def independent(ratings: Sequence[Rating]) -> dict[str, Decision]:
    """Give what each person decided without knowing what another one had: the last of it, by name.

    That is what was decided blind, or before anybody else decided anything. How well persons agree is measured by
    these: a decision in sight of another one agrees too easily.
    """
    found: dict[str, Decision] = {}
    heard: set[str] = set()
    for one in sorted(ratings, key=lambda one: one.at):
        knows_others = one.how != "blind" and bool(heard - {one.who})
        heard.add(one.who)
        if one.how == "settled" or knows_others:
            continue
        found.pop(one.who, None)
        if one.decision:
            found[one.who] = one.decision
    return found
