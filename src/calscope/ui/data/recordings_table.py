"""What the page Data says of the recordings of a folder as a whole: the table, and what can't be read."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import pandas as pd
import streamlit as st

from calscope.io import load_report
from calscope.io.project import Project
from calscope.model.errors import CalscopeError
from calscope.model.note_texts.all_texts import texts
from calscope.model.recording import LoadReport, RecordingInfo
from calscope.ui.frame import keys, messages, wording
from calscope.ui.session import cached, remarks, selection
from calscope.ui.widgets import parameter_form

GIVEN = "given by hand"
ROW_PX = 28
SOURCES = ("Rate from", "Pixel size from")
"""Columns that have no room beside the others; of one animal, `recording_viewer` says the same in a line."""
IN_VIEW = 6
"""Rows of the table that are seen without scrolling, so that the pictures under it are in view."""
Looked = Mapping[str, LoadReport | CalscopeError]
"""By the name of the animal: its load report, or why there is none."""


def look(project: Project) -> Looked:
    """Look at every recording, or at its first frames; what can't be read has the error in place of its report."""
    n_frames = st.session_state.get(keys.FRAMES)
    return {ref.name: _look(str(ref.path), n_frames) for ref in project.recordings}


def _look(path: str, n_frames: int | None) -> LoadReport | CalscopeError:
    try:
        return cached.report(path, n_frames)
    except CalscopeError as error:
        return error


def readable(looked: Looked) -> list[str]:
    """Give the names of the animals whose frames can be read."""
    return [name for name, found in looked.items() if isinstance(found, LoadReport)]


def open_warnings(report: LoadReport) -> list[str]:
    """Give the warnings without those that are settled by what was given by hand."""
    return texts(load_report.open_warnings(report, with_given(report.info)))


def with_given(info: RecordingInfo) -> RecordingInfo:
    """Give what runs go by: what the files say, overruled by what was given by hand."""
    rate, pixel = parameter_form.value("dataset.fr"), parameter_form.value("dataset.dxy")
    info = replace(info, fr_hz=rate, fr_source=GIVEN) if rate else info
    return replace(info, dxy_um=pixel, dxy_source=GIVEN) if pixel else info


def show(looked: Looked) -> None:
    """Draw the table, and under it in full why a recording can't be read."""
    height: Literal["content"] | int = "content" if len(looked) <= IN_VIEW else ROW_PX * (IN_VIEW + 1)
    st.dataframe(
        table(looked),
        hide_index=True,
        placeholder="",
        row_height=ROW_PX,
        height=height,
        column_config=None if selection.shows_all() else dict.fromkeys(SOURCES),
    )
    for name, found in looked.items():
        if isinstance(found, CalscopeError):
            st.error(f"**{messages.plain(name)}**: {messages.plain(str(found))}", icon=":material/error:")


def table(looked: Looked) -> pd.DataFrame:
    """One row an animal: how many warnings there are, and what its files say."""
    said = remarks.all_of_project()
    rows = [{"Animal": name, **_cells(found), "Remark": said.get(name)} for name, found in looked.items()]
    return pd.DataFrame(rows).drop(columns=[] if said else ["Remark"])


def _cells(found: LoadReport | CalscopeError) -> dict[str, object]:
    if isinstance(found, CalscopeError):
        return {"Warnings": "can't be read"}
    info, warnings = with_given(found.info), open_warnings(found)
    frames, rows, columns = info.shape
    return {
        "Warnings": wording.count(len(warnings), "warning") if warnings else "none",
        "Frames": frames,
        "Size (px)": f"{rows} × {columns}",
        "Type": info.dtype,
        "Files": info.n_files,
        "Rate (Hz)": _said(f"{info.fr_hz:.4g}", info.fr_source) if info.fr_hz else wording.UNKNOWN,
        "Pixel (µm)": _said("{:.3g} × {:.3g}".format(*info.dxy_um), info.dxy_source)
        if info.dxy_um
        else wording.UNKNOWN,
        "Rate from": info.fr_source,
        "Pixel size from": info.dxy_source,
    }


def _said(value: str, source: str) -> str:
    return f"{value}, given" if source == GIVEN else value
