"""Figures on the page, all with the same manners."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, ParamSpec, TypeVar

import plotly.graph_objects as go
import streamlit as st

from calscope.plots.images import SHAPE
from calscope.ui.frame import keys

_Given = ParamSpec("_Given")
_Drawn = TypeVar("_Drawn")
_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "calscope"},
}


def cached(draw: Callable[_Given, _Drawn]) -> Callable[_Given, _Drawn]:
    """Draw a figure once for the same arguments; those whose names begin with `_` are not compared."""
    return st.cache_data(max_entries=128, max_size="128MB", show_spinner=False)(draw)


def show(figure: go.Figure, key: str, alt: str) -> None:
    """Draw a figure; `alt` tells in words what it shows, for people who can't see it."""
    with _as_large_as_fits(figure, key) as height:
        st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt, height=height)


def show_clickable(figure: go.Figure, key: str, alt: str, on_click: Callable[..., None], *args: Any) -> None:
    """Draw a figure whose points can be clicked; `on_click(key, *args)` finds the click in the session state."""
    # A figure that comes out of Streamlit's cache has its entries in another order than when it was made; it would
    # count as another figure, and the first click would cost it its zoom.
    with _as_large_as_fits(figure, key) as height:
        st.plotly_chart(
            go.Figure(_in_order(figure.to_plotly_json())),
            key=key,
            config=_CONFIG,
            alt=alt,
            height=height,
            on_select=lambda: on_click(key, *args),
            selection_mode="points",
        )


@contextmanager
def _as_large_as_fits(figure: go.Figure, key: str) -> Iterator[Literal["content", "stretch"]]:
    """Give images the height that belongs to the width of their place, no higher than the window; see `page.css`."""
    shape, margin = (figure.layout.meta or {}).get(SHAPE), figure.layout.margin
    if shape is None:
        yield "content"
        return
    name = keys.picture(key)
    st.html(f"<style>.st-key-{name} {{ --shape: {shape:.4f}; --rest: {margin.t + margin.b}px; }}</style>")
    with st.container(key=name):
        yield "stretch"


def _in_order(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _in_order(part[name]) for name in sorted(part)}
    return [_in_order(one) for one in part] if isinstance(part, list | tuple) else part
