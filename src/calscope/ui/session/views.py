"""The view of a page that a link names, such as a tab or a choice over the traces."""

from collections.abc import Sequence

import streamlit as st

from calscope.ui.frame import keys


def begin(key: str, options: Sequence[str]) -> None:
    """Show the view that a link asked for, once; called right before the widget with that key is drawn.

    Parameters
    ----------
    options
        Of the widget, its first one when nothing was chosen.
    """
    wanted = st.session_state.pop(keys.VIEW_ASKED, None)
    if wanted in options:
        st.session_state[key] = wanted
    st.session_state[keys.VIEW_OF] = key, options[0]


def ask(name: str) -> None:
    """Have the page that is drawn next begin with a view; a name that it does not have is as none."""
    st.session_state[keys.VIEW_ASKED] = name


def now() -> str:
    """Give the view of the page that is shown; empty where it is the first, or the page has none."""
    key, first = st.session_state.get(keys.VIEW_OF) or ("", "")
    found = st.session_state.get(key) if key else None
    return found if isinstance(found, str) and found != first else ""


def forget() -> None:
    """Know of no view, before a page is drawn."""
    st.session_state.pop(keys.VIEW_OF, None)
