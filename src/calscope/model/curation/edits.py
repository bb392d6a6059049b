"""What persons changed in the set of components by hand: merged, split and drawn ones, as one value for one fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from calscope.model.curation.packed_footprint import PackedFootprint
from calscope.model.notes import Note
from calscope.model.results import Components

EditKind = Literal["merge", "split", "draw"]
EDIT_KINDS: tuple[EditKind, ...] = get_args(EditKind)
Part = tuple[int, int]
"""A component: -1 and its number in the fit, or the number of an earlier edit and which of its components."""
OF_FIT = -1


@dataclass(frozen=True)
class Edit:
    """One change."""

    kind: EditKind
    of: tuple[Part, ...] = ()
    """What is merged (two or more) or split (one); empty where a component is drawn."""
    drawn: PackedFootprint | None = None
    """The pixels inside of an outline, or a single one: the place of a click. None but for a drawn component."""

    def to_json(self) -> dict[str, Any]:
        """Give plain values, for keys."""
        values: dict[str, Any] = {"kind": self.kind, "of": [list(part) for part in self.of]}
        return values | ({"dims": list(self.drawn.dims), "drawn": self.drawn.packed} if self.drawn else {})


Edits = tuple[Edit, ...]
"""In the order in which they are made; each builds on those before."""


def edits_to_json(edits: Edits) -> list[dict[str, Any]]:
    """Give plain values, the same for the same edits."""
    return [edit.to_json() for edit in edits]


@dataclass(frozen=True)
class EditedComponents:
    """Components after edits by hand: first those of the fit that stayed, then new ones."""

    components: Components
    parts: tuple[Part, ...]
    """(K,) which component of the fit, or of which edit, each one is."""
    refused: Mapping[int, Note]
    """Why an edit could not be made, by its number; such an edit changes nothing."""


def unedited(components: Components) -> EditedComponents:
    """Give the components of a fit, of which nothing was changed yet."""
    return EditedComponents(components, tuple((OF_FIT, k) for k in range(components.n)), {})


def parts_of(numbers: Sequence[Sequence[int]]) -> tuple[Part, ...]:
    """Read parts from plain values."""
    return tuple((int(edit), int(number)) for edit, number in numbers)
