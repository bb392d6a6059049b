"""What is looked at: project, run, animal, component. The address holds it, for links and after restarts."""

import streamlit as st

from calscope.model.errors import CalscopeError
from calscope.ui.frame import keys, messages
from calscope.ui.session import places

_ADDRESS = {"data": keys.PROJECT, "run": keys.RUN, "animal": keys.ANIMAL, "component": keys.COMPONENT}
_AWAITS = "awaits"
"""Name in the address of the runs that are looked at once they have ended: a page that is loaded again, or gone back
to, is to show them all the same."""
_BETWEEN = "."
MOST_DIGITS = 9


def take_from_address() -> None:
    """Take over what a link asks for; what this program wrote there itself is left alone."""
    asked = {name: st.query_params[name] for name in (*_ADDRESS, _AWAITS) if name in st.query_params}
    if not asked or asked == st.session_state.get(keys.ADDRESS):
        return
    if "run" in asked:
        _take_run(asked["run"])
    elif "data" in asked:
        places.open_project(asked["data"])
    if _AWAITS in asked:
        st.session_state[keys.AWAITED_RUNS] = tuple(asked[_AWAITS].split(_BETWEEN))
    if "animal" in asked:
        st.session_state[keys.ANIMAL] = asked["animal"]
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


def number_in(text: str) -> int | None:
    """Give the number that an address names; None where it names none, or one that no component could have."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def put_into_address() -> None:
    """Write what is looked at into the address, so that it can be copied, and found again after a restart."""
    wanted = {name: str(st.session_state[key]) for name, key in _ADDRESS.items() if _is_set(key)}
    if "run" in wanted:
        wanted.pop("data", None)  # the run knows its folder
    if awaited := st.session_state.get(keys.AWAITED_RUNS):
        wanted[_AWAITS] = _BETWEEN.join(awaited)
    st.session_state[keys.ADDRESS] = wanted
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def _is_set(key: str) -> bool:
    return st.session_state.get(key) not in (None, "")


def show_run(run_id: str) -> None:
    """Look at that run from now on."""
    st.session_state[keys.RUN] = run_id
    st.session_state.pop(keys.SKIPPED_RUN, None)
    st.session_state.pop(keys.COMPONENT, None)


def look_at_component(component: int | None) -> None:
    """Look at that component from now on; at the first one where None."""
    st.session_state[keys.COMPONENT] = component


def link_to_component(run_id: str, animal: str, component: int | None) -> dict[str, str]:
    """Give the part of an address that leads to a component of an animal."""
    found = {} if component is None else {"component": str(component)}
    return {"run": run_id, "animal": animal, **found}


def open_project_or_say(text: str) -> bool:
    """Open a project, or show why not; tell whether it is open."""
    try:
        places.open_project(text)
    except CalscopeError as error:
        messages.show_error(error)
        return False
    return True
