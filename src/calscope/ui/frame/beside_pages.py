"""What a server does beside drawing pages: it compiles the kernels once, and keeps a process ready for the next job."""

import subprocess

import streamlit as st
from streamlit.runtime import Runtime

from calscope.io.server_rights import Right, allowed
from calscope.jobs import compile_kernels
from calscope.ui.session import places


def keep_up() -> None:
    """See that both go on, whenever a page is drawn; tests of pages have no server, and start nothing.

    Nor does a server that only shows: it has no job to get ready for.
    """
    if not allowed(Right.RUN):
        return
    if Runtime.exists() and type(Runtime.instance()) is Runtime:
        _compiling()
        places.manager().workers.keep_ready()


@st.cache_resource(show_spinner=False)
def _compiling() -> "subprocess.Popen[bytes] | None":
    """Hold the process for as long as the server lives: it ends when nobody holds its standard input."""
    return compile_kernels.start(places.store().root)
