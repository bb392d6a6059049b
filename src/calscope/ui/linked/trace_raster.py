"""All components by time as one image, a row a component, as a linked view."""

from typing import Any

import numpy as np
import streamlit as st

from calscope.algorithms.component_order import by_activity, by_place, by_similarity
from calscope.model.results import Components
from calscope.plots import png
from calscope.plots.scaling import display_range
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import all_traces, mounting, packing, trace_means
from calscope.ui.linked.all_traces import CodedTraces, Kind
from calscope.ui.widgets import charts

NAME = "trace_raster"
LOW, HIGH = 5.0, 99.8
"""Percentiles of the largest values of stretches, which are shown darkest and brightest."""


def show(view: EvaluatedAnimal, page: str, height_px: int, kind: Kind) -> None:
    """Draw the image, with the mean of the listed components above it."""
    traces = all_traces.whole(view, kind)
    near = all_traces.closely(view, kind, mounting.key_of(NAME, view, page))
    data = all_traces.data_of(traces, near, kind, view.components.n_frames, view.animal.fr_hz)
    own = {
        **_ranges((view.keys[0], view.animal.results.keys.get("dff", "")), kind, _traces=traces),
        "orders": orders(view),
        "palette": packing.codes(png.palette("viridis")),
        "height": height_px,
        "label": f"{kind} of the listed components of {view.animal.name} by time, one row each",
    }
    with st.container(gap=None):
        trace_means.show(view, page, kind)
        mounting.mount(NAME, view, page, {**data, **own})


def orders(view: EvaluatedAnimal) -> dict[str, list[int]]:
    """Give the orders that the components of an animal can have, as `orders_of`."""
    return _orders(view.keys[0], _components=view.components)


@charts.cached
def _orders(key: str, _components: Components) -> dict[str, list[int]]:
    return orders_of(_components)


def orders_of(components: Components) -> dict[str, list[int]]:
    """Give the orders that rows can have, each the numbers of all components from top to bottom."""
    return {
        "similarity": by_similarity(components.C).tolist(),
        "place": by_place(components.centers_px(), components.dims).tolist(),
        "activity": by_activity(components.S, components.neurons_sn).tolist(),
        "number": list(range(components.n)),
    }


@charts.cached
def _ranges(keys: tuple[str, str], kind: Kind, _traces: CodedTraces) -> dict[str, Any]:
    return ranges_of(_traces)


def ranges_of(traces: CodedTraces) -> dict[str, Any]:
    """Give the values that are shown darkest and brightest: of each component, and shared by all."""
    peaks = traces.peaks()
    has_gaps = np.isnan(peaks).any(axis=1)
    ends = np.zeros((len(peaks), 2))
    if not has_gaps.all():
        ends[~has_gaps] = np.percentile(peaks[~has_gaps], (LOW, HIGH), axis=1).T
    ends[has_gaps] = np.array([display_range([row], LOW, HIGH) for row in peaks[has_gaps]]).reshape(-1, 2)
    ends[:, 1] = np.where(ends[:, 1] > ends[:, 0], ends[:, 1], ends[:, 0] + 1.0)
    return {
        "shared": display_range([peaks], LOW, HIGH) if len(peaks) else (0.0, 1.0),
        "own_low": packing.floats(ends[:, 0]),
        "own_high": packing.floats(ends[:, 1]),
    }
