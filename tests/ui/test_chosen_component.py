"""What the server takes from the browser, and what it tells it: neither side takes an older choice for a newer one."""

from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from calscope.model.results import Evaluation
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.linked import choice


@pytest.fixture(autouse=True)
def session(monkeypatch):
    state = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def view(name="Animal_1", accepted=(False, True, True, False, True), refit="r", places=None):
    results = SimpleNamespace(keys={"refit": refit, "after": "a", "evaluation": "e"}, component_places=places)
    results.as_fitted = SimpleNamespace(keys={"refit": "r"})
    components = SimpleNamespace(n=len(accepted))
    evaluation = Evaluation(np.asarray(accepted, bool))
    return EvaluatedAnimal(SimpleNamespace(name=name, results=results), components, None, evaluation, None)


def told(component, stamp, near=()):
    return {"component": component, "stamp": stamp, "near": list(near)}


def test_begins_with_the_first_accepted_and_its_neighbours():
    found = choice.of(view())
    assert (found.component, found.near) == (1, (0, 2, 3, 4))
    assert choice.of(view(name="B", accepted=(False, False))).component == 0
    assert choice.of(view(name="C", accepted=())).component is None


def test_what_the_person_chose_is_looked_at_from_then_on(session):
    stamp = choice.of(view()).stamp
    choice.take_from_browser(view(), told(4, stamp + 1, [3, 2, 99]))
    assert (session[keys.ANIMAL], session[keys.COMPONENT]) == ("Animal_1", 4)
    assert choice.of(view()) == choice.Choice(4, stamp + 1, (3, 2))


def test_an_older_choice_never_replaces_a_newer_one(session):
    stamp = choice.of(view()).stamp
    choice.take_from_browser(view(), told(4, stamp + 5))
    choice.take_from_browser(view(), told(2, stamp + 3))
    assert choice.of(view()).component == session[keys.COMPONENT] == 4


def test_a_link_is_newer_than_what_was_chosen_before(session):
    choice.take_from_browser(view(), told(4, 7))
    session[keys.COMPONENT] = 2
    found = choice.of(view())
    assert (found.component, found.stamp) == (2, 8)
    assert choice.of(view()) == found, "once"


def test_each_animal_and_each_fit_has_its_own_choice(session):
    choice.take_from_browser(view(), told(4, 7))
    assert choice.of(view(name="Animal_2")).component == 1
    session[keys.ANIMAL], session[keys.COMPONENT] = "Animal_2", 3
    assert choice.of(view()).component == 4
    session.pop(keys.ANIMAL), session.pop(keys.COMPONENT)
    assert choice.of(view(refit="another")).component == 1


MERGED = (("r", 0), ("r", 2), ("r", 4), ("act", 0))
"""Of the five components the second and the fourth became one, which stands last."""


@pytest.mark.parametrize(
    ("component", "changed_in", "after_merge", "after_undo"),
    [(3, "Animal_1 r", 3, 1), (2, None, 1, 2), (4, None, 2, 4), (3, None, 3, 1)],
    ids=["own", "of another person", "the last, of another person", "of another person, with the chosen one"],
)
def test_the_component_stays_the_same_where_others_are_merged_and_back(
    session, component, changed_in, after_merge, after_undo
):
    assert not choice.follow(view(), None)
    choice.take_from_browser(view(), told(component, 7))
    merged = view(accepted=(False, True, True, True), refit="m", places=MERGED)
    assert choice.follow(merged, changed_in) and not choice.follow(merged, changed_in)
    assert choice.of(merged).component == session[keys.COMPONENT] == after_merge
    assert choice.follow(view(), changed_in and "Animal_1 m")
    assert choice.of(view()).component == session[keys.COMPONENT] == after_undo
    assert choice.of(view()).stamp > 7, "newer than what the browser knows of them"


def test_what_one_undoes_is_chosen_again_and_where_a_drawn_one_is_gone_its_neighbour():
    merged = view(accepted=(False, True, True, True), refit="m", places=MERGED)
    choice.follow(merged, None)
    choice.take_from_browser(merged, told(0, 7))
    choice.follow(view(), "Animal_1 m")
    assert choice.of(view()).component == 1, "the first of those that were merged"
    drawn = view(accepted=(True,) * 6, refit="d", places=(*(("r", k) for k in range(5)), ("act", 0)))
    choice.follow(drawn, "Animal_1 r")
    assert choice.of(drawn).component == 5
    choice.follow(view(), "Animal_1 d")
    assert choice.of(view()).component == 4


@pytest.mark.parametrize(
    "nonsense", [None, 5, {}, told(99, 3), told(-1, 3), told("x", 3), told(1, None), {"component": 1}]
)
def test_what_is_no_choice_is_not_taken(session, nonsense):
    choice.take_from_browser(view(), nonsense)
    assert keys.COMPONENT not in session
