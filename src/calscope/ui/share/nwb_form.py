"""What a person says for NWB of the animals of a project: asked once, kept with the folder, never made up."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from calscope.io.stated_metadata import stated_of
from calscope.model.errors import CalscopeError
from calscope.model.nwb.form_fields import FormField, form_fields
from calscope.model.nwb.nwb_metadata import NwbMetadata
from calscope.model.nwb.project_metadata import ProjectNwbMetadata
from calscope.pipeline.by_hand.kept_nwb_metadata import keep_nwb_metadata, nwb_metadata_of
from calscope.ui.frame import keys, messages, wording
from calscope.ui.frame.act_button import keep_button
from calscope.ui.session import places
from calscope.ui.session.shown_run import ShownRun

ALL = ""
"""Stands for all animals in the choice of whom is spoken of."""
_TABS = {"NWBFile": "Session", "Subject": "Animal", "Ophys": "Microscope and plane"}
_IN_A_ROW = 3
_EXPLAINED = (
    "What stays empty is written as unknown, never made up. What a recording's files state fills what is empty. Kept "
    "with the folder, for every later NWB file; single animals may have their own."
)


def show(run: ShownRun) -> None:
    """Draw the form in a box that is closed at first."""
    said = nwb_metadata_of(places.store().root, run.job.spec.data)
    n_said = len(said.common.known())
    label = (
        f"Session, animal and microscope for NWB: {wording.count(n_said, 'value') if n_said else 'nothing said yet'}"
    )
    with st.expander(label, icon=":material/badge:"):
        st.caption(_EXPLAINED)
        names = [ALL, *run.job.results]
        who = st.selectbox(
            "Of",
            names,
            format_func=lambda name: name or "all animals",
            key=keys.nwb_whom(run.id),
            width=280,
            help="Values of one animal stand in place of those of all.",
        )
        _show_form(run, said, str(who))
        if why := st.session_state.get(keys.NWB_REFUSED):
            st.error(messages.plain(why), icon=":material/error:")


def _show_form(run: ShownRun, said: ProjectNwbMetadata, who: str) -> None:
    known = (said.common if who == ALL else dict(said.animals).get(who, NwbMetadata())).known()
    instead = {} if who == ALL else _instead(run, said, who)
    with st.form(keys.nwb_form(run.job.spec.data, who), border=False):
        for tab, start in zip(st.tabs(list(_TABS.values())), _TABS, strict=True):
            with tab:
                _show_fields(
                    [one for one in form_fields() if one.name.startswith(f"{start}.")], run, who, known, instead
                )
        keep_button("Keep", icon=":material/save:", on_click=_keep, args=(run, said, who))


def _instead(run: ShownRun, said: ProjectNwbMetadata, who: str) -> dict[str, str]:
    """Give what holds for one animal where nothing is said of it alone, in words."""
    record = run.job.results[who]
    stated = stated_of({"path": record.info.path}).metadata.known() if record.info else {}
    found = {name: f"as all: {_text(value)}" for name, value in said.common.known().items()}
    return {name: f"from the file: {_text(value)}" for name, value in stated.items()} | found


def _show_fields(
    shown: list[FormField], run: ShownRun, who: str, known: Mapping[str, Any], instead: Mapping[str, str]
) -> None:
    for first in range(0, len(shown), _IN_A_ROW):
        for field, place in zip(shown[first : first + _IN_A_ROW], st.columns(_IN_A_ROW), strict=False):
            with place:
                _show_field(field, keys.nwb_field(run.job.spec.data, who, field.name), known, instead)


def _show_field(field: FormField, key: str, known: Mapping[str, Any], instead: Mapping[str, str]) -> None:
    value, hint = known.get(field.name), instead.get(field.name) or f"unknown, e.g. {_text(field.example)}"
    if field.kind == "choice":
        index = list(field.choices).index(value) if value in field.choices else None
        st.selectbox(field.title, field.choices, index=index, placeholder=hint, key=key, help=field.help)
    elif field.kind == "number":
        st.number_input(field.title, value=value, placeholder=hint, key=key, help=field.help, format="%g")
    else:
        told = field.help + (" Several are parted by semicolons." if field.kind == "texts" else "")
        st.text_input(field.title, value=_text(value), placeholder=hint, key=key, help=told)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def _keep(run: ShownRun, said: ProjectNwbMetadata, who: str) -> None:
    """Keep what stands in the form, or say which value can't be one: then nothing of it is kept."""
    st.session_state[keys.NWB_REFUSED] = ""
    data = run.job.spec.data
    values = {
        field.name: _given(field, st.session_state.get(keys.nwb_field(data, who, field.name)))
        for field in form_fields()
    }
    try:
        metadata = NwbMetadata.from_form(values)
        own = {name: one for name, one in said.animals if name != who} | ({} if who == ALL else {who: metadata})
        now = ProjectNwbMetadata(metadata if who == ALL else said.common, tuple(own.items()))
        keep_nwb_metadata(places.store().root, data, now)
    except CalscopeError as error:
        st.session_state[keys.NWB_REFUSED] = str(error)


def _given(field: FormField, value: Any) -> Any:
    if field.kind == "texts" and isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return value
