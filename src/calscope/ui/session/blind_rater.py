"""Who judges blind in this session: pages show and count nothing that anybody else said of components.

The browser knows it, and tells it with its first request in a cookie, so that not even the first drawing of a page
after a reload shows what others decided; what it tells later comes from the page itself.
"""

from typing import Any
from urllib.parse import unquote

import streamlit as st

from calscope.model.curation.curation_entry import MOST_NAME
from calscope.model.remark import one_line
from calscope.ui.frame import keys, login

COOKIE = "calscope_blind"


def name() -> str:
    """Give the name of who judges blind; empty where everything is in sight."""
    if keys.BLIND_RATER not in st.session_state:
        st.session_state[keys.BLIND_RATER] = _own(unquote(st.context.cookies.get(COOKIE, "")))
    return str(st.session_state[keys.BLIND_RATER])


def take(told: Any) -> None:
    """Take from the browser who judges blind, empty for nobody; the whole page is to be drawn again."""
    wanted = told.get("blind") if isinstance(told, dict) else None
    if isinstance(wanted, str) and _own(wanted) != name():
        st.session_state[keys.BLIND_RATER] = _own(wanted)
        st.session_state[keys.RATER_CHANGED] = True


def draw_again() -> None:
    """Draw the whole page where who judges has changed, as all of it counts what was decided."""
    if st.session_state.pop(keys.RATER_CHANGED, False):
        st.rerun(scope="app")


def _own(text: str) -> str:
    """Give the name that a browser tells, or that of who is logged in, who judges under no other."""
    told = one_line(text)[:MOST_NAME]
    return (login.name() or told) if told else ""
