"""Links to what is tried and what is held on Tune: each is a key, under which parameters and crop are kept."""

import streamlit as st

from calscope.model.errors import CalscopeError, RecordingError
from calscope.model.recording import RecordingInfo
from calscope.pipeline.trials import TriedState, TriedStates
from calscope.ui.frame import keys
from calscope.ui.session import places
from calscope.ui.session.lately import remembered
from calscope.ui.tune.tuning import State, Tuning

NOW, HELD = "tune", "held"
"""Names of the entries in the address."""
NOT_KEPT = "The link asks for a state of Tune that is not kept here, or is of another recording."


def take(tuning: Tuning, info: RecordingInfo) -> None:
    """Try what a link asks for, once."""
    asked: dict[str, str] = st.session_state.pop(keys.TUNE_ASKED, None) or {}
    found = {name: _state(key, tuning.path, info) for name, key in asked.items()}
    now, held = found.get(NOW), found.get(HELD)
    first = now or held
    if first is not None:
        tuning.open(first, held)
    if None in found.values():
        tuning.not_found = NOT_KEPT


def _state(key: str, path: str, info: RecordingInfo) -> State | None:
    found = TriedStates(places.store().root).read(key)
    if found is None or found.path != path:
        return None
    try:
        found.crop.check_inside(info.shape)
    except RecordingError:
        return None
    return State(found.params, found.crop)


def note(tuning: Tuning) -> None:
    """Have the address name what is tried and held; nothing where it is what everyone begins with."""
    named: dict[str, str] = {}
    begun = len(tuning.states) > 1 or tuning.held is not None
    for name, state in ((NOW, tuning.now), (HELD, tuning.held)):
        if begun and state is not None and state.is_there and state.crop is not None:
            named[name] = _kept(str(places.store().root), TriedState(tuning.path, state.params, state.crop))
    st.session_state[keys.TUNED_NOW] = {name: key for name, key in named.items() if key}


@remembered()
def _kept(root: str, state: TriedState) -> str:
    """Give the key of a state, which is written down once; empty where the store can't be written."""
    try:
        return TriedStates(places.store().root).keep(state)
    except CalscopeError:
        return ""
