"""Two runs over all animals: how many components each accepted, with which signal to noise, and F1 against a truth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from calscope.algorithms.comparison.truth_scores import FoundCells
from calscope.model.detection import Limit
from calscope.model.movie import FloatArray
from calscope.model.note_texts import detection_texts
from calscope.plots import style
from calscope.plots.snr_strips import snr_strips
from calscope.ui.compare.compared_runs import Side
from calscope.ui.frame import keys
from calscope.ui.widgets import charts, truth_view

COLOURS = (style.REJECTED, style.ACCEPTED)
"""Of A and B."""
ABSENT = "–"
Both = tuple[Side, Side]


def show(animals: Sequence[Both]) -> None:
    """Draw the table of all animals, and the distribution of the signal to noise."""
    st.table(table(animals).set_index("Animal"))
    has_truth = any(truth_view.is_known(side.animal) for both in animals for side in both)
    if has_truth:
        st.caption(
            "F1: how well the accepted components match the simulated cells, 1 at best; it weighs missed cells and "
            "components that are no cell alike. No run reads the truth."
        )
    snr = {f"run {both}": own for both, own in _snr(animals).items()}
    if any(len(values) for own in snr.values() for values in own.values()):
        key = " ".join(side.key for both in animals for side in both)
        charts.show(
            _strips(key, _snr=snr),
            keys.on_page("compare", "snr"),
            "Signal to noise of the accepted components of runs A and B, animal by animal",
        )


@charts.cached
def _strips(key: str, _snr: dict[str, dict[str, FloatArray]]) -> go.Figure:
    return snr_strips(_snr, COLOURS)


def table(animals: Sequence[Both]) -> pd.DataFrame:
    """Give one row an animal: what A has, then what B has."""
    rows = []
    for both in animals:
        row = {"Animal": both[0].animal.name}
        for title, of in (
            ("accepted", _accepted),
            ("SNR, median", _median_snr),
            ("F1", _f1),
            ("half found from peak SNR", _found_from),
            ("half accepted from peak SNR", _accepted_from),
        ):
            row |= {f"{title} {side.letter}": of(side) for side in both}
        rows.append(row)
    found = pd.DataFrame(rows)
    return found.drop(columns=[name for name in found if name != "Animal" and (found[name] == ABSENT).all()])


def _accepted(side: Side) -> str:
    if side.components is None:
        return "not run" if side.record is None else ABSENT
    of = f"{int(side.accepted.sum())} of {side.components.n}"
    return of if side.is_evaluated else f"{side.components.n}, not evaluated"


def _median_snr(side: Side) -> str:
    values = accepted_snr(side)
    return f"{np.median(values):.2f}" if len(values) else ABSENT


def accepted_snr(side: Side) -> FloatArray:
    """Give the signal to noise of the accepted components, (n,), those that were measured."""
    quality = side.results.component_quality
    if quality is None or side.components is None:
        return np.zeros(0, np.float32)
    values: NDArray[np.float32] = quality.snr[side.accepted]
    return values[np.isfinite(values)]


def _snr(animals: Sequence[Both]) -> dict[str, dict[str, FloatArray]]:
    sides = {letter: [both[k] for both in animals] for k, letter in enumerate(("A", "B"))}
    return {letter: {side.animal.name: accepted_snr(side) for side in own} for letter, own in sides.items()}


def _found_from(side: Side) -> str:
    found = side.results.injected
    return _limit(found.limits.found_50 if found else None)


def _accepted_from(side: Side) -> str:
    found = side.results.injected
    return _limit(found.limits.accepted_50 if found else None)


def _limit(limit: Limit | None) -> str:
    """Give a limit of detection with its interval, where known cells were put into the movie."""
    return detection_texts.with_interval(limit) if limit else ABSENT


def _f1(side: Side) -> str:
    found = score(side)
    return f"{found.f1:.3f}" if found else ABSENT


def score(side: Side) -> FoundCells | None:
    """Give how well the accepted components match the simulated cells; None where no truth is known."""
    components = side.components
    return None if components is None else truth_view.score(side.animal, components, side.accepted)
