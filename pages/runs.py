"""Runs: current and finished runs, and the result store."""

import streamlit as st

from calscope.ui.frame import messages, page_head, shell
from calscope.ui.runs import runs_view, store_view
from calscope.ui.session import places

HOW_TO_READ = (
    "Each run is a process of its own: it goes on when the browser is closed and when the server is restarted, and one "
    "runs at a time while others wait. Click a row for details."
)


def render() -> None:
    """Draw the page."""
    page_head.show("Runs", HOW_TO_READ, with_animals=False)
    jobs = places.jobs()
    if jobs:
        runs_view.show(runs_view.choose(jobs))
    else:
        messages.nothing_yet(
            "Nothing has run yet",
            "Open a folder or the demo on Home, then press a run button on one of the next pages.",
        )
    st.subheader("The result store", anchor=False)
    store_view.show()


shell.page(render)
