"""What is opened or computed once and used by every page; always found by keys, never by hashing arrays."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from calscope.io.load_report import make_report
from calscope.io.readers.reader_registry import Recording, open_recording
from calscope.model.errors import CalscopeError
from calscope.model.fields import StageName
from calscope.model.recording import LoadReport, RecordingInfo
from calscope.model.results import Components
from calscope.pipeline.animal_results import AnimalResults
from calscope.plots.contours import Outline, outlines
from calscope.ui.session import places
from calscope.ui.session.lately import remembered

UNCHANGED_FOR_S = 2.0
"""A recording's files are looked at again after so long. What is read of one while they change is never kept."""


def results(keys_by_stage: Mapping[StageName, str]) -> AnimalResults:
    """Give the results of these keys; what was used last stays open from one rerun to the next."""
    return _results(str(places.store().root), tuple(sorted(keys_by_stage.items())))


@remembered()
def _results(root: str, pairs: tuple[tuple[StageName, str], ...]) -> AnimalResults:
    return AnimalResults(places.store(), dict(pairs))


def recording(path: str, n_frames: int | None = None) -> Recording:
    """Open a recording, or its first frames; frames are read when they are asked for.

    It stays open from one rerun to the next, as long as its files are the same.
    """
    opened = _recording(path, n_frames)
    if _is_unchanged(path, n_frames, opened.info.fingerprint, opened):
        return opened
    _recording.clear(path, n_frames)
    return _recording(path, n_frames)


@st.cache_resource(max_entries=24, ttl=600, show_spinner="Opening the recording")
def _recording(path: str, n_frames: int | None) -> Recording:
    return open_recording(Path(path), n_frames)


@remembered(UNCHANGED_FOR_S)
def _is_unchanged(path: str, n_frames: int | None, fingerprint: str, _opened: Recording) -> bool:
    return _opened.is_unchanged()


def info_or_none(path: str, n_frames: int | None = None) -> RecordingInfo | None:
    """Give what the files of a recording say; None where it can't be opened, which the page Data tells."""
    try:
        return recording(path, n_frames).info
    except CalscopeError:
        return None


def report(path: str, n_frames: int | None = None) -> LoadReport:
    """Give the load report of a recording, or of its first frames."""
    opened = recording(path, n_frames)
    return _report(opened.info, opened)


@st.cache_data(max_entries=64, ttl=600, show_spinner="Looking at the frames")
def _report(info: RecordingInfo, _opened: Recording) -> LoadReport:
    found = make_report(_opened)
    _opened.check_unchanged()
    return found


@st.cache_data(max_entries=64, max_size="64MB", show_spinner=False)
def contour_lines(key: str, _components: Components) -> tuple[Outline, ...]:
    """Give the outlines of the footprints stored under `key`."""
    return outlines(_components.A, _components.dims)
