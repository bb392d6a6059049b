"""Figures on the page, all with the same manners."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "calscope"},
}


def show(figure: go.Figure, key: str, alt: str) -> None:
    """Draw a figure; `alt` tells in words what it shows, for people who can't see it."""
    st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt)


def show_clickable(figure: go.Figure, key: str, alt: str, on_click: Callable[..., None], *args: Any) -> None:
    """Draw a figure whose points can be clicked; `on_click(key, *args)` finds the click in the session state."""
    st.plotly_chart(
        figure,
        key=key,
        config=_CONFIG,
        alt=alt,
        on_select=lambda: on_click(key, *args),
        selection_mode="points",
    )
