"""Parameters that were not used as they were asked for, each with the reason."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import pandas as pd
import streamlit as st

from calscope.model.fields import ParameterField, StageName
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


class _Difference(NamedTuple):
    field: ParameterField
    asked: Any
    used: Any

    @property
    def is_requested(self) -> bool:
        """Whether a person set the value: one that was left open, or at its default, was not requested."""
        return self.asked is not None and not _same(self.asked, self.field.default)

    def used_words(self) -> str:
        return parameter_form.words(self.used, self.field.spec)


def differences(record: AnimalRun, page: Page) -> pd.DataFrame:
    """One row a parameter of a page's stages that a person set and that was used otherwise."""
    rows = [
        {
            "Parameter": f"{one.field.spec.label} ({one.field.name})",
            "Requested": parameter_form.words(one.asked, one.field.spec),
            "Used": one.used_words(),
            "Why": text(record.reasons.get(one.field.dotted) or Note("reported_by_engine", {"engine": record.engine})),
        }
        for one in _differing(record, page)
        if one.is_requested
    ]
    return pd.DataFrame(rows, columns=["Parameter", "Requested", "Used", "Why"])


def filled_in(record: AnimalRun, page: Page) -> str:
    """Say what was used for values that were left open or at their defaults, where it is something else."""
    return ", ".join(f"{one.field.name} {one.used_words()}" for one in _differing(record, page) if not one.is_requested)


def _differing(record: AnimalRun, page: Page) -> Iterator[_Difference]:
    """Give the parameters of a page's stages whose requested and effective values differ."""
    for field in fields():
        asked, used = record.requested.get(field.group, {}), record.effective.get(field.group, {})
        known = field.name in asked and field.name in used and _STAGES[page] & set(field.spec.stages)
        if known and not _same(asked[field.name], used[field.name]):
            yield _Difference(field, asked[field.name], used[field.name])


def _same(one: Any, other: Any) -> bool:
    """Equal, where JSON has made lists of pairs."""
    return (list(one) if isinstance(one, tuple) else one) == (list(other) if isinstance(other, tuple) else other)


def show(name: str, record: AnimalRun | None, page: Page) -> None:
    """Show the table, or one line where everything was used as asked for."""
    if record is None or not record.effective or record.engine == ENGINE:
        return
    rows, filled = differences(record, page), filled_in(record, page)
    if rows.empty:
        told = f" Set for this recording: {messages.plain(filled)}." if filled else ""
        st.caption(f":material/check: All parameters of {_WHOSE[page]} were used as requested.{told}")
        return
    words = f"{wording.count(len(rows), 'parameter')} of {_WHOSE[page]} not used as requested, and why"
    with st.expander(words, key=on_page(page, f"requested {name}"), icon=":material/tune:"):
        st.table(rows.set_index("Parameter").map(messages.plain))
        if filled:
            st.caption(f"Set for this recording: {messages.plain(filled)}.")
