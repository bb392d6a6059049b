"""Parameters that were not used as they were asked for, each with the reason."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd
import streamlit as st

from calscope.model.fields import StageName
from calscope.model.note_texts.all_texts import text
from calscope.model.notes import Note
from calscope.model.params import fields
from calscope.pipeline.import_results import ENGINE
from calscope.pipeline.records import AnimalRun
from calscope.ui.frame import messages, wording
from calscope.ui.frame.keys import on_page
from calscope.ui.widgets import parameter_form

Page = Literal["motion", "extraction"]
_STAGES: Mapping[Page, frozenset[StageName]] = MappingProxyType(
    {"motion": frozenset({"estimate"}), "extraction": frozenset({"fit", "refit"})}
)
_WHOSE: Mapping[Page, str] = MappingProxyType({"motion": "motion correction", "extraction": "the fits"})


def differences(record: AnimalRun, page: Page) -> pd.DataFrame:
    """One row a parameter of a page's stages whose requested and effective values differ."""
    rows = []
    for field in fields():
        group, name = field.group, field.name
        known = name in record.effective.get(group, {}) and name in record.requested.get(group, {})
        if not known or not _STAGES[page] & set(field.spec.stages):
            continue
        asked, used = record.requested[group][name], record.effective[group][name]
        if not _same(asked, used):
            rows.append(
                {
                    "Parameter": f"{field.spec.label} ({name})",
                    "Requested": parameter_form.words(asked, field.spec),
                    "Used": parameter_form.words(used, field.spec),
                    "Why": text(record.reasons.get(field.dotted) or _usual_reason(field.dotted, asked, record.engine)),
                }
            )
    return pd.DataFrame(rows, columns=["Parameter", "Requested", "Used", "Why"])


def _same(one: Any, other: Any) -> bool:
    """Equal, where JSON has made lists of pairs."""
    return (list(one) if isinstance(one, tuple) else one) == (list(other) if isinstance(other, tuple) else other)


def _usual_reason(dotted: str, asked: object, engine: str) -> Note:
    """Give a reason for runs whose record holds none."""
    if asked is None and dotted == "cnmf.gSiz":
        return Note("gSiz_left_open")
    if asked is None and dotted.startswith("dataset."):
        return Note("read_from_recording", {"source": "source unknown"})
    return Note("reported_by_engine", {"engine": engine})


def show(name: str, record: AnimalRun | None, page: Page) -> None:
    """Show the table, or one line where everything was used as asked for."""
    if record is None or not record.effective or record.engine == ENGINE:
        return
    rows = differences(record, page)
    if rows.empty:
        st.caption(f":material/check: All parameters of {_WHOSE[page]} were used as requested.")
        return
    words = f"{wording.count(len(rows), 'parameter')} of {_WHOSE[page]} not used as requested, and why"
    with st.expander(words, key=on_page(page, f"requested {name}"), icon=":material/tune:"):
        st.table(rows.set_index("Parameter").map(messages.plain))
