"""Compare: two runs of the same animals beside each other."""

import streamlit as st

from calscope.ui.compare import compare_view, run_pickers
from calscope.ui.frame import keys, page_head, shell
from calscope.ui.session import shown_run
from calscope.ui.widgets import animal_sections

HOW_TO_READ = (
    "Pick two runs. On the map, **A**, **B** and **swipe** choose what is shown, and **F** flicks between the two. "
    "White outlines are accepted in both runs, orange ones only in A, blue ones only in B. Click an outline or a row "
    "to see the traces of both over each other, each in units of its own noise."
)


def render() -> None:
    """Draw the page."""
    st.session_state.pop(keys.COMPARED_NOW, None)
    page_head.show("Compare", HOW_TO_READ)
    ref = shown_run.current()
    if animal_sections.project_or_say() is None or ref is None:
        return
    sides = run_pickers.show(ref)
    if sides is None:
        compare_view.say_too_few()
    else:
        compare_view.show(ref, *sides)


shell.page(render)
