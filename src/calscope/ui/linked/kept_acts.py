"""Acts of a person, as the browser tells them, become entries of the log; each act is answered by its id.

The browser sends an act again until it is answered, so an act whose id is in the log already is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calscope.algorithms.curation.fold_log import Place, next_to_move
from calscope.algorithms.curation.outline_pixels import pixels_inside
from calscope.io.server_rights import Right, require
from calscope.model.curation.curation_entry import (
    DECIDING,
    OF_THE_SET,
    WITHOUT_TARGET,
    CurationEntry,
    Target,
    new_entry,
)
from calscope.model.curation.edits import EDIT_KINDS, OF_FIT
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.remark import one_line
from calscope.pipeline.kept_judgements import open_log, place_of, target_of
from calscope.ui.evaluation import judged_animal, not_carried
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import edit_preview
from calscope.ui.session import places

_ID = re.compile(r"[0-9a-fA-F-]{16,40}")
_MOST_ACTS = 10_000
Answers = dict[str, dict[str, Any]]
"""By the id of an act: `error`, empty where it is kept, and the `component` to look at, None for the one it is."""


@dataclass(frozen=True)
class Act:
    """What a person said of one or several components at once."""

    id: str
    who: str
    said: tuple[tuple[str, int | None, str], ...]
    """Action, number of the component, text. Of `dismiss` these are the number and the run of one that is lost."""
    blind: bool = False
    """Whether that person was not shown what others had decided."""

    def entry_id(self, at: int) -> str:
        """Name one of its entries."""
        return self.id if len(self.said) == 1 else f"{self.id}.{at}"


def parsed(told: Any) -> list[Act]:
    """Give the acts that the browser tells; what is none is left out."""
    acts = told.get("acts") if isinstance(told, dict) else None
    return [act for one in (acts if isinstance(acts, list) else [])[:_MOST_ACTS] if (act := _parsed(one)) is not None]


def _parsed(one: Any) -> Act | None:
    if not isinstance(one, dict) or not isinstance(one.get("id"), str) or not _ID.fullmatch(one["id"]):
        return None
    said = one.get("said")
    if not isinstance(one.get("who"), str) or not isinstance(said, list) or not said:
        return None
    if not all(isinstance(part, list) and len(part) == 3 and _is_said(*part) for part in said):
        return None
    return Act(
        one["id"], one["who"], tuple((action, number, text) for action, number, text in said), one.get("blind") is True
    )


def _is_said(action: Any, number: Any, text: Any) -> bool:
    is_number = number is None or (isinstance(number, int) and not isinstance(number, bool))
    return isinstance(action, str) and isinstance(text, str) and is_number


def keep(view: EvaluatedAnimal, acts: Sequence[Act]) -> Answers:
    """Add acts to the log of the animal's recording, in one go; tell of each what became of it."""
    answers: Answers = {}

    def make(entries: tuple[CurationEntry, ...]) -> list[CurationEntry]:
        answers.clear()
        known, made = {entry.id for entry in entries}, list(entries)
        for act in acts:
            if act.entry_id(0) in known:
                answers[act.id] = _answer()
                continue
            try:
                found, answers[act.id] = entries_of(act, view, made)
            except CalscopeError as error:
                answers[act.id] = _answer(str(error))
            else:
                made += found
        return made[len(entries) :]

    recording = judged_animal.recording_of(view.animal)
    if not recording:
        return {act.id: _answer(judged_animal.NO_LOG) for act in acts}
    try:
        open_log(places.store().root, recording).append(make)
    except CalscopeError as error:
        return {act.id: _answer(str(error)) for act in acts}
    return answers


def _answer(error: str = "", component: int | None = None) -> dict[str, Any]:
    return {"error": error, "component": component}


def entries_of(
    act: Act, view: EvaluatedAnimal, before: Sequence[CurationEntry]
) -> tuple[list[CurationEntry], dict[str, Any]]:
    """Give the entries of an act, and what to tell of it."""
    recording, action = judged_animal.recording_of(view.animal), act.said[0][0]
    if action in WITHOUT_TARGET:
        meant = next_to_move(before, one_line(act.who), action)
        if not meant:
            return [], _answer(f"There is nothing to {action} of what {act.who} did with this recording.")
        if any(entry.action in OF_THE_SET for entry in meant):
            require(Right.CHANGE)
        own = _numbers_of([(entry.target.run, entry.target.component) for entry in meant if entry.target], view)
        return [new_entry(action, who=act.who, recording=recording, entry_id=act.id)], _answer(
            component=own[0] if len(own) == 1 else None
        )
    _check_change(act, view)
    group = act.id if len(act.said) > 1 else ""
    entries = [
        new_entry(
            action,
            who=act.who,
            recording=recording,
            target=_target(action, number, text, view),
            text="" if action in ("dismiss", *OF_THE_SET) else text,
            group=group,
            entry_id=act.entry_id(at),
            blind=act.blind and action in DECIDING,
        )
        for at, (action, number, text) in enumerate(act.said)
    ]
    if action in EDIT_KINDS:
        edit_preview.planned(view, before, entries)
    return entries, _answer()


def _target(action: str, number: int | None, text: str, view: EvaluatedAnimal) -> Target:
    if action == "dismiss":
        if found := next(
            (one for one in not_carried.targets(view) if (one.component, one.run) == (number, text)), None
        ):
            return found
        raise ParameterError("That is not among what was not carried over any more.")
    if action == "draw":
        return _drawn(text, view)
    if number is None or not 0 <= number < view.components.n:
        raise ParameterError(f"There is no component {number} in {view.animal.name}.")
    run, own = place_of(view.animal.results, number)
    return target_of(run, view.components, number, own)


def _check_change(act: Act, view: EvaluatedAnimal) -> None:
    """Refuse changes of the set of components that mean nothing."""
    actions, numbers = {action for action, _, _ in act.said}, {number for _, number, _ in act.said}
    if not actions & set(OF_THE_SET):
        return
    if len(actions) > 1:
        raise ParameterError("Merging, splitting, drawing and deleting are done one at a time.")
    if "merge" in actions and (len(numbers) < 2 or len(numbers) < len(act.said)):
        raise ParameterError("Choose two or more components to merge: Ctrl+click (Cmd+click) rows or outlines.")
    if actions & {"split", "draw"} and len(act.said) > 1:
        raise ParameterError("One component is split, or drawn, at a time.")
    if "delete" in actions and not all(number in made_by_hand(view) for number in numbers):
        raise ParameterError("Only components that were made by hand can be deleted. Reject the others.")


def made_by_hand(view: EvaluatedAnimal) -> dict[int | None, str]:
    """Tell which components were merged, split or drawn by hand."""
    edits, edited = view.animal.results.edits, view.animal.results.edited
    if edits is None or edited is None:
        return {}
    return {k: edits.said[edit].kind for k, (edit, _) in enumerate(edited.parts) if edit != OF_FIT}


def _drawn(points: str, view: EvaluatedAnimal) -> Target:
    """Give what was drawn: corners "y,x y,x" of an outline, or one place."""
    try:
        corners = [(float(y), float(x)) for y, x in (corner.split(",") for corner in points.split())]
    except ValueError:
        raise ParameterError("The outline can't be read. Draw it again.") from None
    dims = view.components.dims
    inside = pixels_inside(corners, dims)
    x, y = np.divmod(inside.indices, dims[0])
    run = view.animal.results.as_fitted.keys["refit"]
    return Target(run, 0, float(y.mean()), float(x.mean()), pack_footprint(inside, 0, dims))


def _numbers_of(places: Sequence[Place], view: EvaluatedAnimal) -> list[int]:
    """Give the numbers that components have on the page; those that are not there are left out."""
    results = view.animal.results
    known = results.component_places or [(view.keys[0], number) for number in range(view.components.n)]
    numbers = {place: number for number, place in enumerate(known)}
    return [numbers[place] for place in places if place in numbers]
