"""Home: what this is, a folder or the demo to open, and which engines can compute here."""

import streamlit as st

from calscope.engines.registry import ENGINES
from calscope.ui import messages, picker, shell, sidebar


def show_engines() -> None:
    """Say of every engine whether it can run here, and if not, why and what to do."""
    st.subheader("What computes", anchor=False)
    for place, (name, engine) in zip(st.columns(len(ENGINES)), ENGINES.items(), strict=True):
        state = engine.availability()
        with place, st.container(border=True, height="stretch"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{sidebar.ENGINE_TITLES.get(name, name)}**", width="content")
                st.badge("ready" if state.ok else "not here", color="green" if state.ok else "gray")
            if state.ok:
                st.caption(f"Version {messages.plain(state.version)}.")
            else:
                st.caption(f"{state.why_not} {state.next_step}")


def render() -> None:
    """Draw the page."""
    st.title("Calscope", anchor=False)
    st.markdown(
        "A workbench for two-photon calcium imaging. It takes the recordings of your animals from raw frames to cells "
        "that you can trust: motion correction with NoRMCorre, extraction with CNMF, and a judgement of every "
        "component with its reason. Every parameter is tuned against pictures, and nothing is computed twice."
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.subheader("Try the demo", anchor=False)
        st.markdown(
            "Simulated recordings with known motion and known cells, made on this machine. The quick one takes "
            "seconds, the full one about a minute."
        )
        picker.show_demo()
    with right, st.container(border=True, height="stretch"):
        st.subheader("Open your recordings", anchor=False)
        st.markdown(
            "A folder with one folder or one TIFF per animal: single frames that are numbered, or stacks. The files "
            "are only read; results are kept elsewhere."
        )
        picker.show_typed()
        with st.expander("Browse", icon=":material/folder:"):
            messages.guarded(picker.show_folders)
        picker.show_recent()
    show_engines()


shell.page(render)
