"""What pages say to people: errors in words, empty states, and text that isn't ours, made harmless."""

import re
from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Literal

import streamlit as st

from calscope.model.errors import CalscopeError
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note

Colour = Literal["blue", "orange", "gray"]
"""Of badges: blue is fine, orange needs a look, gray says nothing."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$:!()+=.&-])")


def plain(text: str) -> str:
    """Give text that Markdown shows as it stands: names of folders and files are people's own."""
    return _MARKDOWN.sub(r"\\\1", text).replace("\n", "\n\n")


def show_error(error: CalscopeError) -> None:
    """Show what went wrong and what to do about it."""
    st.error(plain(str(error)), icon=":material/error:")


def guarded(render: Callable[[], None]) -> None:
    """Draw something; an error that a person can act on is shown in words in its place."""
    try:
        render()
    except CalscopeError as error:
        show_error(error)


def fragment(render: Callable[..., None], run_every: float | None = None) -> Callable[..., None]:
    """Make a fragment whose errors that a person can act on are shown in words where it stands.

    What stands around a fragment can't catch them: it runs by itself when something in it is used.

    Parameters
    ----------
    render
        Draws what is in the fragment.
    run_every
        Seconds after which it draws itself again; None where only the person does.
    """

    @wraps(render)
    def said(*given: object) -> None:
        guarded(partial(render, *given))

    return st.fragment(said, run_every=run_every)


def nothing_yet(title: str, next_step: str) -> None:
    """Say why there is nothing to see here, and what to do next."""
    with st.container(border=True):
        st.markdown(f"##### {title}")
        st.markdown(next_step)


def notes(found: Iterable[Note], of: str = "") -> None:
    """Show what stages report, small and in one place; `of` says which, where that is not clear."""
    told = plain(" ".join(texts(found)))
    if told:
        st.caption(f":material/info: {f'{plain(of)}: ' if of else ''}{told}")
