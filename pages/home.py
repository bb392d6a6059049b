"""Home: what is open and how to go on, a folder, the demo or results to open, and the engines."""

import streamlit as st

from calscope.ui.frame import keys, messages, shell
from calscope.ui.home import engine_panel, open_now, picker, upload_bundle


def render() -> None:
    """Draw the page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Calscope", anchor=False, width="content")
        st.caption(
            "Motion correction, CNMF and evaluation of two-photon recordings, tuned against pictures of your own data.",
            width="stretch",
        )
    open_now.show()
    with st.container(key=keys.beside("home")):
        recordings, demo, results = st.columns([4.2, 2.8, 3.4], gap="small")
    with recordings, st.container(border=True, height="stretch", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("##### Open your recordings", width="stretch")
            with st.popover("Browse", icon=":material/folder:", width="content"):
                messages.guarded(picker.show_folders)
        picker.show_typed()
        picker.show_recent()
    with demo, st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown("##### Try the demo")
        st.caption("Simulated: the truth is known.")
        picker.show_demo()
    with results, st.container(border=True, height="stretch", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("##### Results of others", width="stretch")
            upload_bundle.show()
        upload_bundle.open_what_came()
        st.caption("A bundle, or of CaImAn, suite2p, `calscope run`.")
        picker.show_results()
    with st.expander("Engines", icon=":material/settings:"):
        engine_panel.show()


shell.page(render)
