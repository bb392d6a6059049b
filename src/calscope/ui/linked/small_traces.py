"""The liveliest accepted traces of one animal in a small figure, for a grid of animals."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from calscope.model.results import Components
from calscope.plots.trace_curves import small_traces_figure
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import wording
from calscope.ui.frame.keys import on_page
from calscope.ui.widgets import charts

SHOWN = 5


def show(view: EvaluatedAnimal, page: str) -> None:
    """Draw the traces, raw and denoised; those of all components where none was evaluated."""
    listed = view.listed("accepted" if view.evaluation else "all")
    if not listed:
        st.info("No component was accepted in this animal.")
        return
    numbers = liveliest(view.keys[0], tuple(listed), _components=view.components)
    of = f"{wording.count(len(listed), 'accepted component')}" if view.evaluation else f"{len(listed)} components"
    st.caption(f"The {len(numbers)} liveliest of {of}, raw and denoised, each in its own range")
    figure = _figure(view.keys[0], numbers, view.animal.fr_hz, _components=view.components)
    name = view.animal.name
    charts.show(figure, on_page(page, f"small traces {name}"), f"The liveliest traces of {name} over time")


@st.cache_data(max_entries=64, show_spinner=False)
def liveliest(key: str, listed: tuple[int, ...], _components: Components) -> tuple[int, ...]:
    """Give those of some components whose denoised traces vary most against what the model leaves of the raw ones."""
    chosen = list(listed)
    noise = np.asarray(_components.YrA[chosen].std(axis=1), np.float64)
    varies = np.asarray(_components.C[chosen].std(axis=1), np.float64) / np.where(noise > 0, noise, np.inf)
    return tuple(listed[at] for at in np.argsort(-varies, kind="stable")[:SHOWN])


@charts.cached
def _figure(key: str, numbers: tuple[int, ...], fr_hz: float | None, _components: Components) -> go.Figure:
    denoised = _components.C[list(numbers)]
    return small_traces_figure(denoised + _components.YrA[list(numbers)], denoised, numbers, fr_hz)
