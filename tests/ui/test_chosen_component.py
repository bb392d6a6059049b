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


def view(name="Animal_1", accepted=(False, True, True, False, True), refit="r"):
    results = SimpleNamespace(keys={"refit": refit, "after": "a", "evaluation": "e"})
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


@pytest.mark.parametrize(
    "nonsense", [None, 5, {}, told(99, 3), told(-1, 3), told("x", 3), told(1, None), {"component": 1}]
)
def test_what_is_no_choice_is_not_taken(session, nonsense):
    choice.take_from_browser(view(), nonsense)
    assert keys.COMPONENT not in session
