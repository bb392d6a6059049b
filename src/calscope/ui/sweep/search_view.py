"""The newest search of an animal: what is proposed, with its evidence; nothing is set by itself."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.jobs.sweep_job import read_search
from calscope.model.errors import CalscopeError
from calscope.model.note_texts import detection_texts
from calscope.model.sweeps.sweep_plan import at_point
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.sweeps.find_values import IN_USE, Round, SearchResults, ranked
from calscope.pipeline.sweeps.run_points import SweepPoint
from calscope.pipeline.sweeps.search_table import evidence, part_in_words, proposed_values, round_table
from calscope.pipeline.trials import trial_store
from calscope.ui.frame import keys, messages, wording
from calscope.ui.session import places
from calscope.ui.sweep import sheet, shown_sweep
from calscope.ui.tune.tuning import Tuning

_LOOK_EVERY_S = 1.0
SHEET_PX = 230
_SHOWN = ("injected_recall", "injected_cells", "unconfirmed", "in_halves", "accepted", "median_snr", "f1", "error")
_TITLES = {
    "injected_recall": "known cells accepted",
    "injected_cells": "known cells",
    "in_halves": "accepted in halves",
    "median_snr": "median SNR",
    "f1": "F1 (truth)",
}


def show(ref: RecordingRef, tried: Tuning) -> None:
    """Draw the newest search, or say that there is none."""
    job = next(iter(shown_sweep.of_animal(ref, "search")), None)
    if job is None:
        messages.nothing_yet(
            f"No search on {messages.plain(ref.name)} yet",
            "Choose parameters and their ranges on the left, and press **Search**. Points that fill the ranges are "
            "tried on a crop, the best of them on more of the recording: which share of known cells, put into the "
            "movie, is accepted, and how many accepted components only one half of the frames gives. What is found is "
            "proposed here; you take it to Tune, or leave it.",
        )
        return
    messages.fragment(_draw, run_every=_LOOK_EVERY_S if job.status.is_active else None)(ref, tried)


def _draw(ref: RecordingRef, tried: Tuning) -> None:
    if st.session_state.get(keys.SWEEP_OPENED):
        st.rerun()  # the whole page goes to Tune
    job = next(iter(shown_sweep.of_animal(ref, "search")), None)
    if job is None:
        return
    found = read_search(job.folder)
    _show_state(job, found)
    if found.is_over:
        _show_proposal(job, found, tried)
    most = job.spec.search.most_unconfirmed if job.spec.search else None
    if found.rounds:
        _show_sheet(job, found.rounds[-1], most, partial(_open, job, found, tried))
        st.caption(detection_texts.CELLS_OF_SWEEP)
    for number in range(len(found.rounds), 0, -1):
        one = found.rounds[number - 1]
        points = wording.count(len(one.points), "point")
        st.markdown(f"**Round {number}, {part_in_words(one.crop)}**: {points}, the best first")
        st.dataframe(_table(one, most), hide_index=True)


def _show_sheet(job: Job, one: Round, most: int | None, on_open: Callable[[SweepPoint], None]) -> None:
    """Draw what the points of the last round look like, the best first; a click shows one on Tune."""
    by_number = {point.number: point for point in one.points}
    points = [by_number[number] for number in ranked(one.points, most)]
    store = places.store() if one.crop is None else trial_store(places.store().root)

    def results_of(point: SweepPoint) -> AnimalResults | None:
        return AnimalResults(store, point.record.keys) if point.record else None

    sheet.show_best(
        job.id,
        points,
        current=IN_USE,
        results_of=results_of,
        height_px=SHEET_PX,
        on_open=lambda place: on_open(points[place]),
    )


def _show_state(job: Job, found: SearchResults) -> None:
    parts = [wording.moment(job.created_at), f"{wording.count(len(found.points), 'point')} tried"]
    parts += [] if job.status.state in ("done", "running") else [job.status.state]
    parts += [job.status.error] if job.status.error else []
    st.caption(messages.plain(" · ".join(parts)))


def _show_proposal(job: Job, found: SearchResults, tried: Tuning) -> None:
    """Say what is proposed and how sure that is, with the button that takes it to Tune."""
    best = found.proposal
    with st.container(border=True):
        st.markdown(f"##### {messages.plain(proposed_values(found))}")
        if best is None:
            return
        st.markdown(messages.plain(evidence(found)))
        point = next(point for point in found.rounds[-1].points if point.number == best.number)
        st.button(
            "Look at these values on Tune",
            icon=":material/tune:",
            key=keys.TAKE_PROPOSAL,
            on_click=_open,
            args=(job, found, tried, point),
            help="Tune shows them as one more state. Runs use them when you say so there.",
        )


def _open(job: Job, found: SearchResults, tried: Tuning, point: SweepPoint) -> None:
    """Make a point's values a state of Tune, on the crop where the search began, and go there."""
    try:
        tried.show(at_point(job.spec.one_animal()[1], point.values), found.rounds[0].crop)
    except CalscopeError as error:
        st.session_state[keys.SWEEP_REFUSED] = str(error)
        return
    st.session_state[keys.SWEEP_OPENED] = True


def _table(one: Round, most: int | None) -> pd.DataFrame:
    """Give the points of a round, the best first, with what they are judged by."""
    table, values = round_table(one, most), list(one.points[0].values)
    shown = table[["point", *values, *(name for name in _SHOWN if name in table)]]
    return shown.round(3).rename(columns=_TITLES | {name: name.partition(".")[2] for name in values})
