"""Does the parameter change the answer: which cells are accepted at all points, at most, at few."""

import numpy as np
import pandas as pd
import streamlit as st

from calscope.algorithms.comparison.recurrence import NONE
from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.model.results import SummaryImages
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.recurring_points import RecurringPoints, recurring_at
from calscope.pipeline.sweeps.run_points import SweepPoint, in_words
from calscope.plots.contours import outlines
from calscope.plots.images import Panel
from calscope.plots.scaling import display_range
from calscope.plots.sweeps.recurring_outlines import recurring_outlines
from calscope.ui.frame import keys, messages
from calscope.ui.sweep.shown_sweep import ShownSweep
from calscope.ui.widgets import charts

_PICTURE_PX = 400
_MOST_NAMED = 6


def show(sweep: ShownSweep, dxy_um: Pair | None) -> None:
    """Draw the cells of all points, as opaque as they are often accepted, and say how many there are."""
    found = _recurring(sweep)
    image = _image(sweep)
    if found is None or image is None:
        st.caption("Two points are needed, with their results in the store.")
        return
    gone = len(sweep.done) - len(found.points)
    missing = f". {gone} points failed or are no longer in the store" if gone else ""
    st.caption(messages.plain(f"{found.in_words()}{missing}."))
    panel = Panel(image.corr, "the oftener accepted, the more opaque", display_range([image.corr], 1.0, 99.7))
    cells = found.cells
    figure = recurring_outlines(
        panel,
        outlines(cells.footprints, image.corr.shape),
        cells.n_in,
        cells.n_analyses,
        _centres(found, image.corr.shape),
        dxy_um=dxy_um,
        width_px=_PICTURE_PX,
    )
    key = keys.on_page("sweep", f"cells {sweep.job.id}")
    charts.show(figure, key, alt=found.in_words())


def show_table(sweep: ShownSweep) -> None:
    """Draw a table with a row for each cell: where it is, in how many points, and in which it is not."""
    found, image = _recurring(sweep), _image(sweep)
    if found is None or image is None:
        return
    cells, centres = found.cells, _centres(found, image.corr.shape)
    names = [in_words(point.values) for point in found.points]
    table = pd.DataFrame(
        {
            "cell": range(cells.n),
            "y, px": centres[:, 0].round(1),
            "x, px": centres[:, 1].round(1),
            "accepted in": [f"{n_in} of {cells.n_analyses}" for n_in in cells.n_in],
            "not at": [_few([n for n, own in zip(names, row, strict=True) if own == NONE]) for row in cells.members],
        }
    )
    st.dataframe(table, hide_index=True)


def _recurring(sweep: ShownSweep) -> RecurringPoints | None:
    points = tuple(sorted(sweep.results.points, key=lambda point: point.number))
    done = tuple(point.record.keys.get("evaluation", "") for point in points if point.record)
    return _matched(done, _points=points, _store=sweep.store)


@st.cache_resource(max_entries=16, ttl=600, show_spinner=False)
def _matched(done: tuple[str, ...], _points: tuple[SweepPoint, ...], _store: Store) -> RecurringPoints | None:
    return recurring_at(_points, _store)


def _image(sweep: ShownSweep) -> SummaryImages | None:
    """Give the images of the first point that still has them."""
    found = (sweep.results_of(point) for point in sweep.results.points)
    return next((results.after for results in found if results is not None and results.after is not None), None)


def _centres(found: RecurringPoints, dims: tuple[int, ...]) -> FloatArray:
    """Give the centre of mass of each cell, (n, 2) px as (y, x)."""
    A = found.cells.footprints
    x, y = np.divmod(np.arange(A.shape[0]), dims[0])
    mass = np.maximum(np.asarray(A.sum(axis=0)).ravel(), 1e-12)
    return np.asarray((A.T @ np.column_stack([y, x]).astype(np.float64)) / mass[:, None], np.float32)


def _few(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
