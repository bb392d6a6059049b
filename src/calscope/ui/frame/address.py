"""The address of the page: Streamlit's own way of writing it makes an entry in the browser's history each time."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from itertools import count
from urllib.parse import urlencode

import streamlit as st

from calscope.ui.frame import keys


def write(entries: Mapping[str, str], within: str) -> None:
    """Have the browser show these entries in its address; `within` names the part of the page that is drawn."""
    data = {"query": f"?{urlencode(entries)}" if entries else "", "drawn": next(_drawn)}
    _component()(key=keys.address_writer(within), data=data, height=0)


_drawn = count()
"""With the same data the browser would not write again, although another page's address has no entries at first."""


@cache
def _component() -> Callable[..., object]:
    js = files("calscope.ui.frame").joinpath("address.js").read_text(encoding="utf-8")
    return st.components.v2.component("calscope.address", html="<span hidden></span>", js=js)
