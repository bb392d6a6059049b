"""All components by time as one image, a row a component, as a linked view."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from calscope.algorithms.component_order import by_activity, by_place, by_similarity
from calscope.model.movie import FloatArray
from calscope.model.results import Components, RelativeFluorescence
from calscope.plots import png
from calscope.plots.scaling import display_range, envelope
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import all_traces, mounting, packing
from calscope.ui.linked.all_traces import CodedTraces, Kind
from calscope.ui.widgets import charts

NAME = "trace_raster"
LOW, HIGH = 5.0, 99.8
"""Percentiles of the largest values of stretches, which are shown darkest and brightest."""
MOST_POINTS_OF_MEAN = 4000


def show(view: EvaluatedAnimal, page: str, height_px: int, kind: Kind) -> None:
    """Draw the image, with the mean of the listed components above it."""
    traces = all_traces.whole(view, kind)
    near = all_traces.closely(view, kind, mounting.key_of(NAME, view, page))
    data = all_traces.data_of(traces, near, kind, view.components.n_frames, view.animal.fr_hz)
    accepted, refit = all_traces.verdicts(view.components.n, view.evaluation), view.keys[0]
    keys = (refit, view.animal.results.keys.get("dff", ""))
    own = {
        **ranges_of(traces),
        "orders": _orders(refit, _components=view.components),
        "means": _means(keys, kind, tuple(accepted), _components=view.components, _dff=view.animal.results.dff),
        "palette": packing.codes(png.palette("viridis")),
        "height": height_px,
        "label": f"{kind} of the listed components of {view.animal.name} by time, one row each",
    }
    mounting.mount(NAME, view, page, {**data, **own})


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
def _means(
    keys: tuple[str, str],
    kind: Kind,
    accepted: Sequence[bool | None],
    _components: Components,
    _dff: RelativeFluorescence | None,
) -> dict[str, Any]:
    return means_data(all_traces.means_of(_components, _dff, kind, accepted))


def means_data(means: dict[str, FloatArray]) -> dict[str, Any]:
    """Thin and pack the mean traces."""
    thinned = {name: envelope(values[None], MOST_POINTS_OF_MEAN) for name, values in means.items()}
    return {name: {"values": packing.floats(values), "frames_per_pair": per} for name, (values, per) in thinned.items()}


def ranges_of(traces: CodedTraces) -> dict[str, Any]:
    """Give the values that are shown darkest and brightest: of each component, and shared by all."""
    peaks = traces.peaks()
    rows = [display_range([row], LOW, HIGH) for row in peaks]
    return {
        "shared": display_range([peaks], LOW, HIGH) if len(peaks) else (0.0, 1.0),
        "own_low": packing.floats(np.array([low for low, _ in rows])),
        "own_high": packing.floats(np.array([high for _, high in rows])),
    }
