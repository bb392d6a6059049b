"""One button for all that can be run, with what it will do in one line."""

from typing import Literal

import streamlit as st

from calscope.io.server_rights import Right, allowed
from calscope.ui.frame import keys, messages
from calscope.ui.frame.act_button import act_button
from calscope.ui.session import animal_states, launch, run_plan


def show(width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw the button and its line, under or beside each other as they are put."""
    act_button(
        Right.RUN,
        "Run everything",
        icon=":material/play_arrow:",
        key=keys.RUN_EVERYTHING,
        on_click=launch.request,
        args=("evaluation",),
        disabled=animal_states.is_going_on(),
        width=width,
    )
    if allowed(Right.RUN):
        told = run_plan.of_everything()
        st.caption(as_caption(told), width="stretch", help=messages.plain(told.in_full) or None)


def carry_out() -> None:
    """Submit the run where the button was pressed; called outside of the sidebar, in which no refusal can be told."""
    launch.carry_out("evaluation")


def as_caption(told: run_plan.Told, instead: str = "") -> str:
    """Give the line that stands at a run button: what there is no room for, else what the run would do."""
    if told.lacking:
        return f":orange[:material/warning: {messages.plain(told.lacking)}]"
    return messages.plain(told.line or instead)
