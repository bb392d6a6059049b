"""What the page Data says of the recordings of a folder as a whole: the table, and what can't be read."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from calscope.io.project import Project
from calscope.model.errors import CalscopeError
from calscope.model.recording import LoadReport
from calscope.ui import cached, messages, wording

Looked = Mapping[str, LoadReport | CalscopeError]
"""By the name of the animal: its load report, or why there is none."""


def look(project: Project) -> Looked:
    """Look at the frames of every recording; what can't be read has the error in the place of its report."""
    return {ref.name: _look(str(ref.path)) for ref in project.recordings}


def _look(path: str) -> LoadReport | CalscopeError:
    try:
        return cached.report(path)
    except CalscopeError as error:
        return error


def readable(looked: Looked) -> list[str]:
    """Give the names of the animals whose frames can be read."""
    return [name for name, found in looked.items() if isinstance(found, LoadReport)]


def show(looked: Looked) -> None:
    """Draw the table, and under it in full why a recording can't be read."""
    st.dataframe(table(looked), hide_index=True, placeholder="")
    for name, found in looked.items():
        if isinstance(found, CalscopeError):
            st.error(f"**{messages.plain(name)}**: {messages.plain(str(found))}", icon=":material/error:")


def table(looked: Looked) -> pd.DataFrame:
    """One row an animal: how many warnings there are, and what its files say."""
    return pd.DataFrame([{"Animal": name, **_cells(found)} for name, found in looked.items()])


def _cells(found: LoadReport | CalscopeError) -> dict[str, object]:
    if isinstance(found, CalscopeError):
        return {"Warnings": "can't be read"}
    info = found.info
    frames, rows, columns = info.shape
    return {
        "Warnings": wording.count(len(found.warnings), "warning") if found.warnings else "none",
        "Frames": frames,
        "Size (px)": f"{rows} × {columns}",
        "Type": info.dtype,
        "Files": info.n_files,
        "Rate (Hz)": f"{info.fr_hz:.4g}" if info.fr_hz else wording.UNKNOWN,
        "Pixel (µm)": f"{info.dxy_um[0]:.3g} × {info.dxy_um[1]:.3g}" if info.dxy_um else wording.UNKNOWN,
        "Rate from": info.fr_source,
        "Pixel size from": info.dxy_source,
    }
