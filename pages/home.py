"""Home: what this is, a folder or the demo to open, and the engines."""

import streamlit as st

from calscope.ui.frame import messages, shell
from calscope.ui.home import engine_panel, picker


def render() -> None:
    """Draw the page."""
    st.title("Calscope", anchor=False)
    st.markdown(
        "A workbench for two-photon calcium imaging: motion correction with NoRMCorre, extraction with CNMF, and an "
        "evaluation of every component, with the reason for each decision. Parameters are tuned against pictures of "
        "your own data, and stored results are used again."
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("Try the demo", anchor=False)
        st.markdown(
            "Simulated recordings with known motion and known cells, made on this machine. The quick one takes "
            "seconds, the full one about a minute."
        )
        picker.show_demo()
        st.subheader("Open results of CaImAn or suite2p", anchor=False)
        st.markdown("They open read-only on Extraction, Evaluation and Traces. Nothing is run again.")
        picker.show_results()
    with right, st.container(border=True, height="stretch"):
        st.subheader("Open your recordings", anchor=False)
        st.markdown(
            "A folder with one folder or one TIFF per animal: single frames that are numbered, or stacks. The files "
            "are only read; results are kept in a store of their own."
        )
        picker.show_typed()
        with st.expander("Browse", icon=":material/folder:"):
            messages.guarded(picker.show_folders)
        picker.show_recent()
    st.subheader("Engines", anchor=False)
    engine_panel.show()


shell.page(render)
