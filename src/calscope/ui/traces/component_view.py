"""One component in detail: choosing it on the map, in the table or by its number, and all that is known of it."""

import math
from typing import Literal

import streamlit as st

from calscope.model.note_texts.all_texts import text
from calscope.model.results import SOMA_PARTS, ComponentQuality
from calscope.plots.trace_curves import trace_figure
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys, messages
from calscope.ui.session import selection
from calscope.ui.widgets import cached_figures, charts, component_table

MAP_PX = 370
SHOWN = ("accepted", "rejected", "all")


def current(view: EvaluatedAnimal, listed: list[int]) -> int | None:
    """Give the component to show: the chosen one if the animal has it, else the first of the list."""
    chosen = st.session_state.get(keys.COMPONENT)
    if chosen is not None and 0 <= chosen < view.components.n:
        return int(chosen)
    return listed[0] if listed else None


def show_choice(view: EvaluatedAnimal) -> tuple[list[int], int | None]:
    """Draw filter and next and previous; give the listed components and the chosen one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.segmented_control(
            "Show",
            SHOWN if view.evaluation else SHOWN[-1:],
            default=_first_filter(view),
            required=True,
            on_change=_forget_component,
            format_func=lambda name: f"{name} ({len(view.listed(name))})",
            key=keys.on_page("traces", "which"),
            persist_state="session",
        )
        listed = view.listed((which or SHOWN[0]) if view.evaluation else SHOWN[-1])
        component = current(view, listed)
        _show_step("Previous", selection.neighbour(listed, component, -1), ":material/chevron_left:", "Left")
        _show_step("Next", selection.neighbour(listed, component, 1), ":material/chevron_right:", "Right")
    return listed, component


def _first_filter(view: EvaluatedAnimal) -> str:
    """Begin with the accepted, unless nothing was evaluated or a link asks for one that is not among them."""
    if view.evaluation is None:
        return "all"
    chosen = st.session_state.get(keys.COMPONENT)
    return "accepted" if chosen is None or chosen in view.listed("accepted") else "all"


def _forget_component() -> None:
    st.session_state.pop(keys.COMPONENT, None)


def _show_step(label: str, component: int | None, icon: str, shortcut: str) -> None:
    st.button(
        label,
        icon=icon,
        on_click=selection.look_at_component,
        args=(component,),
        disabled=component is None,
        shortcut=shortcut,
        key=keys.on_page("traces", label),
    )


def show_map(view: EvaluatedAnimal) -> None:
    """Draw all components over the correlation image; a click on one chooses it."""
    figure = cached_figures.acceptance_map(
        view.keys,
        "Click a component to choose it",
        view.animal.dxy_um,
        MAP_PX,
        _components=view.components,
        _evaluation=view.evaluation,
        _after=view.after,
    )
    charts.show_clickable(
        figure,
        keys.on_page("traces", f"map {view.animal.name} {view.keys[2]}"),
        "Accepted components in blue and rejected ones in orange over the local correlation image",
        _clicked,
    )


def _clicked(key: str) -> None:
    component = selection.component_in(st.session_state.get(key))
    if component is not None:
        selection.look_at_component(component)


def show_table(view: EvaluatedAnimal, listed: list[int], component: int | None) -> None:
    """Draw the list of components with their reasons; a click on a row chooses it."""
    table = component_table.components(
        view.keys, _components=view.components, _quality=view.quality, _evaluation=view.evaluation
    )
    key = keys.on_page("traces", f"table {view.animal.name} {view.keys[2]} {len(listed)} {listed[:1]}")
    rows = [listed.index(component)] if component in listed else []
    st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.dataframe(
        table.iloc[listed],
        key=key,
        hide_index=True,
        height=330,
        column_config=component_table.COMPONENT_COLUMNS,
        on_select=lambda: _row_chosen(key, listed),
        selection_mode="single-row",
    )


def _row_chosen(key: str, listed: list[int]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        selection.look_at_component(listed[rows[0]])


def show_header(view: EvaluatedAnimal, component: int) -> None:
    """Say which component it is, whether it was accepted and why."""
    accepted = view.is_accepted(component)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Component {component}", anchor=False, width="content")
        word, colour = _verdict(accepted)
        st.badge(word, color=colour)
        st.caption(f"of {view.components.n}, counted from 0")
    cnn = float(view.quality.cnn[component])
    with st.container(horizontal=True, gap="large"):
        st.metric("Spatial r", _measured(view.quality.r_value[component], 3), width="content")
        st.metric("SNR", _measured(view.quality.snr[component], 2), width="content")
        st.metric("Soma", _soma(view.quality, component), help=_soma_parts(view.quality, component), width="content")
        st.metric("CNN", "not computed" if math.isnan(cnn) else f"{cnn:.2f}", width="content")
    if view.evaluation is not None and component < len(view.evaluation.reasons):
        st.caption(messages.plain(text(view.evaluation.reasons[component])))


def _verdict(accepted: bool | None) -> tuple[str, Literal["blue", "orange", "gray"]]:  # noqa: FBT001 - no switch
    """Give the word and its colour."""
    if accepted is None:
        return "not evaluated", "gray"
    return ("accepted", "blue") if accepted else ("rejected", "orange")


def _measured(value: float, digits: int) -> str:
    return "not measured" if math.isnan(value) else f"{value:.{digits}f}"


def _soma(quality: ComponentQuality, component: int) -> str:
    soma = float(quality.soma[component])
    return "not measured" if math.isnan(soma) else f"{soma:.2f}"


def _soma_parts(quality: ComponentQuality, component: int) -> str:
    """Name the parts of the measure; the smallest counts."""
    about = "Likeness to a cell body in focus: the smallest of these parts, each 0 to 1.\n\n"
    if quality.soma_parts is None:
        return about + "Not measured in this result."
    parts = zip(SOMA_PARTS, quality.soma_parts[component].tolist(), strict=True)
    return about + ", ".join(f"{name} {value:.2f}" for name, value in parts)


def show_footprint(view: EvaluatedAnimal, component: int) -> None:
    """Draw where the component lies, and its footprint in detail."""
    accepted = view.is_accepted(component)
    left, right = st.columns(2)
    with left:
        figure = cached_figures.in_field(
            view.keys[:2], component, accepted, _components=view.components, _after=view.after
        )
        charts.show(figure, keys.on_page("traces", "field"), f"Place of component {component} in the field")
    with right:
        figure = cached_figures.footprint(view.keys[0], component, accepted, _components=view.components)
        charts.show(figure, keys.on_page("traces", "footprint"), f"Footprint of component {component}")


def show_traces(view: EvaluatedAnimal, component: int) -> None:
    """Draw the component's traces over time."""
    found, dff = view.components, view.animal.results.dff
    figure = trace_figure(
        found.C[component] + found.YrA[component],
        found.C[component],
        found.S[component],
        None if dff is None else dff.dff[component],
        view.animal.fr_hz,
    )
    charts.show(figure, keys.on_page("traces", "traces"), f"Traces of component {component} over time")
