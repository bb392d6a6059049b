"""Has the kernels compiled in the background once the server has its first visitor."""

import subprocess

import streamlit as st
from streamlit.runtime import Runtime

from calscope.jobs import compile_kernels
from calscope.ui.session import places


def once() -> None:
    """Start the process that compiles, once in the life of a server; tests of pages have no server."""
    if Runtime.exists() and type(Runtime.instance()) is Runtime:
        _started()


@st.cache_resource(show_spinner=False)
def _started() -> "subprocess.Popen[bytes] | None":
    """Hold the process for as long as the server lives: it ends when nobody holds its standard input."""
    return compile_kernels.start(places.store().root)
