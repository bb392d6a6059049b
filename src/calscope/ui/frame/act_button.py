"""Buttons that start, keep or remove something: where this server may not, they say why instead."""

from typing import Any

import streamlit as st

from calscope.io.server_rights import Right, allowed, server_rights


def act_button(right: Right, label: str, *, disabled: bool = False, help: str | None = None, **more: Any) -> bool:  # noqa: A002 - as Streamlit has it
    """Draw a button as `st.button` does, which can be pressed only where this server has the right."""
    why = why_not(right)
    return st.button(label, disabled=disabled or bool(why), help=why or help, **more)


def keep_button(label: str, *, right: Right = Right.KEEP, **more: Any) -> bool:
    """Draw the button of a form in the same way."""
    why = why_not(right)
    return st.form_submit_button(label, disabled=bool(why), help=why or None, **more)


def why_not(right: Right) -> str:
    """Say why something can't be done here; empty where it can."""
    return server_rights().why_not(right)


def say_what_lacks() -> None:
    """Say once, where every page has it, that this server only shows."""
    if allowed(Right.RUN):
        return
    judging = "Components can be judged by name. " if allowed(Right.JUDGE) else ""
    st.badge("Read-only server", icon=":material/lock:", color="gray")
    st.caption(f"Everything can be looked at. {judging}Nothing else is started, changed or deleted.")
