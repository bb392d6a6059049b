"""How far each animal of the project is, and what goes on with it now."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.model.fields import StageName
from calscope.pipeline.records import PREVIEW_RUNS
from calscope.ui.session import shown_run

Busy = Literal["", "runs", "waits"]
Step = Literal["raw", "corrected", "extracted", "evaluated"]
STEPS: tuple[Step, ...] = ("raw", "corrected", "extracted", "evaluated")
_REACHED_WITH: tuple[tuple[Step, StageName], ...] = (
    ("evaluated", "evaluation"),
    ("extracted", "refit"),
    ("extracted", "fit"),
    ("corrected", "apply"),
)


@dataclass(frozen=True)
class AnimalState:
    """Where one animal stands."""

    name: str
    step: Step
    """The furthest that any run brought it to, or the run that was picked."""
    busy: Busy = ""
    failed: str = ""
    """Why the newest run ended early for it; empty where it did not."""


def states() -> Iterator[AnimalState]:
    """Give the state of every animal of the project."""
    for ref in shown_run.refs():
        newest = next((record for run in shown_run.looked_at() if (record := run.record(ref))), None)
        yield AnimalState(ref.name, step_of(ref), busy(ref.name), newest.error if newest else "")


def step_of(ref: RecordingRef) -> Step:
    """Give the furthest step that an animal reached."""
    reached: set[StageName] = set()
    for run in shown_run.looked_at():
        record = run.record(ref)
        reached |= set(record.keys) if record else set()
        if "evaluation" in reached:
            break
    return next((step for step, stage in _REACHED_WITH if stage in reached), "raw")


def have_all(step: Step) -> bool:
    """Tell whether all animals that runs work on have reached a step."""
    return all(STEPS.index(step_of(ref)) >= STEPS.index(step) for ref in shown_run.chosen_recordings())


def is_untouched() -> bool:
    """Tell whether no animal that runs work on is further than its recording."""
    return all(step_of(ref) == "raw" for ref in shown_run.chosen_recordings())


def busy(name: str) -> Busy:
    """Tell whether a run works on an animal or will do so."""
    job = job_of(name)
    if job is None:
        return ""
    return "runs" if job.status.state == "running" and job.status.animal == name else "waits"


def job_of(name: str) -> Job | None:
    """Give the run that works on an animal, or the first that will do so."""
    return next((job for job in active_jobs() if _is_to_do(job, name)), None)


def active_jobs() -> list[Job]:
    """Give the runs of the project that wait or run, in the order in which they have their turn."""
    return [job for job in reversed(shown_run.of_project()) if job.status.is_active]


def is_going_on() -> bool:
    """Tell whether a run of the project waits or runs; one that only looks at the raw movies is none."""
    return any(job.spec.until not in PREVIEW_RUNS for job in active_jobs())


def _is_to_do(job: Job, name: str) -> bool:
    return name not in job.results and (not job.spec.animals or name in job.spec.animals)
