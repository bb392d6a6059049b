"""The chosen component in one line, with the filter of the list and the steps to its neighbours, as a linked view."""

from functools import partial

import streamlit as st

from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.linked import choice, field_map, mounting, transient_layer
from calscope.ui.session import project_settings

NAME = "component_bar"


def counts(view: EvaluatedAnimal) -> dict[str, int]:
    """Tell how many components are listed by each filter; nothing is accepted or rejected where none was evaluated."""
    names = ("all", "accepted", "rejected") if view.evaluation else ("all",)
    return {name: len(view.listed(name)) for name in names}


def show(view: EvaluatedAnimal, page: str) -> None:
    """Draw the line. It alone has the choice in its data, so that the larger views are not sent again with each one."""
    chosen = choice.of(view)
    near = () if chosen.component is None else (chosen.component, *chosen.near)
    listed, wanted = counts(view), st.session_state.get(keys.LISTED)
    data = {
        "choice": choice.to_browser(view) | {"filter": wanted if wanted in listed else "all"},
        "footprints": {str(number): field_map.footprint_of(view.components, number) for number in near},
        "lit": transient_layer.pictures(view, mounting.key_of(field_map.NAME, view, page), chosen.component),
        "counts": listed,
        "name": view.animal.name,
        "label": f"The chosen component of {view.animal.name}",
    }
    key = mounting.key_of(NAME, view, page)
    mounting.mount(NAME, view, page, data, on_filter_change=partial(_take_filter, key))


def _take_filter(key: str) -> None:
    st.session_state[keys.LISTED] = str(mounting.told(key, "filter"))
    project_settings.keep()
