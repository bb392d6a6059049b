"""Puts the linked views into the page: our own JavaScript, with what they share before each one's own."""

from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import Any

import streamlit as st
from pydantic_core import to_json

from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import keys
from calscope.ui.linked import choice

_SHARED = {
    "component_bar": ("judging_bar",),
    "field_map": ("outlines",),
    "trace_view": ("time_span",),
    "trace_stack": ("time_span", "canvas_drawing", "all_traces"),
    "trace_raster": ("time_span", "canvas_drawing", "all_traces"),
    "trace_matrix": ("canvas_drawing",),
}
"""Scripts that stand before those of some views."""


def mount(name: str, view: EvaluatedAnimal, page: str, data: dict[str, Any], **on_changes: Callable[[], None]) -> None:
    """Draw the view of that name; the component that is chosen in it becomes the one that is looked at.

    `on_changes` are called when it tells something else, such as `on_filter_change`. Words go through the page as
    text, never as HTML.
    """
    key = key_of(name, view, page)
    data = {"animal": choice.name_of(view), **data}
    place(name, key, data, on_component_change=partial(_take, key, view), **on_changes)


def place(name: str, key: str, data: dict[str, Any], **on_changes: Callable[[], None]) -> None:
    """Draw the view of that name; its `data["animal"]` names what it shares its choice with.

    The data go as bytes, which Streamlit hands on: it would look for tables in anything else, and write it twice.
    """
    _component(name)(key=key, data=to_json(data), on_window_change=nothing, **on_changes)


def key_of(name: str, view: EvaluatedAnimal, page: str) -> str:
    """Give the key of a view, under which the session state has what it told."""
    return keys.of_component(keys.on_page(page, f"{name} of {view.animal.name}"))


def told(key: str, what: str) -> Any:
    """Give what a view told last; None where it told nothing."""
    return (st.session_state.get(key) or {}).get(what)


def _take(key: str, view: EvaluatedAnimal) -> None:
    choice.take_from_browser(view, told(key, "component"))


def nothing() -> None:
    """Stand where a view asks for something that is read when it is drawn."""


@cache
def _component(name: str) -> Callable[..., object]:
    script = "".join(_asset(f"{part}.js") for part in ("linked", *_SHARED.get(name, ()), name))
    return st.components.v2.component(
        f"calscope.{name}", html=_asset(f"{name}.html"), css=_asset("linked.css"), js=script
    )


def _asset(name: str) -> str:
    return files("calscope.ui.linked").joinpath(name).read_text(encoding="utf-8")
