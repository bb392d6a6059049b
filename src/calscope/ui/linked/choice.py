"""The chosen component of each animal, as the server knows it. The browser may be ahead: each choice has a number.

What the person chose in the browser comes with a number that is higher by one than the last. What is chosen here, by a
link or another page, gets the next number as well. So neither side takes an older choice for a newer one.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from calscope.algorithms.curation.fold_log import Place
from calscope.pipeline.kept_judgements import place_of
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.session import selection

NEAR = 3
"""Neighbours in the list, each way, whose traces lie ready in the browser."""


@dataclass(frozen=True)
class Choice:
    """The chosen component of one animal."""

    component: int | None
    stamp: int
    """Higher for a newer choice."""
    near: tuple[int, ...]
    """Its neighbours in the list, as the browser has sorted it."""


@dataclass(frozen=True)
class _Shown:
    """The components of a fit as they were shown last: after each change by hand they are others."""

    name: str
    places: tuple[Place, ...]
    """What stays of a component when its number changes."""


@dataclass
class _Choices:
    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Numbers of choices count within a session."""
    by_animal: dict[str, Choice] = field(default_factory=dict)
    shown: dict[tuple[str, str], _Shown] = field(default_factory=dict)
    """By the name of the animal and the key of its fit."""


def name_of(view: EvaluatedAnimal) -> str:
    """Name the animal and its components: other components have a choice of their own."""
    return f"{view.animal.name} {view.keys[0][:12]}"


def of(view: EvaluatedAnimal) -> Choice:
    """Give the choice for an animal: what is looked at where it is this animal's, else what was chosen in it last."""
    choices, name = _choices(), name_of(view)
    before = choices.by_animal.get(name)
    wanted = None if view.is_trial else _looked_at(view)
    if before is None:
        component = wanted if wanted is not None else _first(view)
        choices.by_animal[name] = Choice(component, 1, _near(view, component))
    elif wanted not in (None, before.component):
        choices.by_animal[name] = Choice(wanted, before.stamp + 1, _near(view, wanted))
    return choices.by_animal[name]


def to_browser(view: EvaluatedAnimal) -> dict[str, Any]:
    """Give the choice as the views take it."""
    return as_data(of(view), view.components.n)


def as_data(chosen: Choice, n: int) -> dict[str, Any]:
    """Give a choice among `n` as the views take it."""
    return {"component": chosen.component, "stamp": chosen.stamp, "session": _choices().session, "n": n}


def take_from_browser(view: EvaluatedAnimal, told: Any) -> None:
    """Look at the component that the person chose, unless something newer was chosen since."""
    chosen = take(name_of(view), view.components.n, told)
    if chosen is not None and not view.is_trial:
        st.session_state[keys.ANIMAL] = view.animal.name
        selection.look_at_component(chosen.component)


def take(name: str, n: int, told: Any) -> Choice | None:
    """Keep what the person chose among `n`; give it, None where it is none of them or something newer was chosen."""
    chosen = _parsed(told, n) if isinstance(told, dict) else None
    before = _choices().by_animal.get(name)
    if chosen is None or (before is not None and chosen.stamp < before.stamp):
        return None
    _choices().by_animal[name] = chosen
    return chosen


def begun_with(name: str, n: int) -> Choice:
    """Give the choice among `n` that are no components of one run; the first where nothing was chosen yet."""
    first = Choice(0 if n else None, 1, tuple(range(1, min(NEAR + 1, n))))
    return _choices().by_animal.setdefault(name, first)


def follow(view: EvaluatedAnimal, changed_in: str | None) -> bool:
    """Keep to the component that is meant where components were merged, split, drawn, deleted or brought back.

    Parameters
    ----------
    changed_in
        Name of the components that the person changed last: then the first of those that came is chosen.

    Returns
    -------
    Whether the components are others than those that were shown before.
    """
    name, fit = name_of(view), (view.animal.name, view.animal.results.as_fitted.keys["refit"])
    before = _choices().shown.get(fit)
    if before is not None and before.name == name:
        return False
    places = tuple(place_of(view.animal.results, number) for number in range(view.components.n))
    _choices().shown[fit] = _Shown(name, places)
    if before is None:
        return False
    chosen = _choices().by_animal.get(before.name)
    component = _followed(before.places, places, chosen.component if chosen else None, is_own=changed_in == before.name)
    older = _choices().by_animal.get(name)
    _choices().by_animal[name] = Choice(component, older.stamp + 1 if older else 1, _near(view, component))
    if not view.is_trial and st.session_state.get(keys.ANIMAL) in (None, view.animal.name):
        selection.look_at_component(component)
    return True


def _followed(before: Sequence[Place], now: Sequence[Place], chosen: int | None, *, is_own: bool) -> int | None:
    """Give the number that the chosen component has now; where it is gone, that of one in its stead."""
    known = set(before)
    came = next((number for number, place in enumerate(now) if place not in known), None)
    place = None if chosen is None else before[chosen]
    if came is not None and (is_own or place not in now):
        return came
    if place in now:
        return now.index(place)
    return min(chosen or 0, len(now) - 1) if now else None


def begin_at(view: EvaluatedAnimal, component: int) -> None:
    """Choose a component of an animal of which none was chosen yet."""
    _choices().by_animal.setdefault(name_of(view), Choice(component, 1, _near(view, component)))


def _choices() -> _Choices:
    if keys.CHOICES not in st.session_state:
        st.session_state[keys.CHOICES] = _Choices()
    return st.session_state[keys.CHOICES]


def _parsed(told: dict[str, Any], n: int) -> Choice | None:
    component, stamp, near = told.get("component"), told.get("stamp"), told.get("near")
    if not (_is_component(component, n) and isinstance(stamp, int) and isinstance(near, list)):
        return None
    return Choice(component, stamp, tuple(number for number in near[: 2 * NEAR] if _is_component(number, n)))


def _is_component(number: Any, n: int) -> bool:
    return isinstance(number, int) and 0 <= number < n


def _looked_at(view: EvaluatedAnimal) -> int | None:
    component = st.session_state.get(keys.COMPONENT)
    is_this_one = st.session_state.get(keys.ANIMAL) in (None, view.animal.name)
    return component if is_this_one and _is_component(component, view.components.n) else None


def _first(view: EvaluatedAnimal) -> int | None:
    """Give the first accepted component, else the first; None where there is none."""
    return next(iter([*view.listed("accepted"), *view.listed("all")]), None)


def _near(view: EvaluatedAnimal, component: int | None) -> tuple[int, ...]:
    if component is None:
        return ()
    ends = range(max(component - NEAR, 0), min(component + NEAR + 1, view.components.n))
    return tuple(number for number in ends if number != component)
