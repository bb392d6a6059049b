"""Opening a folder: the demo in one click, a walk through the allowed folders, a typed path, the recent ones."""

from pathlib import Path
from typing import Literal

import streamlit as st

from calscope.io.bundles.bundle_manifest import ENDING
from calscope.io.results.caiman_reader import HDF5_ENDINGS
from calscope.io.results.open_results import all_results_at, name_of
from calscope.io.safe_paths import list_files, list_folders, plain_path
from calscope.io.server_rights import Right
from calscope.jobs.job_spec import DEMOS, DemoSettings
from calscope.model.errors import CalscopeError
from calscope.ui.frame import jobs_panel, keys, messages
from calscope.ui.frame.act_button import act_button, keep_button, why_not
from calscope.ui.session import launch, places, project_settings, selection

MOST_FOLDERS = 200
RECENT_PX = 132
"""Four of them; the others by scrolling."""


def show_demo() -> None:
    """Offer the demo in two sizes; one that is already made opens at once. It stands out where nothing is open."""
    name = st.radio(
        "Size of the demo",
        list(DEMOS),
        captions=[_told(demo) for demo in DEMOS.values()],
        key=keys.DEMO_SIZE,
        label_visibility="collapsed",
    )
    busy = any(job.spec.kind == "demo" for job in jobs_panel.busy_jobs())
    kind: Literal["primary", "secondary"] = "secondary" if places.project() else "primary"
    why = "" if launch.demo_is_made(str(name)) else why_not(Right.RUN)
    icon, off = ":material/play_circle:", busy or bool(why)
    if st.button("Open the demo", type=kind, icon=icon, disabled=off, key=keys.OPEN_DEMO, help=why or None):
        _open_demo(str(name))


def _told(demo: DemoSettings) -> str:
    return f"{demo.frames} frames of {demo.size} × {demo.size} px each"


def _open_demo(name: str) -> None:
    if launch.demo_is_made(name):
        if selection.open_project_or_say(str(places.demo_folder() / name)):
            st.switch_page(f"pages/{project_settings.last_page()}.py")
        return
    try:
        launch.start_demo(name)
    except CalscopeError as error:
        messages.show_error(error)
    else:
        st.rerun()


def show_folders() -> None:
    """Offer a walk through the allowed folders, and a typed path."""
    here = _here()
    st.caption(f"In {messages.plain(str(here))}")
    other_roots = [root for root in places.roots() if root != here] if here in places.roots() else []
    folders = [folder for folder in list_folders(here, places.roots()) if folder not in other_roots][:MOST_FOLDERS]
    with st.container(height=210, border=True, gap=None):
        if here not in places.roots():
            _folder_button("Parent folder", here.parent, ":material/arrow_upward:")
        else:
            for root in other_roots:
                _folder_button(str(root), root, ":material/hard_drive:")
        for folder in folders:
            _folder_button(folder.name, folder, ":material/folder:")
        if not folders:
            st.caption("There are no folders in it.")
    _show_results_in(here)
    if st.button("Open this folder", icon=":material/folder_open:", type="primary", key=keys.OPEN_FOLDER):
        _open(str(here))


def _here() -> Path:
    try:
        return places.checked(st.session_state[keys.BROWSE_AT])
    except (KeyError, CalscopeError):
        return places.roots()[0]


def _folder_button(label: str, folder: Path, icon: str) -> None:
    st.button(
        messages.plain(label),
        icon=icon,
        type="tertiary",
        key=keys.folder_button(str(folder)),
        on_click=_go_to,
        args=(str(folder),),
    )


def _go_to(folder: str) -> None:
    st.session_state[keys.BROWSE_AT] = folder


def show_results() -> None:
    """Offer a box for the path of another program's results, and those in the folder that is browsed."""
    with st.form(keys.RESULTS_FORM, border=False):
        text = st.text_input(
            "Path of a file or folder",
            key=keys.TYPED_RESULTS,
            placeholder="/data/mice.calscope",
            help="A bundle (.calscope), a file of CaImAn (.hdf5), suite2p's folder, or a folder that `calscope run` "
            "wrote. They open "
            "read-only on Extraction, Evaluation and Traces. Nothing is run again.",
        )
        if keep_button("Open read-only", right=Right.IMPORT, icon=":material/lock_open:") and text.strip():
            open_results(plain_path(text))


def _show_results_in(here: Path) -> None:
    """Offer what may be results in the folder that is browsed."""
    of_run = [here] if places.is_of_a_run(str(here)) else []
    inside = [*of_run, *list_files(here, (*HDF5_ENDINGS, ENDING), places.roots()), *all_results_at(here)]
    for place in inside[:MOST_FOLDERS]:
        label = f"Open the results {place.name}" if place.is_file() else f"Open suite2p's results {name_of(place)}"
        label = f"Open the run {place.name}" if place in of_run else label
        key = keys.results_button(str(place))
        if act_button(Right.IMPORT, messages.plain(label), icon=":material/lock_open:", type="tertiary", key=key):
            open_results(str(place))


def open_results(text: str) -> None:
    """Open the results at a path and show them, or say why they can't be opened."""
    try:
        with st.spinner("Reading the results"):
            places.open_results(text)
    except CalscopeError as error:
        messages.show_error(error)
    else:
        st.switch_page("pages/evaluation.py")


def show_typed() -> None:
    """Offer a box for the path."""
    with (
        st.form(keys.FOLDER_FORM, border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        text = st.text_input(
            "Path of a folder",
            key=keys.TYPED_FOLDER,
            placeholder="/data/recordings",
            help="On the machine that runs Calscope. A folder with one folder or one TIFF per animal: single frames "
            "that are numbered, or stacks. The files are only read; results are kept in a store of their own.",
        )
        pressed = st.form_submit_button("Open", icon=":material/folder_open:")
    if pressed and text.strip():
        _open(plain_path(text))


def show_recent() -> None:
    """Offer the folders that were opened recently."""
    recent = places.recent()
    if not recent:
        return
    st.caption("Recent folders")
    with st.container(height=RECENT_PX, border=False, gap=None):
        for folder in recent:
            _recent_button(folder)


def _recent_button(folder: str) -> None:
    label = "/".join(Path(folder).parts[-2:])
    key = keys.recent_button(folder)
    if st.button(
        messages.plain(label), icon=":material/history:", type="tertiary", key=key, help=messages.plain(folder)
    ):
        _open(folder)


def _open(text: str) -> None:
    """Open a folder: as results where `calscope run` wrote it, else with its recordings."""
    if places.is_of_a_run(text):
        open_results(text)
        return
    if selection.open_project_or_say(text):
        st.switch_page(f"pages/{project_settings.last_page()}.py")
