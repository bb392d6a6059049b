"""The newest search of an animal: what is proposed, with its evidence; nothing is set by itself."""

import pandas as pd
import streamlit as st

from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.jobs.sweep_job import read_search
from calscope.model.crop import Crop
from calscope.model.errors import CalscopeError
from calscope.model.sweeps.sweep_plan import at_point
from calscope.pipeline.sweeps.find_values import IN_USE, Round, SearchResults, ranked
from calscope.pipeline.sweeps.point_table import point_table
from calscope.pipeline.sweeps.run_points import SweepPoint, in_words
from calscope.ui.frame import keys, messages, wording
from calscope.ui.sweep import shown_sweep
from calscope.ui.tune.tuning import Tuning

_LOOK_EVERY_S = 1.0
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
    for number in range(len(found.rounds), 0, -1):
        one = found.rounds[number - 1]
        st.markdown(
            f"**Round {number}, {_where(one.crop)}**: {wording.count(len(one.points), 'point')}, the best first"
        )
        st.dataframe(_table(one, most), hide_index=True)


def _show_state(job: Job, found: SearchResults) -> None:
    parts = [wording.moment(job.created_at), f"{wording.count(len(found.points), 'point')} tried"]
    parts += [] if job.status.state in ("done", "running") else [job.status.state]
    parts += [job.status.error] if job.status.error else []
    st.caption(messages.plain(" · ".join(parts)))


def _show_proposal(job: Job, found: SearchResults, tried: Tuning) -> None:
    """Say what is proposed and how sure that is, with the button that takes it to Tune."""
    best, last = found.proposal, found.rounds[-1]
    with st.container(border=True):
        if best is None:
            st.markdown("##### The values in use are as good as any that were tried")
            return
        point = next(point for point in last.points if point.number == best.number)
        now = next(point for point in last.points if point.number == IN_USE)
        sure = "more than chance gives" if best.is_clear else "**no more than chance gives among so few cells**"
        st.markdown(f"##### {messages.plain(in_words(best.values))}")
        gain = messages.plain(f"{100 * best.gain:+.0f} % ± {196 * best.gain_sd:.0f} %")
        st.markdown(
            f"On {_where(last.crop)}, {_share(point)} known cells are accepted, with the values in use {_share(now)}: "
            f"{gain} (95 %), {sure}. Unconfirmed components: {_unconfirmed(point)}, with the values in use "
            f"{_unconfirmed(now)}."
        )
        st.button(
            "Look at these values on Tune",
            icon=":material/tune:",
            key=keys.TAKE_PROPOSAL,
            on_click=_take,
            args=(job, found, tried),
            help="Tune shows them as one more state. Runs use them when you say so there.",
        )


def _take(job: Job, found: SearchResults, tried: Tuning) -> None:
    if found.proposal is None:
        return
    try:
        tried.show(at_point(job.spec.one_animal()[1], found.proposal.values), found.rounds[0].crop)
    except CalscopeError as error:
        st.session_state[keys.SWEEP_REFUSED] = str(error)
        return
    st.session_state[keys.SWEEP_OPENED] = True


def _unconfirmed(point: SweepPoint) -> str:
    return f"{point.measures.unconfirmed} of {point.measures.in_halves}"


def _share(point: SweepPoint) -> str:
    measures = point.measures
    return f"{100 * (measures.injected_recall or 0):.0f} % of {measures.injected_cells}"


def _where(crop: Crop | None) -> str:
    if crop is None:
        return "the whole recording"
    frames, rows, columns = crop.shape
    return f"{rows} × {columns} px and {frames} frames"


def _table(one: Round, most: int | None) -> pd.DataFrame:
    """Give the points of a round, the best first, with what they are judged by."""
    table = point_table(one.points)
    numbers = sorted(point.number for point in one.points)
    table.insert(0, "point", ["in use" if number == IN_USE else str(number) for number in numbers])
    order = [numbers.index(number) for number in ranked(one.points, most)]
    values = list(one.points[0].values)
    shown = table.iloc[order][["point", *values, *(name for name in _SHOWN if name in table)]]
    return shown.round(3).rename(columns=_TITLES | {name: name.partition(".")[2] for name in values})
