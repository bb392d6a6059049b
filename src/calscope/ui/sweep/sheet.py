"""The sheet: one small picture with outlines for each point, which fills while the sweep runs."""

from collections.abc import Callable, Sequence
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
    """Draw the points of a sweep; `on_open` is given the number of the point that was clicked."""
    over = sweep.over
    names = [field_of(one.parameter).name for one in over]
    heads = [f"{names[0]} {value_in_words(value)}" for value in over[0].values] if len(over) > 1 else []
    rows = [f"{names[1]} {value_in_words(value)}" for value in over[1].values] if len(over) > 1 else []
    cells = []
    for number, values in enumerate(sweep.points):
        point = sweep.done.get(number)
        cell = _not_yet(values, is_active=sweep.job.status.is_active)
        if point is not None:
            cell = _cell(point, sweep.results_of(point), len(sweep.points))
        cells.append(cell | {"current": number == current})
    _draw(sweep.job.id, _sheet(cells, height_px) | {"heads": heads, "rows": rows}, on_open)


def show_best(
    job_id: str,
    points: Sequence[SweepPoint],
    *,
    current: int,
    results_of: Callable[[SweepPoint], AnimalResults | None],
    height_px: int,
    on_open: Callable[[int], None],
) -> None:
    """Draw points of a search in this order; `on_open` is given the place in it of the one that was clicked.

    `current` is the number of the point with the values in use.
    """
    cells = [_cell(point, results_of(point), len(points)) | {"current": point.number == current} for point in points]
    _draw(job_id, _sheet(cells, height_px), on_open)


def _draw(job_id: str, data: dict[str, Any], on_open: Callable[[int], None]) -> None:
    key = keys.of_component(keys.on_page("sweep", f"sheet {job_id}"))

    def opened() -> None:
        told = (st.session_state.get(key) or {}).get("open")
        if isinstance(told, int):
            on_open(told)

    component("sheet", "sweep")(key=key, data=data, on_open_change=opened)


def _sheet(cells: list[dict[str, Any]], height_px: int) -> dict[str, Any]:
    label = f"One picture for each of {len(cells)} points"
    return {"heads": [], "rows": [], "cells": cells, "height": height_px, "label": label}


def _cell(point: SweepPoint, results: AnimalResults | None, n_points: int) -> dict[str, Any]:
    return {
        "line": in_words(point.values),
        "counts": "failed" if point.error else _counts(point),
        "told": f"{in_words(point.values)}: {point.error or 'see it on Tune'}",
        "state": "failed" if point.error else "done",
        "picture": _picture(results, n_points) if results else "",
    }


def _not_yet(values: dict[str, Any], *, is_active: bool) -> dict[str, Any]:
    state, counts = ("waits", "…") if is_active else ("left", "not run")
    told = f"{in_words(values)}: see it on Tune"
    return {"line": in_words(values), "counts": counts, "told": told, "state": state, "picture": ""}


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
