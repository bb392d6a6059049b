"""Parameters as files: download in our form and in CaImAn's, upload of either."""

import json

import streamlit as st

from calscope.io.server_rights import Right
from calscope.model.caiman_params import to_caiman
from calscope.model.errors import CalscopeError, ParameterError
from calscope.model.parameter_file import ParameterFile, read_parameter_file, write_parameter_file
from calscope.model.quantities import size
from calscope.ui.frame import keys, messages
from calscope.ui.frame.act_button import why_not
from calscope.ui.parameters import proposal
from calscope.ui.session import own_values
from calscope.ui.widgets import parameter_form

MAX_UPLOAD_MB = 1
MOST_SENTENCES = 4


def show_download() -> None:
    """Offer what is set in both forms; where it is not allowed, say why."""
    try:
        params = parameter_form.parameters()
    except CalscopeError as error:
        messages.show_error(error)
        return
    own = own_values.by_animal()
    with st.container(horizontal=True):
        st.download_button(
            "Download as JSON",
            write_parameter_file(parameter_form.values(), own),
            file_name="calscope_parameters.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Download in CaImAn's form",
            json.dumps(to_caiman(params), indent=1),
            file_name="caiman_params.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
    if own:
        st.caption(messages.plain(f"CaImAn's form has no place for what {', '.join(own)} has of its own."))


def show_upload() -> None:
    """Read a parameter file of either form, so that its changes are shown, or say what is wrong with it."""
    st.file_uploader(
        f"Upload a parameter file (JSON, Calscope's or CaImAn's, at most {MAX_UPLOAD_MB} MB)",
        type=["json"],
        key=keys.UPLOAD,
        on_change=_read_upload,
        max_upload_size=MAX_UPLOAD_MB,
        disabled=bool(off := why_not(Right.KEEP)),
        help=off or "What it would change is listed first.",
    )
    if why := st.session_state.get(keys.UPLOAD_REFUSED):
        st.error(messages.plain(why), icon=":material/error:")


def _read_upload() -> None:
    file = st.session_state.get(keys.UPLOAD)
    st.session_state.pop(keys.UPLOAD_REFUSED, None)
    if file is None:
        return
    try:
        if file.size > MAX_UPLOAD_MB * 1_000_000:
            raise ParameterError(
                f"It has {size(file.size)}, and a parameter file has {MAX_UPLOAD_MB} MB at most. Upload the JSON file "
                "that holds the parameters alone."
            )
        proposal.propose(file.name, read(file.getvalue()))
    except CalscopeError as error:
        proposal.drop()
        st.session_state[keys.UPLOAD_REFUSED] = f"{file.name} was not loaded; nothing is changed.\n{_shortened(error)}"


def _shortened(error: CalscopeError) -> str:
    """Give the first sentences of an error that names many values."""
    lines = str(error).splitlines()
    more = [f"{len(lines) - MOST_SENTENCES} more don't fit."] if len(lines) > MOST_SENTENCES else []
    return "\n".join([*lines[:MOST_SENTENCES], *more])


def read(content: bytes) -> ParameterFile:
    """Read a file's content; what it says of names that are unknown here is left out with a note.

    Raises
    ------
    ParameterError
        When it is no text, no JSON, holds no parameter, or one of them is not allowed.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ParameterError("It is not a text file. Upload JSON, as the buttons above give it.") from None
    return read_parameter_file(text, leaves_out_unknown=True)


def changed_now() -> list[str]:
    """Give the sidebar's parameters that differ from the defaults, in words; none where they are not allowed."""
    try:
        return parameter_form.changed_words(parameter_form.parameters())
    except CalscopeError:
        return []
