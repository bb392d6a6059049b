"""Which engines are available here, or why not; with a trial of CaImAn in a process of its own."""

import streamlit as st

from calscope.engines.caiman_trial import Trial
from calscope.engines.engine import Availability
from calscope.engines.engine_registry import ENGINES
from calscope.io.server_rights import Right, allowed
from calscope.ui.frame import keys, messages, sidebar
from calscope.ui.frame.act_button import act_button

POLL_S = 1.0
_TRIED = "caiman"


@st.cache_resource(show_spinner=False)
def _trials() -> dict[str, Trial]:
    """Give the trial of this server, which all browsers see."""
    return {}


def show() -> None:
    """Say of every engine whether it can run here, and if not, why and what to do."""
    for place, (name, engine) in zip(st.columns(len(ENGINES)), ENGINES.items(), strict=True):
        with place, st.container(border=True, height="stretch"):
            state = engine.availability()
            trial = _trials().get(name)
            outcome = trial.outcome() if trial and state.ok else None
            _show_state(sidebar.ENGINE_TITLES.get(name, name), outcome or state, was_tried=outcome is not None)
            if name == _TRIED and state.ok:
                _show_trial(trial)


def _show_state(title: str, state: Availability, *, was_tried: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="content")
        if state.ok:
            st.badge("works" if was_tried else "ready", color="blue")
        else:
            st.badge("broken" if state.version else "not available", color="orange" if state.version else "gray")
    if state.ok:
        st.caption(f"Version {messages.plain(state.version)}.")
    else:
        st.caption(f"{messages.plain(state.why_not)} {state.next_step}")  # the next step is our own text


def _show_trial(trial: Trial | None) -> None:
    """Offer a trial, or show the one that goes on."""
    if trial is not None and trial.outcome() is None:
        messages.fragment(_watch, run_every=POLL_S)()
        return
    if trial is None:
        st.caption("Installed. A trial imports it and shows whether it works, which takes a while.")
    label = "Try CaImAn" if trial is None else "Try again"
    act_button(Right.RUN, label, icon=":material/science:", on_click=_begin, key=keys.TRY_CAIMAN)


def _watch() -> None:
    trial = _trials()[_TRIED]
    if trial.outcome() is not None:
        st.rerun()
    words = f"In its own process: {trial.step}, {trial.seconds:.0f} s of at most {trial.timeout_s:.0f} s"
    st.progress(min(trial.seconds / trial.timeout_s, 1.0), text=words)
    act_button(Right.RUN, "Stop", icon=":material/stop:", on_click=_stop, args=(trial,), key=keys.STOP_TRIAL)


def _stop(trial: Trial) -> None:
    if allowed(Right.RUN):
        trial.stop()


def _begin() -> None:
    if not allowed(Right.RUN):
        return
    running = _trials().get(_TRIED)
    if running is None or running.outcome() is not None:
        _trials()[_TRIED] = Trial()
