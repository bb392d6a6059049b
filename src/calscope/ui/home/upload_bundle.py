"""A bundle from the person's own machine, opened in the browser."""

import streamlit as st

from calscope.io.bundles.bundle_manifest import ENDING
from calscope.io.server_rights import Right
from calscope.jobs.bundles.uploaded_bundles import MOST_MB, keep_upload
from calscope.model.errors import CalscopeError
from calscope.ui.frame import keys, messages
from calscope.ui.frame.act_button import why_not
from calscope.ui.home import picker
from calscope.ui.session import places


def show() -> None:
    """Offer the upload in a box of its own; what came opens at once."""
    with st.popover("Upload", width="content"):
        st.file_uploader(
            f"A bundle (`{ENDING}`), {MOST_MB} MB at most",
            type=[ENDING.removeprefix(".")],
            key=keys.UPLOADED_BUNDLE,
            max_upload_size=MOST_MB,
            on_change=_keep,
            disabled=bool(why := why_not(Right.IMPORT)),
            help=why or None,
        )
        st.caption("A larger one, copied to the machine that runs Calscope, opens by its path.")


def open_what_came() -> None:
    """Open a bundle that was just uploaded, once, or say why it can't be."""
    if place := st.session_state.pop(keys.UPLOADED_PLACE, None):
        picker.open_results(str(place))
    if why := st.session_state.get(keys.BUNDLE_REFUSED):
        st.error(messages.plain(why), icon=":material/error:")


def _keep() -> None:
    file = st.session_state.get(keys.UPLOADED_BUNDLE)
    st.session_state.pop(keys.BUNDLE_REFUSED, None)
    if file is None:
        return
    try:
        place = keep_upload(places.store(), file, file.name, file.size)
        st.session_state[keys.UPLOADED_PLACE] = str(place)
    except CalscopeError as error:
        st.session_state[keys.BUNDLE_REFUSED] = str(error)
