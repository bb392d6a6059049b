"""Results of a run as persons changed its components by hand: made where they are not there yet, while one waits."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from calscope.algorithms.curation.said_edits import said_edits
from calscope.io.curation_log import has_log
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.errors import CalscopeError
from calscope.model.fields import StageName
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.edited_results import can_be_edited, is_made, make_edited, with_edits
from calscope.pipeline.kept_judgements import open_log
from calscope.pipeline.records import AnimalRun
from calscope.ui.session import cached, places
from calscope.ui.session.lately import remembered


def results_of(record: AnimalRun) -> tuple[AnimalResults, str]:
    """Give the results of a run of one animal, and why what was changed by hand is not in them; empty where it is."""
    try:
        edited = _planned(record)
        _make(record, edited)
    except CalscopeError as error:
        return cached.results(record.keys), str(error)
    return edited, ""


def results_if_made(record: AnimalRun) -> AnimalResults:
    """Give the same where nothing has to be made for it; else, or where it can't be told, the run's own."""
    try:
        edited = _planned(record)
    except CalscopeError:
        return cached.results(record.keys)
    return edited if is_made(edited) else cached.results(record.keys)


def _planned(record: AnimalRun) -> AnimalResults:
    """Give the results as persons changed them, whether they are made yet or not; errors as `with_edits`."""
    found = cached.results(record.keys)
    if not can_be_edited(record) or record.info is None or not has_log(record.info.fingerprint):
        return found
    log = open_log(places.store().root, record.info.fingerprint)
    entries = log.entries()
    if not entries:
        return found
    newest, pairs = (len(entries), entries[-1].id), tuple(sorted(record.keys.items()))
    if not _is_edited(str(log.path), newest, _entries=entries):
        return found
    return _with_edits(str(log.path), newest, pairs, _record=record, _entries=entries)


def draw_again_if_changed(record: AnimalRun | None, results: AnimalResults) -> None:
    """Draw the whole page again where a component was merged, split, drawn or deleted since it was drawn."""
    if record is not None and results.keys != results_of(record)[0].keys:
        st.rerun()


@remembered()
def _is_edited(path: str, newest: tuple[int, str], _entries: tuple[CurationEntry, ...]) -> bool:
    return bool(said_edits(_entries))


@remembered()
def _with_edits(
    path: str,
    newest: tuple[int, str],
    pairs: tuple[tuple[StageName, str], ...],
    _record: AnimalRun,
    _entries: tuple[CurationEntry, ...],
) -> AnimalResults:
    """Find what a log means for a run once for the same entries: every part of a page asks."""
    return with_edits(_record, cached.results(_record.keys), _entries)


def _make(record: AnimalRun, edited: AnimalResults) -> None:
    if is_made(edited):
        return
    place = st.empty()
    bar = place.progress(0.0, f"Making the components of {record.name} that were changed by hand")
    try:
        make_edited(record, edited, progress=partial(_tell, bar))
    finally:
        place.empty()


def _tell(bar: DeltaGenerator, fraction: float, note: str = "", /) -> None:
    bar.progress(min(max(fraction, 0.0), 1.0), note)
