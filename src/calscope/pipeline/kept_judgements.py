"""What persons decided of the components of a run, as the store's log of the recording has it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from calscope.algorithms.curation.carry_over import carry_over
from calscope.algorithms.curation.fold_log import Place, fold_log
from calscope.algorithms.curation.rater_agreement import agreements
from calscope.algorithms.curation.said_edits import SaidEdit, withdrawn_acts
from calscope.io.curation_log import CurationLog, has_log, log_of
from calscope.model.curation.curation_entry import CurationEntry, Target
from calscope.model.curation.judgements import NO_JUDGEMENTS, Judgements, judged
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.model.errors import StoreError
from calscope.model.notes import Note
from calscope.model.results import Components
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import AnimalRun


@lru_cache(maxsize=64)
def open_log(store_root: Path, recording: str) -> CurationLog:
    """Give the log of a recording, by its fingerprint; it remembers what it has read. Errors as `log_of`."""
    return log_of(store_root, recording)


def target_of(run: str, components: Components, component: int, number: int | None = None) -> Target:
    """Give a component as entries of a log mean it.

    Parameters
    ----------
    run
        Key of the refit that found it, or the act that made it by hand.
    number
        Its number there, where that is not `component`.
    """
    own = components.A[:, [component]]
    x, y = np.divmod(own.indices, components.dims[0])
    mass = own.data if own.data.sum() > 0 else np.ones(own.nnz)
    y_px, x_px = (float(np.average(place, weights=mass)) if own.nnz else 0.0 for place in (y, x))
    return Target(
        run,
        component if number is None else number,
        y_px,
        x_px,
        pack_footprint(components.A, component, components.dims),
    )


def judgements_of(run: AnimalRun, results: AnimalResults, blind_rater: str = "") -> Judgements:
    """Give what holds for the components that a run found in one animal; for a blind rater, of the own words alone.

    Raises
    ------
    StoreError
        When there is a log that can't be read, or is another recording's.
    """
    entries, notes = entries_of(run, results)
    if not entries or results.refit is None:
        return replace(NO_JUDGEMENTS, notes=notes, log=entries)
    found = judgements_in(in_sight_of(blind_rater, entries), results)
    return replace(found, notes=(*notes, *found.notes))


def with_judged_counts(run: AnimalRun, results: AnimalResults, judgements: Judgements) -> AnimalRun:
    """Give the record with the numbers of the accepted and the rejected as persons decided."""
    evaluation = results.evaluation if judgements.by_component else None
    if evaluation is None:
        return run
    found = judged(evaluation, judgements)
    return replace(run, counts=run.counts | {"accepted": found.n_accepted, "rejected": found.n_rejected})


def entries_of(run: AnimalRun, results: AnimalResults) -> tuple[tuple[CurationEntry, ...], tuple[Note, ...]]:
    """Give the log of the recording of a run, and what is to be known of it; errors as `judgements_of`."""
    if run.info is None or "refit" not in run.keys or not has_log(run.info.fingerprint):
        return (), ()
    log = open_log(results.store.root, run.info.fingerprint)
    return log.entries(), log.notes()


def in_sight_of(blind_rater: str, entries: Sequence[CurationEntry]) -> Sequence[CurationEntry]:
    """Give what a rater may know of a log: what that rater said; everything where nobody is blind (empty)."""
    return [one for one in entries if one.who == blind_rater] if blind_rater else entries


def judgements_in(entries: Sequence[CurationEntry], results: AnimalResults) -> Judgements:
    """Give what a log says of the components of a run, as persons changed them by hand.

    Raises
    ------
    StoreError
        When the components are no longer there.
    """
    components, edits = results.refit, results.edits
    if components is None:
        raise StoreError("The components are no longer in the store. Run again.")
    folded = fold_log(entries)
    withdrawn = withdrawn_acts(entries)
    gone = frozenset(place for place in folded.judgements if place[0] in withdrawn) | (edits.gone if edits else set())
    found = carry_over(folded, results.as_fitted.keys["refit"], components, results.component_places, gone)
    unknown = tuple(Note("curation_unknown", {"action": action}) for action in folded.unknown)
    notes = (*unknown, *_edit_notes(results, folded.dismissed))
    return replace(found, notes=notes, log=tuple(entries), agreements=agreements(found), dismissed=folded.dismissed)


def place_of(results: AnimalResults, component: int) -> Place:
    """Give what entries of a log call a component: key of the refit and number, or the act that made it by hand."""
    places = results.component_places
    return (results.keys["refit"], component) if places is None else places[component]


def _edit_notes(results: AnimalResults, dismissed: Collection[Place]) -> Iterator[Note]:
    """Say what was changed by hand and is not made in this run."""
    for said, why in lost_edits(results, dismissed):
        yield edit_note(said, why)


def edit_note(said: SaidEdit, why: Note) -> Note:
    """Say that a change by hand is not made in a run, and why."""
    return Note("edit_not_made", {"kind": said.kind, "who": said.who, "why": why.to_json()})


def lost_edits(results: AnimalResults, dismissed: Collection[Place]) -> list[tuple[SaidEdit, Note]]:
    """Give the changes by hand that are not made in a run, and why; without those that need not be shown."""
    edits, edited = results.edits, results.edited
    if edits is None:
        return []
    refused = edited.refused if edited else {}
    lost = [
        *((lost.said, lost.why) for lost in edits.lost),
        *((edits.said[number], why) for number, why in sorted(refused.items())),
    ]
    return [(said, why) for said, why in lost if place_of_change(said) not in dismissed]


def place_of_change(said: SaidEdit) -> Place:
    """Name a change by hand where it is dismissed."""
    return said.act, 0
