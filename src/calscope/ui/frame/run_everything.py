"""One button for all that can be run, with what it will do in one line."""

from typing import Literal

import streamlit as st

from calscope.ui.frame import keys, messages
from calscope.ui.session import animal_states, launch, run_plan


def show(width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw the button and its line, under or beside each other as they are put."""
    st.button(
        "Run everything",
        icon=":material/play_arrow:",
        key=keys.RUN_EVERYTHING,
        on_click=launch.request,
        args=("evaluation",),
        disabled=animal_states.is_going_on(),
        width=width,
    )
    st.caption(messages.plain(run_plan.words_for_everything()), width="stretch")
    launch.carry_out("evaluation")
