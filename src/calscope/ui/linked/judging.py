"""What persons decided, for all linked views of an animal, and what they decide now on its way to the log."""

import getpass
import os
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from calscope.io.server_rights import Right, allowed, server_rights
from calscope.model.curation.curation_entry import MOST_NAME, MOST_NOTE, MOST_TAG, OF_THE_SET, WITHOUT_TARGET
from calscope.model.curation.judgements import Judgement
from calscope.model.curation.raters_agree import Agreement
from calscope.model.curation.ratings import DISAGREE
from calscope.model.errors import CalscopeError
from calscope.model.note_texts import agreement_texts
from calscope.model.note_texts.all_texts import texts, why
from calscope.model.results import Evaluation
from calscope.pipeline.kept_judgements import open_log
from calscope.ui.evaluation import judged_animal, left_to_judge, not_carried
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys, login
from calscope.ui.linked import choice, edit_preview, kept_acts, mounting
from calscope.ui.session import blind_rater, places

NAME = "judging"
OLD_ACTS = (
    "The components were changed while you decided, here or in another window, so their numbers are others. What you "
    "decided meanwhile was not kept; decide again."
)


def show(view: EvaluatedAnimal, page: str) -> None:
    """Lay what persons decided over the views, and let the person decide; nothing of it is visible itself."""
    told = {number: _entry(one, view.evaluation, number) for number, one in view.judgements.by_component.items()}
    data = {
        "n": view.components.n,
        "entries": {str(number): entry for number, entry in told.items()},
        "answers": _answers().get(choice.name_of(view), {}),
        "login": login.name(),
        "who": first_name(),
        "closed": view.closed,
        "fixed": server_rights().why_not(Right.CHANGE),
        "most": {"who": MOST_NAME, "tag": MOST_TAG, "note": MOST_NOTE},
        "notes": texts(view.judgements.notes),
        "blind": blind_rater.name(),
        "left": left_to_judge.to_browser(view),
        "agreements": [_agreement(one) for one in view.judgements.agreements],
        "what_kappa_is": agreement_texts.WHAT_IT_IS,
        "made": {str(number): kind for number, kind in kept_acts.made_by_hand(view).items()},
        "preview": _previews().get(choice.name_of(view)),
        "old": _state(keys.OLD_ACTS).pop(view.animal.name, ""),
        **not_carried.to_browser(view),
    }
    key = mounting.key_of(NAME, view, page)
    changes = {
        "on_acts_change": partial(_take, key, view),
        "on_rater_change": partial(_take_rater, key),
        "on_left_change": partial(_take_left, key),
        "on_ask_change": partial(_preview, key, view),
    }
    mounting.mount(NAME, view, page, data, **changes)
    blind_rater.draw_again()


def first_name() -> str:
    """Give the name under which one judges until another one is typed; empty where visitors have to give theirs."""
    if not allowed(Right.RUN):
        return ""
    try:
        return getpass.getuser()[:MOST_NAME]
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"


def _take(key: str, view: EvaluatedAnimal) -> None:
    """Keep what was decided, and remember what to answer; look at the component that was chosen after it."""
    told = mounting.told(key, "acts")
    acts = _of_who_is_logged_in(kept_acts.parsed(told))
    is_of_these = isinstance(told, dict) and told.get("of") in (None, choice.name_of(view))
    if is_of_these:
        choice.take_from_browser(view, told.get("chosen"))
    if acts and not is_of_these:
        _state(keys.OLD_ACTS)[view.animal.name] = OLD_ACTS
    elif acts:
        answers = _answers()[choice.name_of(view)] = kept_acts.keep(view, acts)
        if any(act.said[0][0] in (*OF_THE_SET, *WITHOUT_TARGET) and not answers[act.id]["error"] for act in acts):
            _state(keys.CHANGED_IN)[view.animal.name] = choice.name_of(view)


def _of_who_is_logged_in(acts: list[kept_acts.Act]) -> list[kept_acts.Act]:
    """Give acts under the name of the login, whatever name came with them."""
    who = login.name()
    return [replace(act, who=who) for act in acts] if who else acts


def _preview(key: str, view: EvaluatedAnimal) -> None:
    """Make the preview that the browser asks for."""
    asked = mounting.told(key, "ask")
    acts = kept_acts.parsed({"acts": [asked]})
    if not acts or asked.get("of") != choice.name_of(view):
        return
    act = acts[0]
    numbers = [number for _, number, _ in act.said if number is not None]
    try:
        before = open_log(places.store().root, judged_animal.recording_of(view.animal)).entries()
        new, _ = kept_acts.entries_of(act, view, before)
        found = edit_preview.pictures(view, edit_preview.planned(view, before, new), act.id, numbers)
    except CalscopeError as error:
        found = {"error": str(error)}
    _previews()[choice.name_of(view)] = {"id": act.id, **found}


def follow_changes(view: EvaluatedAnimal) -> None:
    """Keep to the component that is meant where the set of components changed, which gives them other numbers."""
    if choice.follow(view, _state(keys.CHANGED_IN).get(view.animal.name)):
        _state(keys.CHANGED_IN).pop(view.animal.name, None)


def _previews() -> dict[str, Any]:
    return _state(keys.EDIT_PREVIEWS)


def _state(name: str) -> dict[str, Any]:
    return st.session_state.setdefault(name, {})


def _take_rater(key: str) -> None:
    blind_rater.take(mounting.told(key, "rater"))


def _take_left(key: str) -> None:
    told = mounting.told(key, "left")
    if isinstance(told, dict) and isinstance(told.get("on"), bool):
        left_to_judge.switch(on=told["on"])


def _answers() -> dict[str, kept_acts.Answers]:
    if keys.JUDGING_ANSWERS not in st.session_state:
        st.session_state[keys.JUDGING_ANSWERS] = {}
    return st.session_state[keys.JUDGING_ANSWERS]


def _entry(one: Judgement, evaluation: Evaluation | None, number: int) -> list[Any]:
    """Give what the browser lays over one component; the sides only where more than one person has to do with it."""
    held = one.held
    decided = one.is_disputed or held.decision in ("accept", "reject")
    reason = why(evaluation.reasons[number]) if decided and evaluation and evaluation.reasons else ""
    sides = [[side.who, side.decision, side.how] for side in held.sides]
    several = [held.state, sides] if len(sides) > 1 or held.state != "open" else []
    decision = DISAGREE if one.is_disputed else held.decision or ""
    return [decision, held.who, held.is_carried, one.tag, one.note, reason, *several]


def _agreement(found: Agreement) -> dict[str, Any]:
    """Give how well two raters agree, as a line, as sentences, and what they disagree about."""
    plain = found.to_json()
    listed = [
        [one.component, *one.decisions, f"{one.settled} by {one.settled_by}" if one.settled else ""]
        for one in found.disagreements
    ]
    return {
        "raters": found.raters,
        "kappa": plain["kappa"],
        "short": agreement_texts.short(plain),
        "sentence": agreement_texts.sentence(plain),
        "disagreements": listed,
    }
