"""Who comes in by a login of the lab's own (OIDC, Streamlit's `[auth]` in secrets.toml), where one is set up.

Pages then ask for it first, and who judges is who is logged in: no other name can be given.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from calscope.model.curation.curation_entry import MOST_NAME
from calscope.model.remark import one_line
from calscope.ui.frame import keys, messages

_NAMES = ("email", "preferred_username", "name", "sub")
"""Claims that name a person, the one that the provider alone gives out first."""
_NEXT = "It needs `pip install 'streamlit[auth]'`, and what [auth] in secrets.toml says."


def user() -> Mapping[str, Any]:
    """Give what is known of who comes, empty where no login is set up."""
    return st.user


def is_set_up() -> bool:
    """Tell whether a login is asked for."""
    return "is_logged_in" in user()


def name() -> str:
    """Give the name of who is logged in; empty where nobody is, or no login is set up."""
    if not user().get("is_logged_in"):
        return ""
    said = (one_line(str(user().get(claim) or "")) for claim in _NAMES)
    return next((text[:MOST_NAME] for text in said if text), "")


def is_missing() -> bool:
    """Tell whether who comes has to log in first; a login without a name is none."""
    return is_set_up() and not name()


def ask() -> None:
    """Draw what asks for the login in place of the page."""
    st.title("Calscope", anchor=False)
    st.markdown("Log in to look at the recordings and results of this server.")
    for number, provider in enumerate(_providers()):
        label = f"Log in with {provider}" if provider else "Log in"
        st.button(label, icon=":material/login:", key=keys.login_button(number), on_click=_log_in, args=(provider,))


def show_leaving() -> None:
    """Say who is logged in, with the way out."""
    if name():
        st.caption(f":material/person: {messages.plain(name())}")
        st.button("Log out", type="tertiary", icon=":material/logout:", key=keys.LOG_OUT, on_click=st.logout)


def _providers() -> list[str]:
    """Give the names of the providers that secrets.toml has under `[auth]`; one without a name where that has its id.

    `client_kwargs` there is no provider but what Streamlit sends along to it.
    """
    section = st.secrets.get("auth", {})
    named = [name for name, said in section.items() if isinstance(said, Mapping) and name != "client_kwargs"]
    return ["", *named] if "client_id" in section or not named else named


def _log_in(provider: str) -> None:
    try:
        st.login(provider or None)
    except StreamlitAPIException as error:
        st.error(messages.plain(f"The login can't be begun. {_NEXT} {error}"), icon=":material/error:")
