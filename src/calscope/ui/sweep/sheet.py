"""The sheet: one small picture with outlines for each point, which fills while the sweep runs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from calscope.model.params import field_of
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.sweeps.run_points import SweepPoint, in_words, value_in_words
from calscope.plots.small_map import small_map
from calscope.ui.frame import keys
from calscope.ui.session import cached
from calscope.ui.sweep.shown_sweep import ShownSweep
from calscope.ui.tune.assets import component
from calscope.ui.widgets import charts

_SIDES_PX = ((12, 256), (36, 176), (100, 112))
"""Of the pictures, for up to so many points."""


def show(sweep: ShownSweep, current: int | None, height_px: int, on_open: Callable[[int], None]) -> None:
    """Draw the sheet; `on_open` is given the number of the point that was clicked, or None where it is none."""
    key = keys.of_component(keys.on_page("sweep", f"sheet {sweep.job.id}"))

    def opened() -> None:
        told = (st.session_state.get(key) or {}).get("open")
        if isinstance(told, int):
            on_open(told)

    component("sheet", "sweep")(key=key, data=_data(sweep, current, height_px), on_open_change=opened)


def _data(sweep: ShownSweep, current: int | None, height_px: int) -> dict[str, Any]:
    over = sweep.over
    names = [field_of(one.parameter).name for one in over]
    heads = [f"{names[0]} {value_in_words(value)}" for value in over[0].values] if len(over) > 1 else []
    rows = [f"{names[1]} {value_in_words(value)}" for value in over[1].values] if len(over) > 1 else []
    return {
        "heads": heads,
        "rows": rows,
        "cells": [_cell(sweep, number, current) for number in range(len(sweep.points))],
        "height": height_px,
        "label": f"One picture for each of {len(sweep.points)} points",
    }


def _cell(sweep: ShownSweep, number: int, current: int | None) -> dict[str, Any]:
    values, point = sweep.points[number], sweep.done.get(number)
    state, counts, picture = "waits", "…", ""
    if point is not None:
        state, counts = ("failed", "failed") if point.error else ("done", _counts(point))
        results = sweep.results_of(point)
        picture = _picture(results, len(sweep.points)) if results else ""
    elif not sweep.job.status.is_active:
        state, counts = "left", "not run"
    return {
        "line": in_words(values),
        "counts": counts,
        "told": f"{in_words(values)}: {point.error if point and point.error else 'see it on Tune'}",
        "state": state,
        "picture": picture,
        "current": number == current,
    }


def _counts(point: SweepPoint) -> str:
    return f"{point.measures.accepted} of {point.measures.components}"


def _picture(results: AnimalResults, n_points: int) -> str:
    """Give the picture of a point; empty where its results are no longer in the store."""
    components, after, evaluation = results.refit, results.after, results.evaluation
    if components is None or after is None or evaluation is None:
        return ""
    side_px = next((side for most, side in _SIDES_PX if n_points <= most), _SIDES_PX[-1][1])
    names = (results.keys["refit"], results.keys["after"])
    return _drawn(names, evaluation.accepted.tobytes(), side_px, _results=results)


@charts.cached
def _drawn(names: tuple[str, str], accepted: bytes, side_px: int, _results: AnimalResults) -> str:
    components, after = _results.refit, _results.after
    if components is None or after is None:
        return ""
    lines = cached.contour_lines(names[0], components)
    width_px = 2 if side_px > _SIDES_PX[-1][1] else 1
    return small_map(after.corr, lines, np.frombuffer(accepted, bool), side_px, accepted_px=width_px)
