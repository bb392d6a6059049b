"""Data: the recordings, their warnings, and their raw movies."""

import streamlit as st

from calscope.io.project import Project
from calscope.model.note_texts.all_texts import texts
from calscope.ui.data import raw_pictures, recordings_table
from calscope.ui.frame import messages, page_head, shell, sidebar, wording
from calscope.ui.session import launch
from calscope.ui.widgets import animal_sections, parameter_form

HOW_TO_READ = (
    "Check the recordings before you run anything. Is every animal here, with all its frames? Are frame rate and pixel "
    "size right? Saturated or dark stretches can't be repaired later, and matter more for the result than any "
    "parameter. The **max projection** shows the brightest value of each pixel: active cells stand out, and motion "
    "smears them. The **local correlation** is high where neighbouring pixels vary together, as they do inside a cell. "
    "The edges of anything that moves vary together too, so before motion correction part of it is motion."
)


def ask_for_rate() -> None:
    """Ask for the frame rate where files don't state it."""
    missing = launch.without_frame_rate(None)
    if not missing:
        return
    with st.container(border=True):
        rate = parameter_form.value("dataset.fr")
        st.markdown(
            f"**The frame rate of {messages.plain(', '.join(missing))} is not in the files.** "
            + (f"Runs use the {rate:g} Hz entered here." if rate else "It is never guessed: enter it before a run.")
        )
        with st.container(width=320):
            parameter_form.show_one("dataset.fr")


def show_skipped(project: Project) -> None:
    """Say what in the folder is no recording."""
    if not project.skipped:
        return
    other = wording.count(
        len(project.skipped), "entry of this folder is not a recording", "entries of this folder are not recordings"
    )
    with st.expander(other):
        for line in texts(project.skipped):
            st.markdown(f"- {messages.plain(line)}")


def render() -> None:
    """Draw the page."""
    page_head.show("Data", HOW_TO_READ)
    project = animal_sections.recordings_or_say()
    if project is None:
        return
    sidebar.recording_parameters()
    looked = recordings_table.look(project)
    recordings_table.show(looked)
    page_head.say_failed_runs()
    page_head.say_overruled_rates()
    ask_for_rate()
    raw_pictures.show(recordings_table.readable(looked))
    show_skipped(project)


shell.page(render)
