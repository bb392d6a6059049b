"""Pictures of the raw movies: frames of one animal beside the images of its whole movie, or images of all animals."""

from collections.abc import Collection, Mapping

import streamlit as st

from calscope.io.project import RecordingRef
from calscope.io.server_rights import Right
from calscope.model.movie import FloatArray
from calscope.plots.scaling import DisplayRange, display_range
from calscope.ui.data import recording_viewer, recordings_table
from calscope.ui.frame import keys, messages
from calscope.ui.frame.act_button import act_button
from calscope.ui.frame.keys import on_page
from calscope.ui.session import animal_states, launch, selection, shown_run
from calscope.ui.session.shown_run import ShownAnimal
from calscope.ui.widgets import cached_figures, charts

SUMMARISE = "Summarise raw movies"
IN_A_ROW = 3


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
    """Draw one picture of each animal, all of them of one kind, each in its own range of values or all in one."""
    found = {ref.name: _with_images(ref) for ref in refs}
    with_images = {name: animal for name, animal in found.items() if animal and animal.results.before is not None}
    if len(with_images) < len(refs):
        _offer_images()
    if not with_images:
        return
    kind, is_shared = _choose_picture()
    images = {name: getattr(animal.results.before, kind) for name, animal in with_images.items()}
    stored = {name: (animal.results.keys["before"],) for name, animal in with_images.items()}
    of_all = tuple(key for own in stored.values() for key in own)
    for first in range(0, len(refs), IN_A_ROW):
        for ref, place in zip(refs[first : first + IN_A_ROW], st.columns(IN_A_ROW), strict=False):
            with place:
                st.markdown(f"**{messages.plain(ref.name)}**")
                if ref.name in images:
                    own = {ref.name: images[ref.name]}
                    shown = _range(of_all, kind, images) if is_shared else _range(stored[ref.name], kind, own)
                    _show_small(with_images[ref.name], kind, images[ref.name], shown)
                else:
                    st.caption("Not summarised yet.")


def _choose_picture() -> tuple[str, bool]:
    """Choose the kind of picture, and whether one range of values holds for all animals."""
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            "Picture",
            list(cached_figures.IMAGE_TITLES),
            format_func=cached_figures.IMAGE_TITLES.__getitem__,
            default="max",
            required=True,
            key=on_page("data", "picture"),
            label_visibility="collapsed",
            persist_state="session",
        )
        is_shared = st.toggle(
            "One range of values for all",
            key=on_page("data", "one range"),
            help="Off: each picture from its own dark to its own bright. On: the same brightness is the same value in "
            "all animals, so that dim recordings look dim.",
            persist_state="session",
        )
    return kind, is_shared


def _show_small(animal: ShownAnimal, kind: str, image: FloatArray, shown: DisplayRange) -> None:
    dxy_um = recordings_table.with_given(animal.info).dxy_um if animal.info else None
    figure = cached_figures.raw_image(animal.results.keys["before"], kind, shown, dxy_um, _image=image)
    title = f"{cached_figures.IMAGE_TITLES[kind]} of {animal.name}"
    charts.show(figure, on_page("data", f"small {animal.name}"), title)


@st.cache_data(max_entries=128, show_spinner=False)
def _range(stored: tuple[str, ...], kind: str, _images: Mapping[str, FloatArray]) -> DisplayRange:
    return display_range(list(_images.values()))


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
    if act_button(Right.RUN, SUMMARISE, icon=":material/search:", key=keys.SUMMARISE, disabled=goes_on):
        launch.try_run("summary")
    st.caption(
        "Makes max projection and local correlation: reads every frame of every animal once. A run makes them too."
    )
