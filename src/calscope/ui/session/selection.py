"""What is looked at: project, run, animal, component. The address holds it, for links and after restarts."""

import streamlit as st

from calscope.model.errors import CalscopeError
from calscope.ui.frame import address, keys, messages
from calscope.ui.session import places, views

_ADDRESS = {"data": keys.PROJECT, "run": keys.RUN, "animal": keys.ANIMAL, "component": keys.COMPONENT}
_COMPARED = {"a": keys.COMPARED_A, "b": keys.COMPARED_B}
"""Stands in the address of Compare alone."""
COMPARE = "compare"
"""Address of the page Compare."""
TUNE = "tune"
"""Address of the page Tune."""
_TUNED = ("tune", "held")
"""Keys of states of Tune; they stand in its address alone."""
_VIEW, _ANIMALS, _ALL = "view", "animals", "all"
MOST_DIGITS = 9


def take_from_address() -> None:
    """Take over what a link asks for, once; what this program wrote there itself is left alone.

    Streamlit goes on to send the address that a page was opened with. The browser may still have an older one when it
    sends the next choice, and has one on the way back.
    """
    views.forget()
    names = (*_ADDRESS, *_COMPARED, *_TUNED, _VIEW, _ANIMALS)
    asked = {name: st.query_params[name] for name in names if name in st.query_params}
    if not asked or asked in _known():
        return
    _note(asked)
    if "run" in asked:
        _take_run(asked["run"])
    elif "data" in asked:
        places.open_project(asked["data"])
        st.session_state.pop(keys.RUN, None)
    _take_compared(asked)
    if "animal" in asked:
        st.session_state[keys.ANIMAL] = asked["animal"]
        st.session_state.pop(keys.SHOWS_ALL, None)
    if asked.get(_ANIMALS) == _ALL:
        st.session_state[keys.SHOWS_ALL] = True
    if _VIEW in asked:
        views.ask(asked[_VIEW])
    if tuned := {name: asked[name] for name in _TUNED if name in asked}:
        st.session_state[keys.TUNE_ASKED] = tuned
    component = number_in(asked.get("component", ""))
    if component is not None:
        st.session_state[keys.COMPONENT] = component


def _take_run(run_id: str) -> None:
    job = places.job(run_id)
    if job is None:
        st.warning(
            messages.plain(f"The link asks for the run {run_id}, which is not in this store. The page Runs lists all.")
        )
        return
    places.open_project(job.spec.data)
    st.session_state[keys.RUN] = run_id


def _take_compared(asked: dict[str, str]) -> None:
    """Compare the runs that a link names, in the folder of the first where it names none."""
    runs = [job for name in _COMPARED if (job := places.job(asked.get(name))) and job.spec.kind == "run"]
    if runs and not {"run", "data"} & set(asked):
        places.open_project(runs[0].spec.data)
    for name, key in _COMPARED.items():
        if name in asked:
            st.session_state[key] = asked[name]


def compare(a: str, b: str) -> None:
    """Compare these two runs from now on; an empty name leaves the choice open."""
    for key, run_id in ((keys.COMPARED_A, a), (keys.COMPARED_B, b)):
        if run_id:
            st.session_state[key] = run_id
        else:
            st.session_state.pop(key, None)


def number_in(text: str) -> int | None:
    """Give the number that an address names; None where it names none, or one that no component could have."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def put_into_address(within: str = "page") -> None:
    """Write what is looked at into the address, so that it can be copied, and found again after a restart.

    Parameters
    ----------
    within
        Name of the fragment that calls it, where only a part of the page is drawn.
    """
    wanted = _looked_at()
    _note(wanted)
    address.write(wanted, within)


def _note(entries: dict[str, str]) -> None:
    st.session_state[keys.ADDRESSES] = [*(one for one in _known() if one != entries), entries]


def _known() -> list[dict[str, str]]:
    """Give the addresses that were taken or written in this session, the newest last."""
    return st.session_state.get(keys.ADDRESSES) or []


def _looked_at() -> dict[str, str]:
    found = {name: str(st.session_state[key]) for name, key in _ADDRESS.items() if _is_set(key)}
    if "run" in found:
        found.pop("data", None)  # the run knows its folder
    if st.session_state.get(keys.PAGE) == COMPARE:
        found |= st.session_state.get(keys.COMPARED_NOW) or {}
    if st.session_state.get(keys.PAGE) == TUNE:
        found |= st.session_state.get(keys.TUNED_NOW) or {}
    found |= {_ANIMALS: _ALL} if shows_all() else {}
    view = views.now()
    return found | ({_VIEW: view} if view else {})


def _is_set(key: str) -> bool:
    return st.session_state.get(key) not in (None, "")


def shows_all() -> bool:
    """Tell whether pages show the pictures of all animals beside each other."""
    return bool(st.session_state.get(keys.SHOWS_ALL))


def look_at_animal(name: str) -> None:
    """Look at that animal from now on; at all of them where the name is empty."""
    st.session_state[keys.SHOWS_ALL] = not name
    if name and name != st.session_state.get(keys.ANIMAL):
        st.session_state[keys.ANIMAL] = name
        st.session_state.pop(keys.COMPONENT, None)


def show_newest() -> None:
    """Look at the newest results of each animal from now on."""
    st.session_state.pop(keys.RUN, None)


def show_run(run_id: str) -> None:
    """Look at that run from now on."""
    st.session_state[keys.RUN] = run_id
    st.session_state.pop(keys.COMPONENT, None)


def look_at_component(component: int | None) -> None:
    """Look at that component from now on; at the first one where None."""
    st.session_state[keys.COMPONENT] = component


def open_project_or_say(text: str) -> bool:
    """Open a project, or show why not; tell whether it is open."""
    try:
        places.open_project(text)
    except CalscopeError as error:
        messages.show_error(error)
        return False
    return True
