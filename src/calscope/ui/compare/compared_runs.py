"""Which two runs are compared, and what each has of an animal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from calscope.io.project import RecordingRef
from calscope.model.results import Components
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import AnimalRun
from calscope.ui.evaluation import judged_animal
from calscope.ui.frame import keys, wording
from calscope.ui.session import cached, edited, places, shown_run
from calscope.ui.session.shown_run import ShownAnimal, ShownRun

Letter = Literal["A", "B"]


@dataclass(frozen=True)
class Side:
    """One of the two runs, with what it has of one animal."""

    letter: Letter
    run: ShownRun
    animal: ShownAnimal

    @property
    def record(self) -> AnimalRun | None:
        """What the run left of the animal; None where it did not process it."""
        return self.animal.record

    @property
    def results(self) -> AnimalResults:
        """Results of the animal."""
        return self.animal.results

    @property
    def components(self) -> Components | None:
        """Components of the refit."""
        return self.results.refit

    @property
    def is_evaluated(self) -> bool:
        """Whether components were accepted and rejected."""
        return self.results.evaluation is not None

    @property
    def accepted(self) -> NDArray[np.bool_]:
        """(K,) all components where none was evaluated."""
        evaluation = judged_animal.judged_evaluation(self.animal, self.results.evaluation)
        components = self.components
        if evaluation is not None:
            return np.asarray(evaluation.accepted, bool)
        return np.ones(components.n if components else 0, bool)

    @property
    def key(self) -> str:
        """Names its components and which of them are accepted."""
        by_stage = " ".join(self.results.keys.get(stage, "") for stage in ("refit", "evaluation", "component_quality"))
        return f"{by_stage} {judged_animal.mark_of(self.accepted)}"

    @property
    def program(self) -> str:
        """The program that made the results."""
        return self.run.imported_from or self.run.job.spec.engine


def side_of(letter: Letter, run: ShownRun, ref: RecordingRef) -> Side:
    """Give what a run has of an animal."""
    record = record_of(run, ref)
    info = record.info if record else None
    found, not_edited = edited.results_of(record) if record else (cached.results({}), "")
    return Side(letter, run, ShownAnimal(ref.name, record, found, info, run, not_edited=not_edited))


def record_of(run: ShownRun, ref: RecordingRef) -> AnimalRun | None:
    """Give what a run left of one animal; of an imported file also where the field alone is as large."""
    return run.record(ref) or (_of_same_field(run, ref) if run.imported_from else None)


def is_guessed(run: ShownRun, ref: RecordingRef) -> bool:
    """Tell whether nothing in results says that they are of this animal."""
    record = record_of(run, ref)
    inside = record is not None and record.info is not None and Path(record.info.path).is_relative_to(ref.path)
    return bool(run.imported_from) and not inside


def _of_same_field(run: ShownRun, ref: RecordingRef) -> AnimalRun | None:
    found = list(run.job.results.values())
    info = found[0].info if len(found) == 1 else None
    if info is None:
        return None
    inside = Path(info.path).is_relative_to(ref.path)
    recording = None if inside else cached.info_or_none(str(ref.path))
    return found[0] if inside or (recording and recording.shape[1:] == info.shape[1:]) else None


def candidates(ref: RecordingRef) -> list[ShownRun]:
    """Give the runs that can be compared, newest first: those of the folder, and imported results of the animal."""
    return [*(run for run in shown_run.runs() if run.job.results), *_imports(ref)]


def _imports(ref: RecordingRef) -> list[ShownRun]:
    project = places.project()
    jobs = [
        job for job in places.jobs() if job.spec.kind == "import" and project and job.spec.data != str(project.root)
    ]
    found = (shown_run.as_shown(job) for job in jobs)
    return [run for run in found if run is not None and record_of(run, ref) is not None]


def compared(ref: RecordingRef, found: list[ShownRun]) -> tuple[ShownRun, ShownRun] | None:
    """Give the two runs that were picked, else the two newest that have the animal evaluated; None where there is one.

    The older one is A. Runs of the folder are taken before results that were made elsewhere.
    """
    if len(found) < 2:
        return None
    order = sorted(found, key=lambda run: (bool(run.imported_from), _lacks(run, ref)))
    picked = [_picked(key, found) for key in (keys.COMPARED_A, keys.COMPARED_B)]
    b = picked[1] or next(run for run in order if run is not picked[0])
    a = picked[0] or next(run for run in order if run is not b)
    return a, b


def _lacks(run: ShownRun, ref: RecordingRef) -> int:
    record = record_of(run, ref)
    if record is None:
        return 3
    return next((i for i, stage in enumerate(("evaluation", "refit")) if stage in record.keys), 2)


def _picked(key: str, found: list[ShownRun]) -> ShownRun | None:
    wanted = st.session_state.get(key)
    return next((run for run in found if run.id == wanted), None)


def missing(found: list[ShownRun]) -> list[str]:
    """Say which runs were asked for that can't be compared here, and why."""
    told = []
    for key in (keys.COMPARED_A, keys.COMPARED_B):
        wanted = st.session_state.get(key)
        if not wanted or any(run.id == wanted for run in found):
            continue
        job = places.job(wanted)
        if job is None:
            told.append(f"The run {wanted} is not in this store. The page Runs lists all.")
        elif not job.results:
            told.append(f"The run {wanted} of {wording.moment(job.created_at)} left no results to compare.")
        else:
            told.append(
                f"The run {wanted} of {wording.moment(job.created_at)} is of {wording.folder(job)} and has nothing of "
                "this animal, or another version of Calscope made it."
            )
    return told
