"""Components of Tune and of what belongs to it: each an HTML, a CSS and a JavaScript file of its page's folder."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import streamlit as st


@cache
def component(name: str, page: str = "tune") -> Callable[..., object]:
    """Give the component that is made of the files of that name in the folder of a page."""
    html, css, js = (
        files(f"calscope.ui.{page}").joinpath(f"{name}.{kind}").read_text(encoding="utf-8")
        for kind in ("html", "css", "js")
    )
    return st.components.v2.component(f"calscope.{page}_{name}", html=html, css=css, js=js)
