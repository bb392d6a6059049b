"""Pictures of the raw movies: frames of one animal beside the images of its whole movie, or images of all animals."""

from collections.abc import Collection
from itertools import cycle

import streamlit as st

from calscope.io.project import RecordingRef
from calscope.ui.data import recording_viewer, recordings_table
from calscope.ui.frame import keys, messages
from calscope.ui.frame.keys import on_page
from calscope.ui.session import animal_states, launch, selection, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import cached_figures, charts

SUMMARISE = "Summarise raw movies"
IN_A_ROW = 2


def show(readable: Collection[str]) -> None:
    """Draw the current animal, or all of them, of those that can be read."""
    current = shown_run.current()
    if selection.shows_all():
        _show_all([ref for ref in shown_run.refs() if ref.name in readable])
    elif current is not None and current.name in readable:
        _show_one(current)


def _show_one(ref: RecordingRef) -> None:
    n_frames = st.session_state.get(keys.FRAMES)
    with st.container(key=keys.beside("raw")):
        film, images = st.columns([1, 2], gap="small")
    with film:
        recording_viewer.show_frames(str(ref.path), n_frames)
    with images:
        if not _show_images(ref):
            _offer_images()
    recording_viewer.show_warnings(str(ref.path), n_frames)


def _show_all(refs: list[RecordingRef]) -> None:
    any_missing = False
    for ref, place in zip(refs, cycle(st.columns(IN_A_ROW)), strict=False):
        with place:
            st.markdown(f"**{messages.plain(ref.name)}**")
            any_missing |= not _show_images(ref)
    if any_missing:
        _offer_images()


def _show_images(ref: RecordingRef) -> bool:
    """Draw max projection and local correlation of a raw movie; tell whether they are there."""
    animal = _with_images(ref)
    if animal is None or animal.info is None or animal.results.before is None:
        return False
    dxy_um = recordings_table.with_given(animal.info).dxy_um
    figure = cached_figures.raw_images(animal.results.keys["before"], dxy_um, animal.results.before)
    charts.show(figure, on_page("data", ref.name), f"Max projection and local correlation of {ref.name}")
    return True


def _with_images(ref: RecordingRef) -> ShownAnimal | None:
    """Give the animal with its images as they would be made now, else as a run made them of the same frames."""
    now, of_run = shown_run.raw_animal(ref), shown_run.animal(ref, "before")
    if now.results.before is not None:
        return now
    is_same = now.info is not None and of_run.info is not None and now.info.fingerprint == of_run.info.fingerprint
    return of_run if is_same else None


def _offer_images() -> None:
    goes_on = any(job.spec.until == "summary" for job in animal_states.active_jobs())
    if st.button(SUMMARISE, icon=":material/search:", key=keys.SUMMARISE, disabled=goes_on):
        launch.try_run("summary")
    st.caption(
        "Makes max projection and local correlation: reads every frame of every animal once. A run makes them too."
    )
