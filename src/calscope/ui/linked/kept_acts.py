"""Acts of a person, as the browser tells them, become entries of the log; each act is answered by its id.

The browser sends an act again until it is answered, so an act whose id is in the log already is kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from calscope.algorithms.curation.fold_log import next_to_move
from calscope.model.curation.curation_entry import WITHOUT_TARGET, CurationEntry, Target, new_entry
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.remark import one_line
from calscope.pipeline.kept_judgements import open_log, target_of
from calscope.ui.evaluation import judged_animal
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
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
    return Act(one["id"], one["who"], tuple((action, number, text) for action, number, text in said))


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
                found, answers[act.id] = _entries_of(act, view, made)
            except ParameterError as error:
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


def _entries_of(
    act: Act, view: EvaluatedAnimal, before: Sequence[CurationEntry]
) -> tuple[list[CurationEntry], dict[str, Any]]:
    """Give the entries of an act, and what to tell of it."""
    recording, action = judged_animal.recording_of(view.animal), act.said[0][0]
    if action in WITHOUT_TARGET:
        meant = next_to_move(before, one_line(act.who), action)
        if not meant:
            return [], _answer(f"There is nothing to {action} of what {act.who} did with this recording.")
        own = [number for run, number in meant if run == view.keys[0]]
        return [new_entry(action, who=act.who, recording=recording, entry_id=act.id)], _answer(
            component=own[0] if len(own) == 1 and own[0] < view.components.n else None
        )
    group = act.id if len(act.said) > 1 else ""
    entries = [
        new_entry(
            action,
            who=act.who,
            recording=recording,
            target=_target(action, number, text, view),
            text="" if action == "dismiss" else text,
            group=group,
            entry_id=act.entry_id(at),
        )
        for at, (action, number, text) in enumerate(act.said)
    ]
    return entries, _answer()


def _target(action: str, number: int | None, text: str, view: EvaluatedAnimal) -> Target:
    if action == "dismiss":
        meant = (one.target for one in view.judgements.lost if (one.target.component, one.target.run) == (number, text))
        if (found := next(meant, None)) is None:
            raise ParameterError("That judgement is not among those that were not carried over any more.")
        return found
    if number is None or not 0 <= number < view.components.n:
        raise ParameterError(f"There is no component {number} in {view.animal.name}.")
    return target_of(view.keys[0], view.components, number)
