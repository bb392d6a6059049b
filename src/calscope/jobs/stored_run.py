"""What a job asks of the pipeline; and runs that find everything in the store, which need no process of their own."""

import time
from dataclasses import replace
from pathlib import Path

from calscope.engines.engine_registry import get_engine
from calscope.io.project import RecordingRef, find_recordings
from calscope.jobs.job_spec import JobSpec
from calscope.model.errors import CalscopeError, Cancelled
from calscope.pipeline.cohort import RunRequest, Step, choose_animals, run_cohort
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store

LONGEST_S = 2.0
"""A run that takes longer, because its recordings are long or many, is left to a process that tells its progress."""


def asked_for(spec: JobSpec, store: Store) -> tuple[tuple[RecordingRef, ...], RunRequest]:
    """Give the recordings that a job is to run, and how.

    Raises
    ------
    CalscopeError
        When they are not there, or a parameter or the engine is not allowed.
    """
    project = find_recordings(Path(spec.data))
    refs = choose_animals(project, spec.animals)
    choose_animals(project, tuple(spec.inputs))  # refuses inputs of an animal that isn't there
    request = RunRequest(
        params=spec.parameters(),
        engine=get_engine(spec.engine),
        store=store,
        until=spec.until,
        n_frames=spec.n_frames,
        workers=spec.workers,
        inputs=spec.inputs,
    )
    return refs, request


def run_from_store(spec: JobSpec, store: Store) -> list[AnimalRun] | None:
    """Give the records of a run that finds everything in the store, as the run itself would write them.

    Nothing is computed: it ends before the first stage that is not there.

    Returns
    -------
    list of AnimalRun, or None
        None where something has to be made, where something is wrong, or where it takes long.
    """
    end = time.monotonic() + LONGEST_S

    def go_on(step: Step) -> None:
        if step.stage or time.monotonic() > end:
            raise Cancelled

    try:
        runs = run_cohort(*asked_for(spec, store), report=go_on, on_done=lambda run: None)
    except (CalscopeError, Cancelled):
        return None  # whoever does the job says what is wrong
    if any(run.error for run in runs):
        return None
    return [replace(run, peak_memory_bytes=0) for run in runs]  # not the run's own: the server's
