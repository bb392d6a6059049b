"""Data: what was recorded, what is odd about it, and how the raw movies look."""

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

LOOK = "Look at all animals"


def ask_for_rate() -> None:
    """Ask for the frame rate where files don't state it."""
    missing = launch.without_frame_rate(None)
    if not missing:
        return
    with st.container(border=True):
        rate = parameter_form.value("dataset.fr")
        st.markdown(
            f"**The frame rate of {messages.plain(', '.join(missing))} is not in the files.** "
            + (f"You gave {rate:g} Hz: runs use it." if rate else "It is never guessed; runs wait until you give it.")
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
    st.subheader("The raw movies at a glance", anchor=False)
    st.markdown(
        "The **max projection** keeps the brightest moment of each pixel: active cells stand out, and movement smears "
        "them. The **local correlation** is high where neighbouring pixels rise and fall together, as they do inside a "
        "cell; but the edge of anything that moves does so too, so before correction part of it is movement."
    )
    found = shown_run.raw_animals()
    if any(animal.results.before is None for animal in found):
        if st.button(LOOK, icon=":material/search:", type="primary", key=keys.SUMMARISE):
            launch.try_run("summary")
        st.caption("Reads every frame once. Progress shows at the top of the page.")
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
        "Look before you compute. Is every animal here, with all its frames? Do rate and pixel size come from the "
        "files? A saturated or dark stretch can't be repaired later, and tells more about the result than any "
        "parameter."
    )
    looked = recordings_table.look(project)
    recordings_table.show(looked)
    if project.skipped:
        other = wording.count(
            len(project.skipped), "thing in this folder is no recording", "things in this folder are no recordings"
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
