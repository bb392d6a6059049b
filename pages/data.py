"""Data: the recordings, their warnings, and their raw movies."""

import streamlit as st

from calscope.model.note_texts.all_texts import texts
from calscope.ui.data import recording_viewer, recordings_table
from calscope.ui.frame import keys, messages, page_head, shell, sidebar, wording
from calscope.ui.frame.keys import on_page
from calscope.ui.session import animal_states, launch, selection, shown_run
from calscope.ui.widgets import animal_sections, cached_figures, charts, parameter_form

SUMMARISE = "Summarise raw movies"
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


def show_raw_movie() -> None:
    """Draw max projection and local correlation of the current animal, once they are made."""
    st.subheader("Summary images of the raw movie", anchor=False)
    found = shown_run.raw_animals()
    if any(animal.results.before is None for animal in found):
        goes_on = any(job.spec.until == "summary" for job in animal_states.active_jobs())
        if st.button(SUMMARISE, icon=":material/search:", type="primary", key=keys.SUMMARISE, disabled=goes_on):
            launch.try_run("summary")
        st.caption("Reads every frame of every animal once. Progress is shown at the bottom of the window.")
    for animal in found:
        if animal.info is None or animal.results.before is None:
            continue
        if not selection.shows_all() and animal.name != getattr(shown_run.current(), "name", ""):
            continue
        st.markdown(f"**{messages.plain(animal.name)}**")
        dxy_um = recordings_table.with_given(animal.info).dxy_um
        figure = cached_figures.raw_images(animal.results.keys["before"], dxy_um, animal.results.before)
        charts.show(figure, on_page("data", animal.name), f"Max projection and local correlation of {animal.name}")


def show_frames(readable: list[str]) -> None:
    """Draw frames and warnings of the current animal, where it can be read."""
    current = shown_run.current()
    if current is None or current.name not in readable:
        return
    st.subheader("Frame by frame", anchor=False)
    n_frames = st.session_state.get(keys.FRAMES)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        recording_viewer.show_frames(str(current.path), n_frames)
    with right:
        recording_viewer.show_warnings(str(current.path), n_frames)


def render() -> None:
    """Draw the page."""
    page_head.show("Data", HOW_TO_READ)
    project = animal_sections.recordings_or_say()
    if project is None:
        return
    sidebar.recording_parameters()
    looked = recordings_table.look(project)
    recordings_table.show(looked)
    if project.skipped:
        other = wording.count(
            len(project.skipped), "entry of this folder is not a recording", "entries of this folder are not recordings"
        )
        with st.expander(other):
            for line in texts(project.skipped):
                st.markdown(f"- {messages.plain(line)}")
    page_head.say_overruled_rates()
    ask_for_rate()
    readable = recordings_table.readable(looked)
    if readable:
        show_frames(readable)
        show_raw_movie()


shell.page(render)
