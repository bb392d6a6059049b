"""Data: the recordings, their warnings, and their raw movies."""

import streamlit as st

from calscope.io.project import Project
from calscope.model.note_texts.all_texts import texts
from calscope.model.recording import RecordingInfo
from calscope.model.results import SummaryImages
from calscope.ui.data import recording_viewer, recordings_table
from calscope.ui.frame import keys, messages, shell, sidebar, wording
from calscope.ui.frame.keys import on_page
from calscope.ui.session import launch, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import animal_sections, cached_figures, charts, parameter_form

SUMMARISE = "Summarise raw movies"


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


def draw_raw(animal: ShownAnimal, info: RecordingInfo, images: SummaryImages) -> None:
    """Draw the images that sum up one raw movie."""
    dxy_um = recordings_table.with_given(info).dxy_um
    figure = cached_figures.raw_images(animal.results.keys["before"], dxy_um, images)
    charts.show(figure, on_page("data", animal.name), f"Max projection and local correlation of {animal.name}")


def show_raw_movies() -> None:
    """Draw max projection and local correlation of every chosen animal, once they are made."""
    st.subheader("Summary images of the raw movies", anchor=False)
    st.markdown(
        "The **max projection** shows the brightest value of each pixel: active cells stand out, and motion smears "
        "them. The **local correlation** is high where neighbouring pixels vary together, as they do inside a cell. "
        "The edges of anything that moves vary together too, so before motion correction part of it is motion."
    )
    found = shown_run.raw_animals()
    if any(animal.results.before is None for animal in found):
        if st.button(SUMMARISE, icon=":material/search:", type="primary", key=keys.SUMMARISE):
            launch.try_run("summary")
        st.caption("Reads every frame once. Progress is shown at the top of the page.")
    for animal in found:
        if animal.info is not None and animal.results.before is not None:
            st.markdown(f"**{messages.plain(animal.name)}**")
            draw_raw(animal, animal.info, animal.results.before)


def show_one(project: Project, names: list[str]) -> None:
    """Draw warnings and frames of one animal of those that can be read."""
    st.subheader("Frame by frame", anchor=False)
    refs = {ref.name: str(ref.path) for ref in project.recordings}
    chosen = st.segmented_control(
        "Animal",
        names,
        default=names[0],
        required=True,
        format_func=messages.plain,
        key=on_page("data", "animal"),
    )
    n_frames = st.session_state.get(keys.FRAMES)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        recording_viewer.show_frames(refs[chosen], n_frames)
    with right:
        recording_viewer.show_warnings(refs[chosen], n_frames)


def render() -> None:
    """Draw the page."""
    st.title("Data", anchor=False)
    project = animal_sections.recordings_or_say()
    if project is None:
        return
    sidebar.recording_parameters()
    st.markdown(
        "Check the recordings before you run anything. Is every animal here, with all its frames? Are frame rate and "
        "pixel size right? Saturated or dark stretches can't be repaired later, and matter more for the result than "
        "any parameter."
    )
    looked = recordings_table.look(project)
    recordings_table.show(looked)
    if project.skipped:
        other = wording.count(
            len(project.skipped), "entry of this folder is not a recording", "entries of this folder are not recordings"
        )
        with st.expander(other):
            for line in texts(project.skipped):
                st.markdown(f"- {messages.plain(line)}")
    ask_for_rate()
    names = recordings_table.readable(looked)
    if names:
        show_one(project, names)
        show_raw_movies()


shell.page(render)
