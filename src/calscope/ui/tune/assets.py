"""The page's own components: each an HTML, a CSS and a JavaScript file of this folder."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import streamlit as st


@cache
def component(name: str) -> Callable[..., object]:
    """Give the component that is made of the files of that name."""
    html, css, js = (
        files("calscope.ui.tune").joinpath(f"{name}.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    )
    return st.components.v2.component(f"calscope.tune_{name}", html=html, css=css, js=js)
