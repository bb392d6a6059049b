"""Which components persons merged, split and drew, as a log has it, and what that is for one fit of the recording.

What was said in another run is found by footprint, as judgements are (`carry_over`). What can't be found, or is not
needed because the fit found it by itself, is told and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.comparison.agreement import MIN_COSINE, cosines
from calscope.algorithms.curation.carry_over import alike, column_of
from calscope.algorithms.curation.fold_log import Place, in_force
from calscope.model.curation.curation_entry import CurationEntry, Target
from calscope.model.curation.edits import EDIT_KINDS, OF_FIT, Edit, EditKind, Edits, Part
from calscope.model.notes import Note
from calscope.model.results import Components

INSIDE = 0.25
"""Share of a footprint's peak from which on a place lies on it."""


@dataclass(frozen=True)
class SaidEdit:
    """One change as a person said it."""

    act: str
    """Names the change in places: a component that it makes is (act, number) in every run."""
    kind: EditKind
    who: str
    targets: tuple[Target, ...]
    """What is merged or split, or what was drawn."""


@dataclass(frozen=True)
class LostEdit:
    """A change that is not made in one run."""

    said: SaidEdit
    why: Note


@dataclass(frozen=True)
class EditsOfRun:
    """The changes of one fit."""

    run: str
    """Key of the refit."""
    edits: Edits = ()
    said: tuple[SaidEdit, ...] = ()
    """What each of them is made from."""
    lost: tuple[LostEdit, ...] = ()

    def place_of(self, part: Part) -> Place:
        """Name a component, whatever was changed before and after."""
        edit, number = part
        return (self.run, number) if edit == OF_FIT else (self.said[edit].act, number)

    @property
    def gone(self) -> frozenset[Place]:
        """What was merged or split: nothing that was said of it holds any more."""
        meant = ((target.run, target.component) for said in self.said for target in said.targets if said.kind != "draw")
        return frozenset(meant) | {self.place_of(part) for edit in self.edits for part in edit.of}


def said_edits(entries: Sequence[CurationEntry]) -> tuple[SaidEdit, ...]:
    """Give the changes that hold after all entries, in the order in which they were made."""
    holding = in_force(entries)
    acts: dict[str, list[CurationEntry]] = {}
    deleted = set()
    for at, entry in enumerate(entries):
        if at not in holding or entry.target is None:
            continue
        if entry.action in EDIT_KINDS:
            acts.setdefault(entry.act, []).append(entry)
        elif entry.action == "delete":
            deleted.add(entry.target.run)
    return tuple(_said(act, found) for act, found in acts.items() if act not in deleted)


def withdrawn_acts(entries: Sequence[CurationEntry]) -> frozenset[str]:
    """Give the changes that were taken back or deleted: nothing that was said of what they made holds."""
    every = {entry.act for entry in entries if entry.action in EDIT_KINDS}
    return frozenset(every - {one.act for one in said_edits(entries)})


def _said(act: str, entries: Sequence[CurationEntry]) -> SaidEdit:
    kind = next(kind for kind in EDIT_KINDS if kind == entries[0].action)
    targets = tuple(entry.target for entry in entries if entry.target is not None)
    return SaidEdit(act, kind, entries[0].who, targets)


def edits_of_run(said: Sequence[SaidEdit], run: str, components: Components) -> EditsOfRun:
    """Give the changes for one fit: `run` is the key of the refit that found the components."""
    found = _Resolving(run, components)
    for one in said:
        found.take(one)
    return EditsOfRun(run, tuple(found.edits), tuple(found.said), tuple(found.lost))


class _Lost(Exception):  # noqa: N818 - what happened, as Cancelled
    def __init__(self, note: Note) -> None:
        super().__init__(note.kind)
        self.note = note


@dataclass
class _Resolving:
    run: str
    components: Components
    edits: list[Edit] = field(default_factory=list)
    said: list[SaidEdit] = field(default_factory=list)
    lost: list[LostEdit] = field(default_factory=list)
    used: set[Part] = field(default_factory=set)

    def take(self, said: SaidEdit) -> None:
        try:
            edit = self._drawn(said) if said.kind == "draw" else self._changed(said)
        except _Lost as lost:
            self.lost.append(LostEdit(said, lost.note))
            return
        self.used.update(edit.of)
        self.edits.append(edit)
        self.said.append(said)

    def _changed(self, said: SaidEdit) -> Edit:
        parts = self._parts(said.targets)
        if any(part in self.used for part in parts if part is not None):
            raise _Lost(Note("edited_otherwise_before"))
        if None in parts or len(set(parts)) < len(parts):
            is_one = said.kind == "merge" and self._is_one(said.targets)
            raise _Lost(Note("merged_already") if is_one else Note("edited_not_found"))
        return Edit(said.kind, tuple(part for part in parts if part is not None))

    def _parts(self, targets: Sequence[Target]) -> list[Part | None]:
        """Give the components that are meant; of other runs by their footprints."""
        acts = {said.act: number for number, said in enumerate(self.said)}
        parts: list[Part | None] = []
        for target in targets:
            if target.run == self.run and target.component < self.components.n:
                parts.append((OF_FIT, target.component))
            else:
                parts.append((acts[target.run], target.component) if target.run in acts else None)
        others = [i for i, part in enumerate(parts) if part is None]
        matched = alike([targets[i] for i in others], self.components, self.components.centers_px())
        for i, number in zip(others, matched, strict=True):
            parts[i] = None if number is None else (OF_FIT, number)
        return parts

    def _is_one(self, targets: Sequence[Target]) -> bool:
        """Whether the fit found one component where several were merged."""
        columns = [column for target in targets if (column := column_of(target, self.components.dims)) is not None]
        if not columns or not self.components.n:
            return False
        members = csc_matrix(hstack(columns))
        whole = cosines(csc_matrix(members.sum(axis=1)), self.components.A)[0]
        best = int(whole.argmax())
        return bool(whole[best] >= max(MIN_COSINE, cosines(members, self.components.A)[:, best].max()))

    def _drawn(self, said: SaidEdit) -> Edit:
        target = said.targets[0]
        column = column_of(target, self.components.dims)
        if column is None or not column.nnz:
            raise _Lost(Note("edited_not_found"))
        if target.run != self.run and self._is_found(column):
            raise _Lost(Note("drawn_is_found"))
        return Edit("draw", drawn=target.footprint)

    def _is_found(self, drawn: csc_matrix) -> bool:
        """Whether a component lies where one was drawn: on the place, or like the outline."""
        A = csc_matrix(self.components.A)
        if drawn.nnz > 1:
            return bool(cosines(drawn, A).max(initial=0) >= MIN_COSINE)
        peaks = A.max(axis=0).toarray().ravel()
        here = A[drawn.indices].toarray().ravel()
        return bool((here > INSIDE * np.where(peaks > 0, peaks, np.inf)).any())
