"""The button that starts what was chosen below it, and what that takes or why it can't start."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from calscope.io.server_rights import Right
from calscope.ui.frame import messages
from calscope.ui.frame.act_button import act_button

_SAID_PX = 68
"""Three lines, so that what is said moves nothing."""


def show(
    place: DeltaGenerator, label: str, icon: str, key: str, *, told: str, problem: str, start: Callable[[], Any]
) -> None:
    """Draw the button with `told` under it; it can't be pressed where there is a `problem`, which is said instead."""
    with place:
        act_button(
            Right.RUN,
            label,
            type="primary",
            icon=icon,
            width="stretch",
            key=key,
            disabled=bool(problem),
            on_click=start,
        )
        with st.container(height=_SAID_PX, border=False):
            st.caption(f":orange[:material/error:] {messages.plain(problem)}" if problem else told)
