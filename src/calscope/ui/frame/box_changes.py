"""What a person changed in a box whose key holds what it stands on, so that another value makes another box of it."""

from collections.abc import Callable
from typing import Any

import streamlit as st


def pass_on(key: str, at: Any, take: Callable[[Any], None]) -> None:
    """Give `take` what was chosen in a box that stood on `at`; the `on_change` of every such box.

    A browser that has not yet heard that a box is gone may send its value again, which Streamlit takes for a change: it
    would undo what replaced the box.
    """
    chosen = st.session_state.get(key)
    if chosen != at:
        take(chosen)
