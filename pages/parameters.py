"""Parameters: the reference made from the model, and parameter files."""

import streamlit as st

from calscope.ui.frame import keys, messages, page_head, shell
from calscope.ui.parameters import parameter_files, parameter_reference, presets_panel, proposal
from calscope.ui.session import places
from calscope.ui.widgets import imported_words

HOW_TO_READ = (
    "Every parameter with its unit, allowed values and meaning, under CaImAn's names. Two names are easily confused: "
    "*strides* of motion correction is the **step** from patch to patch, *stride* of CNMF is the **overlap** of "
    "patches."
)


def render() -> None:
    """Draw the page."""
    page_head.show("Parameters", HOW_TO_READ, with_animals=False)
    if places.shows_import():
        imported_words.say("parameters")
    changed = parameter_files.changed_now()
    st.markdown(
        f"Now in the sidebar, different from the defaults: **{messages.plain('; '.join(changed))}**."
        if changed
        else "All parameters in the sidebar are at their defaults."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        parameter_files.show_download()
        presets_panel.show()
    with right:
        parameter_files.show_upload()
    proposal.show()
    wanted = st.text_input("Search", placeholder="a name, a word, a CaImAn path", key=keys.SEARCH_PARAMETERS)
    parameter_reference.show(wanted)


shell.page(render)
