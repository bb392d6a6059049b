"""What persons decided of the components of a run, as the store's log of the recording has it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from calscope.algorithms.curation.carry_over import carry_over
from calscope.algorithms.curation.fold_log import fold_log
from calscope.io.curation_log import CurationLog, has_log, log_of
from calscope.model.curation.curation_entry import CurationEntry, Target
from calscope.model.curation.judgements import NO_JUDGEMENTS, Judgements, judged
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.model.notes import Note
from calscope.model.results import Components
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import AnimalRun


@lru_cache(maxsize=64)
def open_log(store_root: Path, recording: str) -> CurationLog:
    """Give the log of a recording, by its fingerprint; it remembers what it has read. Errors as `log_of`."""
    return log_of(store_root, recording)


def target_of(run: str, components: Components, component: int) -> Target:
    """Give a component as entries of a log mean it: `run` is the key of the refit that found it."""
    own = components.A[:, [component]]
    x, y = np.divmod(own.indices, components.dims[0])
    mass = own.data if own.data.sum() > 0 else np.ones(own.nnz)
    y_px, x_px = (float(np.average(place, weights=mass)) if own.nnz else 0.0 for place in (y, x))
    return Target(run, component, y_px, x_px, pack_footprint(components.A, component, components.dims))


def judgements_of(run: AnimalRun, results: AnimalResults) -> Judgements:
    """Give what holds for the components that a run found in one animal.

    Raises
    ------
    StoreError
        When there is a log that can't be read, or is another recording's.
    """
    entries, notes = entries_of(run, results)
    refit = results.refit if entries else None
    if refit is None:
        return replace(NO_JUDGEMENTS, notes=notes, log=entries)
    found = judgements_in(entries, results.keys["refit"], refit)
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


def judgements_in(entries: Sequence[CurationEntry], run: str, components: Components) -> Judgements:
    """Give what a log says of the components that the refit of that key found."""
    folded = fold_log(entries)
    found = carry_over(folded, run, components)
    unknown = tuple(Note("curation_unknown", {"action": action}) for action in folded.unknown)
    return replace(found, notes=unknown, log=tuple(entries))
