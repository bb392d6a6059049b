"""What stages, readers and engines report: a kind and values.

Only `note_texts` makes sentences of them, and nothing reads those sentences again.
"""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_AS_THEY_ARE = frozenset({type(None), bool, int, str})
"""Types of values that are plain."""


@dataclass(frozen=True)
class Note:
    """One thing that a person should know.

    Values are plain: None, truth values, numbers, texts, and lists and dictionaries of them. Tuples become lists,
    NumPy's numbers plain ones, and numbers that are not finite None, so that a note survives JSON unchanged.
    """

    kind: str
    """A name of `note_texts.TEXTS`; another one comes from another version of Calscope."""
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the values plain."""
        object.__setattr__(self, "values", _plain(self.values))

    def __hash__(self) -> int:
        """Agree with equality: the same kind with the same values."""
        return hash((self.kind, json.dumps(self.values, sort_keys=True)))

    def to_json(self) -> dict[str, Any]:
        """Give kind and values."""
        return {"kind": self.kind, "values": dict(self.values)}

    @classmethod
    def from_json(cls, saved: object) -> "Note":
        """Read what `to_json` gave; a text, as older versions saved it, becomes a note of the kind `sentence`.

        Raises
        ------
        ValueError
            When it is something else.
        """
        if isinstance(saved, str):
            return Note("sentence", {"text": saved})
        if isinstance(saved, Mapping) and isinstance(saved.get("kind"), str):
            values = saved.get("values")
            return cls(saved["kind"], values if isinstance(values, Mapping) else {})
        raise ValueError("a note is a kind and values")


def notes_to_json(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Give kind and values of each note."""
    return [note.to_json() for note in notes]


def notes_from_json(saved: object) -> tuple[Note, ...]:
    """Read a list of notes; what is none is left out."""
    found = []
    for one in saved if isinstance(saved, list | tuple) else ():
        try:
            found.append(Note.from_json(one))
        except (ValueError, TypeError):
            continue
    return tuple(found)


def unique(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Give each note once, in the order of their first appearance."""
    return tuple(dict.fromkeys(notes))


def summed(notes: Iterable[Note], kinds: Collection[str]) -> tuple[Note, ...]:
    """Add up the number `n` of notes of these kinds that are otherwise the same, at the place of the first of them."""
    found: dict[Note, int] = {}
    for note in notes:
        counted = note.kind in kinds
        same = Note(note.kind, {k: v for k, v in note.values.items() if k != "n"}) if counted else note
        found[same] = found.get(same, 0) + (note.values["n"] if counted else 0)
    return tuple(Note(same.kind, {"n": n, **same.values}) if same.kind in kinds else same for same, n in found.items())


def _plain(value: Any) -> Any:
    """Give a value as JSON would give it back.

    Raises
    ------
    TypeError
        When JSON has no such value.
    """
    # Asking for the type itself is quick, and nearly always enough: a threshold that moves makes thousands of notes.
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is dict:
        return {str(name): _plain(entry) for name, entry in value.items()}
    if kind is list:
        return [_plain(entry) for entry in value]
    return _plain_of_others(value)


def _plain_of_others(value: Any) -> Any:
    """Give a value of any other type, such as NumPy's and those that are made of the plain ones."""
    if isinstance(value, bool | str):
        return value
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float):
        return number if math.isfinite(number) else None
    if isinstance(number, int):
        return number
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    raise TypeError(f"A note can't hold a {type(value).__name__}.")
