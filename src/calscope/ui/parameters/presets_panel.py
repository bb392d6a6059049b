"""Presets: parameters under a name of one's own, saved, chosen and removed."""

import json

import streamlit as st

from calscope.io.server_rights import Right
from calscope.model.errors import CalscopeError
from calscope.model.parameter_file import read_parameter_file
from calscope.pipeline.presets import MOST_CHARACTERS, Preset, Presets
from calscope.ui.frame import keys, messages
from calscope.ui.frame.act_button import act_button, keep_button
from calscope.ui.parameters import proposal
from calscope.ui.session import places
from calscope.ui.widgets import parameter_form


def show() -> None:
    """Draw what saves a preset, and what chooses or removes one."""
    found = _presets().all()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Presets",
            [one.name for one in found],
            index=None,
            placeholder="Choose a preset …" if found else "None is saved yet",
            key=keys.PRESET,
            on_change=_choose,
            disabled=not found,
            help="Values for all animals, saved for every folder of this store. What one would change is listed first.",
        )
        _show_saving()
        _show_removing(found)
    if why := st.session_state.pop(keys.PRESET_REFUSED, None):  # it is about the last press alone
        st.error(messages.plain(why), icon=":material/error:")


def _presets() -> Presets:
    return Presets(places.store().root)


def _show_saving() -> None:
    with st.popover("Save", icon=":material/save:", key=keys.PRESET_SAVING), st.form(keys.PRESET_FORM, border=False):
        st.text_input(
            "Save what is set for all animals as",
            max_chars=MOST_CHARACTERS,
            placeholder="GCaMP8 at 30 Hz",
            key=keys.PRESET_NAME,
        )
        keep_button("Save preset", on_click=_save)


def _show_removing(found: list[Preset]) -> None:
    with st.popover("Remove", icon=":material/delete:", disabled=not found, key=keys.PRESET_REMOVING):
        name = st.selectbox("Preset", [one.name for one in found], index=None, key=keys.PRESET_TO_REMOVE)
        act_button(
            Right.REMOVE,
            "Remove it permanently",
            key=keys.REMOVE_PRESET,
            disabled=name is None,
            on_click=_remove,
            args=(name,),
        )


def _choose() -> None:
    name = st.session_state.get(keys.PRESET)
    preset = next((one for one in _presets().all() if one.name == name), None)
    if preset is None:
        proposal.drop()
        return
    try:
        proposal.propose(preset.name, read_parameter_file(json.dumps(preset.groups), leaves_out_unknown=True))
    except CalscopeError as error:
        st.session_state[keys.PRESET_REFUSED] = f"The preset {preset.name} can't be used: {error}"


def _save() -> None:
    try:
        groups = parameter_form.parameters().to_dict()
        kept = _presets().save(str(st.session_state.get(keys.PRESET_NAME) or ""), groups)
    except CalscopeError as error:
        st.session_state[keys.PRESET_REFUSED] = str(error)
    else:
        st.session_state[keys.TAKEN] = f"Saved as the preset {kept}."


def _remove(name: str) -> None:
    try:
        _presets().remove(name)
    except CalscopeError as error:
        st.session_state[keys.PRESET_REFUSED] = str(error)
