"""What a person set for the open project, kept in the store: it comes back after a reload and in another browser.

Nothing of it reaches another project: when a folder is opened, everything begins at its defaults before what was kept
of that folder is put in.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import streamlit as st

from calscope.engines.engine_registry import ENGINES
from calscope.model.animal_inputs import AnimalInputs, parameters_of
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.params import Parameters, field_of, fields
from calscope.pipeline.project_file import ProjectFile
from calscope.ui.frame import keys
from calscope.ui.session import places
from calscope.ui.widgets import parameter_form

_SETTINGS = "settings"
_PLACE = "looked_at"
PAGES = ("data", "motion", "extraction", "evaluation", "traces")
"""Pages to which one comes back when a folder is opened again, by their addresses."""


def follow(otherwise: Callable[[], None]) -> None:
    """Put in what was kept of the project, where another one was open before; only before widgets are drawn.

    Parameters
    ----------
    otherwise
        Called where nothing was kept; what it sets is no choice of a person, and is not kept either.
    """
    data = _open_data()
    if data == st.session_state.get(keys.SETTINGS_OF):
        return
    st.session_state[keys.SETTINGS_OF] = data
    everything = _file(data).read() if data else {}
    kept = everything.get(_SETTINGS)
    _put(kept if isinstance(kept, dict) else {})
    _go_back_to(everything.get(_PLACE))
    if data and not kept:
        otherwise()
    st.session_state[keys.SETTINGS_KEPT] = _now()


def keep() -> None:
    """Write down what is set now, where it changed or was run; a store that can't be written is told at the first run.

    Looking at a folder changes nothing: widgets that are drawn for the first time put their defaults into the session.
    """
    data = _open_data()
    if not data or data != st.session_state.get(keys.SETTINGS_OF):
        return
    changed: dict[str, Any] = {}
    for entry, now, key in ((_SETTINGS, _now(), keys.SETTINGS_KEPT), (_PLACE, _place_now(), keys.PLACE_KEPT)):
        if now != st.session_state.get(key):
            st.session_state[key] = changed[entry] = now
    if not changed:
        return
    try:
        _file(data).update(**changed)
    except CalscopeError:
        return


def last_page() -> str:
    """Give the address of the page on which the project was looked at last; that of its recordings where on none."""
    data = _open_data()
    kept = _file(data).read().get(_PLACE) if data else None
    page = kept.get("page") if isinstance(kept, dict) else None
    return page if page in PAGES else PAGES[0]


def _go_back_to(kept: Any) -> None:
    """Look at the animal that was looked at last, unless the address asks for one."""
    kept = kept if isinstance(kept, dict) else {}
    st.session_state[keys.PLACE_KEPT] = kept
    animal = kept.get("animal")
    if isinstance(animal, str) and animal and st.session_state.get(keys.ANIMAL) is None:
        st.session_state[keys.ANIMAL] = animal


def _place_now() -> dict[str, Any]:
    """Give the page that is looked at, or was before one that belongs to no step; and the animal."""
    page, before = st.session_state.get(keys.PAGE), st.session_state.get(keys.PLACE_KEPT) or {}
    return {"page": page if page in PAGES else before.get("page"), "animal": st.session_state.get(keys.ANIMAL)}


def _open_data() -> str:
    """Give the folder of the open project; empty where there is none, or results without their recording."""
    try:
        project = places.project()
    except CalscopeError:
        return ""
    return "" if project is None or places.shows_import() else str(project.root)


def _file(data: str) -> ProjectFile:
    return ProjectFile(places.store().root, data)


def _now() -> dict[str, Any]:
    """Give what is set now, of the parameters those that are not at their defaults, as JSON has it."""
    changed = {
        dotted: list(value) if isinstance(value, tuple) else value
        for dotted, value in parameter_form.values().items()
        if value != _DEFAULTS[dotted]
    }
    others = {name: _plain(st.session_state.get(key)) for name, key in _OTHERS.items()}
    set_now = {name: value for name, value in others.items() if value not in (None, _UNSET.get(name))}
    return {"parameters": changed} | set_now


def _plain(value: Any) -> Any:
    """Give a value as JSON has it; None where it is empty, which says as much."""
    return (list(value) if isinstance(value, tuple) else value) or None


_DEFAULTS = {field.dotted: field.default for field in fields()}
_OTHERS = {
    "engine": keys.ENGINE,
    "first_frames": keys.FRAMES,
    "animals": keys.ANIMALS,
    "listed": keys.LISTED,
    "left_to_judge": keys.LEFT_TO_JUDGE,
    "own_values": keys.OWN_VALUES,
}
_UNSET = {"engine": next(iter(ENGINES)), "listed": "all"}
"""What widgets begin with, where that is not empty."""


def _put(kept: dict[str, Any]) -> None:
    for field in fields():
        parameter_form.put(field, field.default)
    changed = kept.get("parameters")
    for dotted, value in (changed if isinstance(changed, dict) else {}).items():
        _put_parameter(dotted, value)
    for name, key in _OTHERS.items():
        st.session_state.pop(key, None)
        value = kept.get(name)
        if value is not None and _ALLOWED[name](value):
            st.session_state[key] = value


def _put_parameter(dotted: str, value: Any) -> None:
    """Put one value in; one of another version, or that is not allowed, is left at its default."""
    with suppress(ParameterError):
        parameter_form.put(field_of(dotted), Parameters.one_value(dotted, value))


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _are_own_values(value: Any) -> bool:
    """Tell whether these are parameters by animal; one of another version makes all of them unusable."""
    if not isinstance(value, dict) or not all(isinstance(own, dict) for own in value.values()):
        return False
    try:
        for animal, own in value.items():
            parameters_of(animal, Parameters(), AnimalInputs(own))
    except ParameterError:
        return False
    return True


_ALLOWED: dict[str, Callable[[Any], bool]] = {
    "engine": lambda value: value in ENGINES,
    "first_frames": lambda value: isinstance(value, int) and value >= 1,
    "animals": _are_names,
    "listed": lambda value: isinstance(value, str),
    "left_to_judge": lambda value: value == "off",
    "own_values": _are_own_values,
}
