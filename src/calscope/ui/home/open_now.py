"""What is open now: the project, where its animals stand, and how to go on."""

from collections import Counter

import streamlit as st

from calscope.io.project import Project
from calscope.ui.frame import messages, next_page, run_everything, wording
from calscope.ui.session import animal_states, places
from calscope.ui.session.animal_states import STEPS
from calscope.ui.widgets import animal_strip


def show() -> None:
    """Draw it; nothing where nothing is open."""
    project = places.project()
    if project is None:
        return
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"Open now: **{messages.plain(places.title_of(project))}**", width="content")
            st.caption(f"{standing(project)} {messages.plain(str(project.root))}", width="stretch")
            next_page.link(next_page.after_opening(), stands_out=True)
        animal_strip.show()
        if not places.shows_import():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                run_everything.show(width="content")
            run_everything.carry_out()


def standing(project: Project) -> str:
    """Say in one line how many animals reached which step."""
    if places.shows_import():
        return "Results of another program, read-only."
    counts = Counter(animal_states.step_of(ref) for ref in project.recordings)
    parts = [f"{counts[step]} {step}" for step in reversed(STEPS) if counts[step]]
    return f"{wording.count(len(project.recordings), 'animal')}: {', '.join(parts)}."
