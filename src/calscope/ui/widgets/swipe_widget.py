"""Two images over each other, with a border between them that is dragged; all of it is ours and works offline."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import streamlit as st

from calscope.plots.swipe_images import Swipe
from calscope.ui.frame import keys

LARGE_PX = 720
"""Wider than that, a square picture would no longer fit on the screen."""


def show(swipe: Swipe, key: str, width_px: int | None = None, *, in_view: bool = False) -> None:
    """Draw two images with a slider between them, as wide as its column where no width is given.

    Where it is to be in view, it is not higher than the window leaves it under the controls. Words go through the page
    as text, never as HTML.
    """
    _component()(key=keys.of_component(key), data=swipe.to_dict() | {"in_view": in_view}, width=width_px or "stretch")


@cache
def _component() -> Callable[..., object]:
    html, css, js = (_asset(f"swipe.{kind}") for kind in ("html", "css", "js"))
    return st.components.v2.component("calscope.swipe", html=html, css=css, js=js)


def _asset(name: str) -> str:
    return files("calscope.ui.widgets").joinpath(name).read_text(encoding="utf-8")
