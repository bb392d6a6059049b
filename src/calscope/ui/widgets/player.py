"""A film player in the page: versions side by side and in step; all of it is ours and works offline."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import streamlit as st

from calscope.ui.frame import keys


def show(film: bytes, key: str, width_px: int | None = None) -> None:
    """Draw a film that `calscope.plots.film_sheet` packed, as wide as its column where no width is given."""
    _component()(key=keys.of_component(key), data=film, width=width_px or "stretch")


@cache
def _component() -> Callable[..., object]:
    html, css, js = (_asset(f"player.{kind}") for kind in ("html", "css", "js"))
    return st.components.v2.component("calscope.player", html=html, css=css, js=js)


def _asset(name: str) -> str:
    return files("calscope.ui.widgets").joinpath(name).read_text(encoding="utf-8")
