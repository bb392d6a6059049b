"""Where things are: the store, the jobs, the folders that may be opened, the project that is open."""

import json
import os
from contextlib import suppress
from pathlib import Path

import streamlit as st

from calscope.io import safe_paths
from calscope.io.atomic_write import write_text_whole
from calscope.io.bundles.bundle_reading import is_bundle
from calscope.io.file_names import safe_name
from calscope.io.project import Project, RecordingRef, find_recordings, only_inside
from calscope.io.results.open_results import files_of, is_results, name_of, results_at
from calscope.io.server_rights import Right, allowed, require
from calscope.jobs import shown_demo
from calscope.jobs.bundles.import_bundle import animals_of, import_bundle
from calscope.jobs.bundles.uploaded_bundles import uploads_of
from calscope.jobs.import_run_folder import animal_folders, files_of_run, import_run_folder, is_run_folder
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import Job, JobManager, NoSuchJobError
from calscope.jobs.tuner import Tuner
from calscope.model.errors import CalscopeError, RecordingError
from calscope.pipeline.disk_files import read_json
from calscope.pipeline.import_results import import_results
from calscope.pipeline.store import Store, default_store
from calscope.ui.frame import keys
from calscope.ui.session.lately import remembered

N_RECENT = 8
JOBS_FRESH_S = 0.3
START_FOLDER = "CALSCOPE_FOLDER"
"""Environment variable with the folder that is open when the program starts; `calscope app FOLDER` sets it."""


def store() -> Store:
    """Give the result store."""
    return default_store()


@remembered()
def _manager(root: Path) -> JobManager:
    return JobManager(root)


def manager() -> JobManager:
    """Give the manager of the jobs, one for the whole server."""
    return _manager(store().root)


@st.cache_resource(show_spinner=False)
def _tuner(root: Path) -> Tuner:
    return Tuner(root)


def tuner() -> Tuner:
    """Give what tries parameters, one for the whole server."""
    return _tuner(store().root)


@remembered()
def _changes(root: Path) -> list[str]:
    """Give what this server did to the list of jobs, one entry a change."""
    return []


@remembered(JOBS_FRESH_S)
def _jobs(root: Path, n_changes: int) -> list[Job]:
    """Look at the disk; `n_changes` parts a look that began before a change from those that come after it."""
    return _manager(root).jobs()


def jobs() -> list[Job]:
    """Give all jobs, newest first; one look at the disk serves one drawing of a page."""
    root = store().root
    return _jobs(root, len(_changes(root)))


def _note_change(job_id: str) -> None:
    _changes(store().root).append(job_id)


def job(job_id: str | None) -> Job | None:
    """Give one job, None where there is none of that number."""
    return next((job for job in jobs() if job.id == job_id), None)


def submit(spec: JobSpec) -> str:
    """Start a job, give its number; errors as `JobManager.submit`."""
    job_id = manager().submit(spec)
    st.session_state.pop(keys.CANCELLED, None)  # what was said of the last run is over
    _note_change(job_id)
    return job_id


def cancel(job_id: str) -> None:
    """Ask a job to stop; one that is no longer there has done so."""
    with suppress(NoSuchJobError):
        manager().cancel(job_id)
    _note_change(job_id)


def remove(job_id: str) -> None:
    """Forget a job that has ended; another window may have done so already.

    Raises
    ------
    StoreError
        When it still waits or runs, or the store can't be written.
    """
    with suppress(NoSuchJobError):
        manager().remove(job_id)
    _note_change(job_id)


def log_tail(job_id: str, n: int) -> str:
    """Give the last lines of a job's log, none of one that is no longer there."""
    try:
        return manager().log_tail(job_id, n)
    except NoSuchJobError:
        return ""


def demo_folder() -> Path:
    """Where demo recordings are made."""
    return shown_demo.demo_folder(store())


def roots() -> tuple[Path, ...]:
    """Give the folders under which recordings may be opened."""
    return (*safe_paths.allowed_roots(), demo_folder().resolve())


def checked(text: str) -> Path:
    """Give the folder that a text names.

    Raises
    ------
    RecordingError
        When it lies outside of the allowed folders, or is no folder.
    """
    return safe_paths.resolve_folder(text, roots())


def checked_results(text: str) -> Path:
    """Give the file or folder that a text names and that holds results: a bundle, another program's, a run's folder.

    Raises
    ------
    RecordingError
        When it lies outside of the allowed folders, itself or by a link in it, or holds no results.
    """
    allowed = _roots_of_results(text)
    path = safe_paths.resolve_path(text, allowed)
    place = path if is_run_folder(path) or is_bundle(path) else results_at(path)
    if place is None:
        raise RecordingError(
            f"'{text}' holds no results of another program. Choose a bundle (.calscope), a CaImAn file (.hdf5), "
            "suite2p's folder (with plane0 in it, or F.npy), or a folder that `calscope run` wrote."
        )
    inside = () if is_bundle(place) else files_of_run(place) if is_run_folder(place) else files_of(place)
    for file in (place, *inside):
        if safe_paths.leads_out(file, allowed):
            raise RecordingError(f"'{file}' is a link that leads out of the folders that may be opened.")
    return place


def _roots_of_results(text: str) -> tuple[Path, ...]:
    """Give the folders under which results may be opened: for those that came by the browser, where they are kept."""
    uploads = uploads_of(store()).resolve()
    return (uploads,) if Path(text).is_relative_to(uploads) else roots()


@st.cache_data(ttl=20, max_entries=32, show_spinner=False)
def recordings_in(folder: str) -> Project:
    """Find the recordings of a folder; looked at again after a while, as files may come and go."""
    return only_inside(find_recordings(Path(folder)), roots())


def project() -> Project | None:
    """Give the open project, or None."""
    folder = st.session_state.get(keys.PROJECT) or os.environ.get(START_FOLDER)
    return _opened_lately(folder, os.environ.get(safe_paths.ROOTS, ""), store().root) if folder else None


@remembered(JOBS_FRESH_S)
def _opened_lately(text: str, roots_given: str, store_root: Path) -> Project:
    """Open a project; one look at the disk serves one drawing of a page, which asks some ninety times."""
    return _opened(text)


def _opened(text: str) -> Project:
    """Give the recordings of a folder, or results that were made elsewhere as a project of their own."""
    path = safe_paths.resolve_path(text, _roots_of_results(text))
    if is_bundle(path):
        place = checked_results(text)
        return Project(place, tuple(RecordingRef(name, there, name) for name, there in animals_of(place)))
    if is_run_folder(path):
        place = checked_results(text)
        folders = animal_folders(place)
        return Project(place, tuple(RecordingRef(folder.name, folder, folder.name) for folder in folders))
    if is_results(path):
        place = checked_results(text)
        return Project(place, (RecordingRef(safe_name(name_of(place)), place, name_of(place)),))
    return recordings_in(str(checked(text)))


def title_of(found: Project) -> str:
    """Give the name under which people know a project."""
    if is_bundle(found.root):
        return found.root.stem
    is_one = is_results(found.root) and len(found.recordings) == 1
    return found.recordings[0].original if is_one else found.root.name


def shows_import() -> bool:
    """Tell whether what is open are results that were made elsewhere, without a recording."""
    found = project()
    return found is not None and _holds_results(found.root)


def is_of_a_run(text: str) -> bool:
    """Tell whether a text names a folder that may be opened and that `calscope run` wrote."""
    try:
        return is_run_folder(checked(text))
    except CalscopeError:
        return False


@remembered(JOBS_FRESH_S)
def _holds_results(path: Path) -> bool:
    return is_results(path) or is_run_folder(path) or is_bundle(path)


def open_results(text: str) -> str:
    """Open results that were made elsewhere, read-only, as the project; give the number that finds them again.

    Raises
    ------
    CalscopeError
        When they may not or can't be opened, or the store can't be written.
    NotAllowedError
        When this server takes nothing in.
    """
    require(Right.IMPORT)
    place = checked_results(text)
    if is_bundle(place):
        runs, opened = import_bundle(place, store()), str(place)
    elif is_run_folder(place):
        runs, opened = import_run_folder(place, store()), str(place)
    else:
        runs = (import_results(place, store()),)
        opened = runs[0].info.path if runs[0].info else text
    job_id = manager().keep_import(*runs, data=opened)
    _note_change(job_id)
    open_project(opened)
    st.session_state[keys.RUN] = job_id
    return job_id


def open_project(text: str) -> Project:
    """Open a folder as the project, and remember it; errors as `checked` and `find_recordings`."""
    found = _opened(text)
    folder = str(found.root)
    st.session_state.pop(keys.RUN, None)
    if st.session_state.get(keys.PROJECT) != folder:
        for key in (keys.RUN, keys.ANIMAL, keys.SHOWS_ALL, keys.COMPONENT, keys.COMPARED_A, keys.COMPARED_B):
            st.session_state.pop(key, None)
    st.session_state[keys.PROJECT] = folder
    if not _holds_results(found.root):
        _remember(folder)
    return found


def recent() -> list[str]:
    """Give the folders opened lately that may still be opened, newest first."""
    return [folder for folder in _remembered() if _may_open(folder)]


def _remembered() -> list[str]:
    found = read_json(store().root / "recent.json")
    return [str(item) for item in found] if isinstance(found, list) else []


def _remember(folder: str) -> None:
    if not allowed(Right.KEEP):
        return
    newest = [folder, *(other for other in _remembered() if other != folder)][:N_RECENT]
    try:
        store().root.mkdir(parents=True, exist_ok=True)
        write_text_whole(store().root / "recent.json", json.dumps(newest))
    except OSError:
        return  # a store that can't be written is told where it matters, at the first run


def _may_open(folder: str) -> bool:
    try:
        checked(folder)
    except CalscopeError:
        return False
    return True
