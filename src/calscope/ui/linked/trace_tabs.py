"""What is shown of traces: the chosen component's, all of them, or a film; only one is computed."""

from collections.abc import Callable

import streamlit as st

from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.linked import (
    all_traces,
    component_film,
    trace_events,
    trace_matrix,
    trace_raster,
    trace_stack,
    trace_view,
)
from calscope.ui.linked.all_traces import Kind
from calscope.ui.session import views

ONE, FILM = "One", "Film"
_OF_ALL: dict[str, Callable[[EvaluatedAnimal, str, int, Kind], None]] = {
    "Stack": trace_stack.show,
    "Raster": trace_raster.show,
    "Matrix": trace_matrix.show,
}
KIND_PX = 125
TABS_PX = 56
"""What the tabs take of the height."""


def show(view: EvaluatedAnimal, page: str, height_px: int) -> None:
    """Draw the tabs and what the open one shows."""
    with st.container(gap=None):
        trace_events.show(view, page)  # which takes no room
        with st.container():
            _show_open(view, page, height_px)


def _show_open(view: EvaluatedAnimal, page: str, height_px: int) -> None:
    bar = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="top")
    with bar:
        tab = _choose(page)
    if tab in _OF_ALL:
        with bar:
            kind = _choose_kind(view, page)
        _OF_ALL[tab](view, page, height_px - TABS_PX, kind)
    elif tab == FILM:
        component_film.show(view, page)
    else:
        trace_view.show(view, page, height_px - TABS_PX)


def _choose(page: str) -> str:
    options = (ONE, *_OF_ALL, FILM)
    views.begin(keys.on_page(page, "traces shown"), options)
    return st.segmented_control(
        "Traces shown",
        options,
        default=ONE,
        required=True,
        key=keys.on_page(page, "traces shown"),
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )


def _choose_kind(view: EvaluatedAnimal, page: str) -> Kind:
    kinds = all_traces.kinds_of(view)
    key = keys.on_page(page, "kind of traces")
    if st.session_state.get(key) not in kinds:
        st.session_state.pop(key, None)
    return st.selectbox(
        "Kind of traces", kinds, key=key, label_visibility="collapsed", persist_state="session", width=KIND_PX
    )
