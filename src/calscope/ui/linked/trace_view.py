"""Traces of the chosen component and of its neighbours in the list, as a linked view."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from calscope.model.movie import FloatArray
from calscope.model.results import Components, RelativeFluorescence
from calscope.plots import style
from calscope.plots.scaling import envelope
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import choice, flagged, mounting, packing
from calscope.ui.widgets import charts, truth_view

NAME = "trace_view"
MOST_POINTS, MOST_POINTS_OF_STRETCH = 2000, 4000
"""Of one trace: as a whole, and of the stretch that is looked at closely."""
Stretch = tuple[int, int]
"""First frame, and the one after the last."""


class Panel(NamedTuple):
    """Lines with one axis of values."""

    title: str
    share: float
    """Of the height."""
    lines: tuple[tuple[str, str, float], ...]
    """Name, colour and width."""


_FLUORESCENCE = (("raw", style.RAW, 1.0), ("denoised", style.DENOISED, 1.7))
_TRUTH = ("truth, scaled", style.TRUTH, 1.3)
_RATIO, _SPIKES = (("dF/F", style.RATIO, 1.2),), (("spikes", style.SPIKES, 1.2),)
_WITH_RATIO = (
    Panel("fluorescence (a.u.)", 0.48, _FLUORESCENCE),
    Panel("dF/F", 0.29, _RATIO),
    Panel("spikes (a.u.)", 0.23, _SPIKES),
)
_WITHOUT_RATIO = (Panel("fluorescence (a.u.)", 0.66, _FLUORESCENCE), Panel("spikes (a.u.)", 0.34, _SPIKES))


class _Shown(NamedTuple):
    wanted: tuple[int, ...]
    stretch: Stretch | None
    has_truth: bool


def show(view: EvaluatedAnimal, page: str, height_px: int) -> None:
    """Draw the traces; those of neighbours lie ready in the browser."""
    chosen = choice.of(view)
    wanted = () if chosen.component is None else (chosen.component, *chosen.near)
    stretch = stretch_of(mounting.told(mounting.key_of(NAME, view, page), "window"), view.components.n_frames)
    keys = (view.keys[0], view.animal.results.keys.get("dff", ""))
    dff = view.animal.results.dff
    truth = truth_view.true_traces(view, wanted)
    shown = _Shown(wanted, stretch, has_truth=truth is not None)
    data = _data(keys, shown, view.animal.fr_hz, _components=view.components, _dff=dff, _truth=truth)
    marked = {"marks": flagged.marks_of(view.flags, wanted), "mark_kinds": flagged.MARKS}
    own = {"height": height_px, "label": f"Traces of the chosen component of {view.animal.name} over time"}
    mounting.mount(NAME, view, page, {**data, **marked, **own})


def stretch_of(told: Any, n_frames: int) -> Stretch | None:
    """Give the stretch that the browser looks at closely; None where it looks at all."""
    if not (isinstance(told, list) and len(told) == 2 and all(isinstance(end, int) for end in told)):
        return None
    start, stop = max(told[0], 0), min(told[1], n_frames)
    return (start, stop) if start < stop else None


@charts.cached
def _data(
    keys: tuple[str, str],
    shown: _Shown,
    fr_hz: float | None,
    _components: Components,
    _dff: RelativeFluorescence | None,
    _truth: Mapping[int, FloatArray] | None,
) -> dict[str, Any]:
    return make_data(_components, _dff, fr_hz, shown.wanted, shown.stretch, truth=_truth)


def make_data(
    components: Components,
    dff: RelativeFluorescence | None,
    fr_hz: float | None,
    wanted: Sequence[int],
    stretch: Stretch | None = None,
    *,
    truth: Mapping[int, FloatArray] | None = None,
) -> dict[str, Any]:
    """Give what the view draws.

    Parameters
    ----------
    wanted
        The chosen component, then those that come with it.
    stretch
        Frames of which the chosen one's traces are given more closely.
    truth
        True traces, (T,), of the components that match a simulated cell; None where the truth is not shown.
    """
    traces = {number: _with_truth(traces_of(components, dff, number), number, truth) for number in wanted}
    panels = _WITHOUT_RATIO if dff is None else _WITH_RATIO
    if truth is not None:
        panels = (panels[0]._replace(lines=(*panels[0].lines, _TRUTH)), *panels[1:])
    return data_of(traces, panels, fr_hz, components.n_frames, stretch)


def data_of(
    traces: Mapping[int, FloatArray],
    panels: Sequence[Panel],
    fr_hz: float | None,
    n_frames: int,
    stretch: Stretch | None = None,
) -> dict[str, Any]:
    """Give what the view draws of traces in panels.

    Parameters
    ----------
    traces
        By number, those of the chosen one first: (lines of all panels, T) each.
    stretch
        Frames of which the chosen one's traces are given more closely.
    """
    thinned = {number: envelope(values, MOST_POINTS) for number, values in traces.items()}
    first = next(iter(traces), None)
    return {
        "n_frames": n_frames,
        "fr_hz": fr_hz,
        "time_title": "time (s)" if fr_hz else "frame (frame rate unknown)",
        "panels": [_panel_data(panel) for panel in panels],
        "frames_per_pair": next((per for _, per in thinned.values()), 1),
        "components": {str(number): [packing.floats(line) for line in lines] for number, (lines, _) in thinned.items()},
        "window": _closely(first, traces[first], stretch) if first is not None and stretch else None,
    }


def traces_of(components: Components, dff: RelativeFluorescence | None, component: int) -> FloatArray:
    """Give raw and denoised trace, dF/F where there is one, and spikes, (3 or 4, T)."""
    denoised = components.C[component]
    ratio = [] if dff is None else [dff.dff[component]]
    return np.stack([denoised + components.YrA[component], denoised, *ratio, components.S[component]])


def _with_truth(traces: FloatArray, component: int, truth: Mapping[int, FloatArray] | None) -> FloatArray:
    """Put the true trace behind raw and denoised, NaN where no simulated cell is matched."""
    if truth is None:
        return traces
    missing = np.full(traces.shape[1], np.nan, np.float32)
    return np.insert(traces, len(_FLUORESCENCE), truth.get(component, missing), axis=0)


def _closely(component: int, traces: FloatArray, stretch: Stretch) -> dict[str, Any]:
    lines, per = envelope(traces[:, slice(*stretch)], MOST_POINTS_OF_STRETCH)
    return {
        "component": component,
        "start": stretch[0],
        "frames": stretch[1] - stretch[0],
        "frames_per_pair": per,
        "lines": [packing.floats(line) for line in lines],
    }


def _panel_data(panel: Panel) -> dict[str, Any]:
    lines = [{"name": name, "colour": colour, "width": width} for name, colour, width in panel.lines]
    return {"title": panel.title, "share": panel.share, "lines": lines}
