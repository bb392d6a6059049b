"""What persons decided of the components of an animal, as pages read it and add to it."""

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calscope.io.curation_log import has_log
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.curation.judgements import NO_JUDGEMENTS, Judgements, judged
from calscope.model.errors import StoreError
from calscope.model.results import Components, Evaluation
from calscope.pipeline.kept_judgements import judgements_in, open_log
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.session import places
from calscope.ui.session.lately import remembered
from calscope.ui.session.shown_run import ShownAnimal

NO_LOG = "These results are of no recording whose files are known, so no judgement of them can be kept."


def recording_of(animal: ShownAnimal) -> str:
    """Give the fingerprint of the recording; empty where judgements of it can't be kept."""
    info = animal.record.info if animal.record else None
    return info.fingerprint if info and has_log(info.fingerprint) else ""


def judge(view: EvaluatedAnimal) -> EvaluatedAnimal:
    """Give the animal as persons decided; where their log can't be read, as the thresholds did, and say why."""
    try:
        found = judgements_of(view.animal, view.components)
    except StoreError as error:
        return replace(view, closed=str(error))
    by_thresholds = view.by_thresholds or view.evaluation
    evaluation = by_thresholds and judged(by_thresholds, found)
    closed = "" if recording_of(view.animal) else NO_LOG
    decided = f" by hand {mark_of(evaluation.accepted)}" if evaluation and found.by_component else ""
    return replace(
        view, evaluation=evaluation, by_thresholds=by_thresholds, judgements=found, decided=decided, closed=closed
    )


def judged_evaluation(animal: ShownAnimal, evaluation: Evaluation | None) -> Evaluation | None:
    """Give an evaluation as persons decided; errors as `judgements_of`."""
    components = animal.results.refit
    if evaluation is None or components is None:
        return evaluation
    return judged(evaluation, judgements_of(animal, components))


def judgements_of(animal: ShownAnimal, components: Components) -> Judgements:
    """Give what holds for the components of an animal.

    Raises
    ------
    StoreError
        When there is a log that can't be read.
    """
    recording = recording_of(animal)
    if not recording or "refit" not in animal.results.keys:
        return NO_JUDGEMENTS
    log = open_log(places.store().root, recording)
    entries = log.entries()
    if not entries:
        return replace(NO_JUDGEMENTS, notes=log.notes())
    newest = len(entries), entries[-1].id
    found = _judgements(str(log.path), newest, animal.results.keys["refit"], _log=entries, _of=components)
    return replace(found, notes=(*log.notes(), *found.notes))


@remembered()
def _judgements(
    path: str, newest: tuple[int, str], refit: str, _log: tuple[CurationEntry, ...], _of: Components
) -> Judgements:
    """Fold a log once for the same entries: the row of animals, the page and its words all ask."""
    return judgements_in(_log, refit, _of)


def mark_of(accepted: NDArray[np.bool_]) -> str:
    """Name which components are accepted, for keys of what is drawn of them."""
    return hashlib.sha256(accepted.tobytes()).hexdigest()[:12]
