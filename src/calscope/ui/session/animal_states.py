"""How far each animal of the project is, and what goes on with it now."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from calscope.io.project import RecordingRef
from calscope.jobs.manager import Job
from calscope.model.fields import StageName
from calscope.ui.session import shown_run

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
    busy: Literal["", "runs", "waits"] = ""
    failed: str = ""
    """Why the newest run ended early for it; empty where it did not."""


def states() -> Iterator[AnimalState]:
    """Give the state of every animal of the project."""
    active = [job for job in shown_run.of_project() if job.status.is_active]
    active.reverse()
    for ref in shown_run.refs():
        newest = next((record for run in shown_run.looked_at() if (record := run.record(ref))), None)
        yield AnimalState(ref.name, step_of(ref), _busy(ref.name, active), newest.error if newest else "")


def step_of(ref: RecordingRef) -> Step:
    """Give the furthest step that an animal reached."""
    reached: set[StageName] = set()
    for run in shown_run.looked_at():
        record = run.record(ref)
        reached |= set(record.keys) if record else set()
        if "evaluation" in reached:
            break
    return next((step for step, stage in _REACHED_WITH if stage in reached), "raw")


def _busy(name: str, active: list[Job]) -> Literal["", "runs", "waits"]:
    """Tell whether a run works on an animal or will do so."""
    for job in active:
        if (job.spec.animals and name not in job.spec.animals) or name in job.results:
            continue
        return "runs" if job.status.state == "running" and job.status.animal == name else "waits"
    return ""
