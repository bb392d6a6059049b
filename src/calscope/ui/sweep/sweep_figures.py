"""Curves or a map of what a sweep came to; a click on a point opens it."""

from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from calscope.model.note_texts import detection_texts
from calscope.model.params import field_of
from calscope.pipeline.sweeps.run_points import SweepPoint, value_in_words
from calscope.plots import style
from calscope.plots.sweeps.sweep_plots import Curve, CurvePanel, sweep_curves, sweep_map
from calscope.ui.frame import keys
from calscope.ui.sweep.shown_sweep import ShownSweep
from calscope.ui.widgets import charts


@dataclass(frozen=True)
class Measure:
    """A measure of points as it is drawn."""

    field: str
    """Name in `PointMeasures`."""
    name: str
    colour: str
    panel: str
    """Title of the axis that it shares with others."""


MEASURES = (
    Measure("components", "components", style.NEUTRAL, "number"),
    Measure("accepted", "accepted", style.ACCEPTED, "number"),
    Measure("median_snr", "median SNR of accepted", style.SPIKES, "SNR"),
    Measure("f1", "F1 (truth)", style.TRUTH, "share"),
    Measure("injected_recall", "known cells accepted", style.RATIO, "share"),
    Measure("residual_flow_px", "residual motion", style.REJECTED, "px"),
)


def show(sweep: ShownSweep, current: int | None, on_open: Callable[[int], None]) -> None:
    """Draw curves over one parameter, or a map of one measure over two."""
    measured = [one for one in MEASURES if any(_value(point, one) is not None for point in sweep.done.values())]
    if not measured:
        st.caption("The curve begins with the first point.")
        return
    if any(one.field == "injected_recall" for one in measured):
        st.caption(detection_texts.CELLS_OF_SWEEP)
    key = keys.on_page("sweep", f"figure {sweep.job.id}")
    if len(sweep.over) == 1:
        charts.show_clickable(_curves(sweep, measured, current), key, _alt(measured), _clicked, on_open)
        return
    names = {one.field: one.name for one in measured}
    chosen = st.selectbox(
        "Measure",
        list(names),
        index=min(1, len(names) - 1),
        format_func=names.__getitem__,
        key=keys.SWEEP_MEASURE,
        label_visibility="collapsed",
    )
    measure = next(one for one in measured if one.field == chosen)
    charts.show_clickable(_map(sweep, measure, current), f"{key} {chosen}", _alt([measure]), _clicked, on_open)


def _alt(measured: list[Measure]) -> str:
    return f"{', '.join(one.name for one in measured)} at the points of the sweep"


def _clicked(key: str, on_open: Callable[[int], None]) -> None:
    event = st.session_state.get(key)
    for point in ((event or {}).get("selection") or {}).get("points") or ():
        number = (point.get("customdata") or [None])[0]
        if isinstance(number, int):
            on_open(number)
            return


def _curves(sweep: ShownSweep, measured: list[Measure], current: int | None) -> go.Figure:
    one = sweep.over[0]
    at = [value[0] if isinstance(value, list) and len(set(value)) == 1 else value for value in one.values]
    is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in at)
    shown = at if is_number else [value_in_words(value) for value in one.values]
    panels = []
    for title in dict.fromkeys(measure.panel for measure in measured):
        curves = tuple(_curve(sweep, measure) for measure in measured if measure.panel == title)
        panels.append(CurvePanel(title, curves, (-0.04, 1.04) if title == "share" else None))
    spec = field_of(one.parameter).spec
    title = f"{field_of(one.parameter).name}{f' ({spec.unit})' if spec.unit else ''}"
    return sweep_curves(shown, title, panels, None if current is None else shown[current], is_number=is_number)


def _curve(sweep: ShownSweep, measure: Measure) -> Curve:
    numbers = range(len(sweep.points))
    return Curve(measure.name, tuple(_value(sweep.done.get(number), measure) for number in numbers), measure.colour)


def _map(sweep: ShownSweep, measure: Measure, current: int | None) -> go.Figure:
    columns, rows = ([value_in_words(value) for value in one.values] for one in sweep.over)
    now = None if current is None else (columns[current % len(columns)], rows[current // len(columns)])
    values = [_value(sweep.done.get(number), measure) for number in range(len(sweep.points))]
    first, second = (field_of(one.parameter).name for one in sweep.over)
    return sweep_map(columns, rows, (first, second), values, name=measure.name, current=now)


def _value(point: SweepPoint | None, measure: Measure) -> float | None:
    if point is None or point.error:
        return None
    value: float | None = getattr(point.measures, measure.field)
    return value
