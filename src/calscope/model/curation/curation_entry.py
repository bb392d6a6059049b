"""One entry of the log of what persons say of the components of a recording; entries are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import uuid4

from calscope.model.curation.packed_footprint import PackedFootprint
from calscope.model.errors import ParameterError
from calscope.model.remark import one_line

VERSION = 2
"""Of the form of an entry; raised when an older version would misread a newer one's entries. 2: `blind`, `settle`, and
what changes the set of components."""
Decision = Literal["accept", "reject", "unsure"]
Action = Literal[
    "accept",
    "reject",
    "unsure",
    "clear",
    "settle",
    "note",
    "tag",
    "dismiss",
    "merge",
    "split",
    "draw",
    "delete",
    "undo",
    "redo",
]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
ACTIONS: tuple[Action, ...] = get_args(Action)
"""`clear` takes a decision away; `settle` says what holds where raters disagree, its text is the decision, or empty
where it is open again; `dismiss` says that a judgement whose component is gone, or a change of the set that can't be
made in a run, need not be shown any more.

`merge` (an entry for each member, with one group), `split` and `draw` change the set of components; `delete` takes away
one that was made so, and with it the change that made it. The target of `draw` is what was drawn; a single pixel is a
place."""
DECIDING: tuple[Action, ...] = (*DECISIONS, "clear", "settle")
"""About the decision, where it matters whether those of others were in sight."""
WITHOUT_TARGET: tuple[Action, ...] = ("undo", "redo")
OF_THE_SET: tuple[Action, ...] = ("merge", "split", "draw", "delete")
"""These say nothing of a component, but which there are."""
MOST_NAME, MOST_TAG, MOST_NOTE = 60, 60, 1000
"""Characters."""
_MOST = {"note": MOST_NOTE, "tag": MOST_TAG, "settle": 10}
_MOST_ID = 64


@dataclass(frozen=True)
class Target:
    """The component that is meant: by its footprint, which every run of the recording can be searched for."""

    run: str
    """Key of the refit that found it; there `component` is its number."""
    component: int
    y_px: float
    """Centre of mass."""
    x_px: float
    footprint: PackedFootprint


@dataclass(frozen=True)
class CurationEntry:
    """What one person said of one component, or that the last thing was taken back."""

    id: str
    when: str
    """UTC, as 2026-01-31T09:30:00.000+00:00."""
    who: str
    recording: str
    """Fingerprint of the recording."""
    action: str
    """One of ACTIONS; another one was written by another version, is kept, and means nothing here."""
    target: Target | None = None
    """None for undo and redo, which are about what the same person said before."""
    text: str = ""
    """The note or the tag, or what was settled."""
    group: str = ""
    """The same for what was said of several components at once, which is taken back at once; the id where empty."""
    blind: bool = False
    """Whether who says it was not shown what others had decided."""
    version: int = VERSION

    @property
    def act(self) -> str:
        """Name what is taken back at once."""
        return self.group or self.id

    def to_json(self) -> dict[str, Any]:
        """Give plain values."""
        values: dict[str, Any] = {"version": self.version, "id": self.id, "when": self.when, "who": self.who}
        values |= {"recording": self.recording, "action": self.action}
        values |= {name: said for name, said in (("text", self.text), ("group", self.group)) if said}
        values |= {"blind": True} if self.blind else {}
        return values | ({"target": _target_to_json(self.target)} if self.target else {})

    @classmethod
    def from_json(cls, saved: object) -> "CurationEntry":
        """Read what `to_json` gave.

        Raises
        ------
        ValueError
            When it is something else.
        """
        if not isinstance(saved, Mapping) or not all(isinstance(saved.get(name), str) for name in _TEXTS):
            raise ValueError("it is no entry of a log")
        version, target = version_of(saved), saved.get("target")
        texts = {name: saved.get(name, "") for name in ("text", "group")}
        if not all(isinstance(text, str) for text in texts.values()):
            raise ValueError("its text is no text")
        blind = saved.get("blind", False)
        if not isinstance(blind, bool):
            raise ValueError("it does not say whether it was said blind")
        told = {name: saved[name] for name in _TEXTS}
        meant = None if target is None else _target_from_json(target)
        return cls(**told, **texts, blind=blind, version=version, target=meant)


_TEXTS = ("id", "when", "who", "recording", "action")


def version_of(saved: object) -> int:
    """Give the version of an entry as plain values; of a newer one nothing else may be as it is here.

    Raises
    ------
    ValueError
        When it has none.
    """
    version = saved.get("version") if isinstance(saved, Mapping) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise ValueError("it has no version")
    return version


def new_entry(
    action: str,
    *,
    who: str,
    recording: str,
    target: Target | None = None,
    text: str = "",
    group: str = "",
    entry_id: str = "",
    blind: bool = False,
) -> CurationEntry:
    """Make an entry of now.

    Raises
    ------
    ParameterError
        When the action is unknown or lacks its target, nobody says it, or a text is too long; nothing is cut.
    """
    if action not in ACTIONS:
        raise ParameterError(f"There is nothing called {action[:40]!r} to do. There are {', '.join(ACTIONS)}.")
    if (target is None) != (action in WITHOUT_TARGET):
        raise ParameterError(f"To {action} belongs {'no' if target else 'a'} component.")
    name = one_line(who)
    if not name or len(name) > MOST_NAME:
        raise ParameterError(f"Who judges has a name of 1 to {MOST_NAME} characters; this one has {len(name)}.")
    said, most = one_line(text), _MOST.get(action, 0)
    if len(said) > most:
        raise ParameterError(f"A {action} has at most {most} characters; this one has {len(said)}. Shorten it.")
    if action == "settle" and said not in ("", *DECISIONS):
        raise ParameterError(f"What raters disagree about is settled by {', '.join(DECISIONS)}, not by {said!r}.")
    if action == "settle" and blind:
        raise ParameterError("What raters disagree about is settled by somebody who sees it. Leave off judging blind.")
    if max(len(entry_id), len(group)) > _MOST_ID:
        raise ParameterError(f"The id of an entry has at most {_MOST_ID} characters.")
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return CurationEntry(entry_id or uuid4().hex, now, name, recording, action, target, said, group, blind)


def _target_to_json(target: Target) -> dict[str, Any]:
    height, width = target.footprint.dims
    return {
        "run": target.run,
        "component": target.component,
        "y_px": round(target.y_px, 2),
        "x_px": round(target.x_px, 2),
        "dims": [height, width],
        "footprint": target.footprint.packed,
    }


def _target_from_json(saved: object) -> Target:
    try:
        run, component, packed = saved["run"], saved["component"], saved["footprint"]  # type: ignore[index]
        height, width = saved["dims"]  # type: ignore[index]
        y_px, x_px = float(saved["y_px"]), float(saved["x_px"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        raise ValueError("its component is no component") from None
    is_whole = all(isinstance(number, int) for number in (component, height, width))
    if not (isinstance(run, str) and isinstance(packed, str) and is_whole and component >= 0):
        raise ValueError("its component is no component")
    return Target(run, component, y_px, x_px, PackedFootprint((height, width), packed))
