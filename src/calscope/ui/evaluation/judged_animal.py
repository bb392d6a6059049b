"""What persons decided of the components of an animal, as pages read it and add to it."""

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calscope.io.curation_log import has_log
from calscope.io.server_rights import Right, server_rights
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.curation.judgements import NO_JUDGEMENTS, Judgements, judged
from calscope.model.errors import StoreError
from calscope.model.results import Evaluation
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import in_sight_of, judgements_in, open_log
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.session import blind_rater, places
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
        found = judgements_of(view.animal)
    except StoreError as error:
        return replace(view, closed=str(error))
    by_thresholds = view.by_thresholds or view.evaluation
    evaluation = by_thresholds and judged(by_thresholds, found)
    closed = server_rights().why_not(Right.JUDGE) if recording_of(view.animal) else NO_LOG
    decided = f" by hand {mark_of(evaluation.accepted)}" if evaluation and found.by_component else ""
    return replace(
        view, evaluation=evaluation, by_thresholds=by_thresholds, judgements=found, decided=decided, closed=closed
    )


def judged_evaluation(animal: ShownAnimal, evaluation: Evaluation | None) -> Evaluation | None:
    """Give an evaluation as persons decided; errors as `judgements_of`."""
    if evaluation is None or animal.results.refit is None:
        return evaluation
    return judged(evaluation, judgements_of(animal))


def judgements_of(animal: ShownAnimal) -> Judgements:
    """Give what holds for the components of an animal; for a blind rater, only of what that rater said.

    Raises
    ------
    StoreError
        When there is a log that can't be read.
    """
    recording = recording_of(animal)
    if not recording or animal.results.refit is None:
        return NO_JUDGEMENTS
    log = open_log(places.store().root, recording)
    entries, rater = log.entries(), blind_rater.name()
    if not entries:
        return replace(NO_JUDGEMENTS, notes=log.notes())
    newest = len(entries), entries[-1].id
    found = _judgements(str(log.path), newest, animal.results.keys["refit"], rater, _log=entries, _of=animal.results)
    return replace(found, notes=(*log.notes(), *found.notes))


@remembered()
def _judgements(
    path: str, newest: tuple[int, str], refit: str, rater: str, _log: tuple[CurationEntry, ...], _of: AnimalResults
) -> Judgements:
    """Fold a log once for the same entries: the row of animals, the page and its words all ask."""
    return judgements_in(in_sight_of(rater, _log), _of)


def mark_of(accepted: NDArray[np.bool_]) -> str:
    """Name which components are accepted, for keys of what is drawn of them."""
    return hashlib.sha256(accepted.tobytes()).hexdigest()[:12]
