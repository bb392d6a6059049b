"""How states, moments and numbers of things are said; lengths of time and sizes are in `model/quantities.py`."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from calscope.export.formats.format_words import words_of
from calscope.jobs.manager import Job
from calscope.model.quantities import duration

UNTIL_TITLES = {
    "summary": "Summary of the raw movies",
    "preview": "Preview of the motion correction",
    "proposals": "Measurement of what parameters fit",
    "motion": "Motion correction",
    "extraction": "Extraction",
    "evaluation": "Whole analysis",
    "injected": "Search for known cells",
}
MADE: Mapping[str, str] = MappingProxyType(
    {"motion": "corrected", "extraction": "extracted", "evaluation": "evaluated"}
)
"""What was done with each animal of a run, by the last step of the run."""
UNKNOWN = "unknown"
FEW = 3
"""Of more animals, their number is said in the place of their names."""


def progress(job: Job, ahead: Job | None = None, *, alone: bool = True) -> str:
    """Say how far a job is.

    Parameters
    ----------
    ahead
        The job that it waits for; None where it is its turn.
    alone
        Whether no other job runs or waits that it could be taken for.
    """
    status = job.status
    name = title(job) if alone else f"{title(job)} of {subject(job)}"
    if ahead is not None and status.state == "queued":
        return f"{name} · waits for the run before it: {title(ahead)} of {subject(ahead)}"
    if status.state == "queued":
        return f"{name} · starting"
    parts = [name, status.animal, status.note or "starting", f"{100 * status.fraction:.0f} %"]
    if status.eta_s:
        parts.append(f"{duration(status.eta_s)} left")
    elif status.eta_s is None and job.spec.kind == "run" and status.stage:
        parts.append("time left unknown: this engine has not run here yet")
    return " · ".join(part for part in parts if part)


def ended(job: Job) -> str:
    """Say how a run has ended, and with how many animals."""
    n_failed = sum(bool(record.error) for record in job.results.values())
    n_made = len(job.results) - n_failed
    parts = [f"{count(n_made, 'animal')} {MADE[job.spec.until]}"] if n_made else []
    parts += [f"{n_failed} failed"] if n_failed else []
    parts += [f"it was {job.status.state}"] if job.status.state == "interrupted" else []
    return f"The run of {folder(job)} has ended: {', '.join(parts) or job.status.error or job.status.state}"


def subject(job: Job) -> str:
    """Say what a job works on, and since when: few others are like it."""
    if job.spec.kind == "export":
        return moment(job.created_at)
    whose = f"{animals(job)} in {folder(job)}" if job.spec.animals else folder(job)
    return f"{whose}, {moment(job.created_at)[-len('00:00') :]}"


def folder(job: Job) -> str:
    """Give the name of the folder of a job."""
    names = [name for name in re.split(r"[/\\]", job.spec.data) if name]  # jobs of Windows are looked at elsewhere too
    return names[-1] if names else job.spec.data


def animals(job: Job) -> str:
    """Say which animals a job was ordered for: few by their names, many by their number; '' where that means all."""
    return some(job.spec.animals or (), "animal")


def some(names: Sequence[str], one: str) -> str:
    """Give few names as they are, and the number of many."""
    return ", ".join(names) if len(names) <= FEW else count(len(names), one)


def title(job: Job) -> str:
    """Say in a few words what a job does."""
    if job.spec.kind == "import":
        return "Imported results"
    if job.spec.kind == "sweep":
        swept = job.spec.sweep.over if job.spec.sweep else ()
        return "Sweep of " + " and ".join(one.parameter.rpartition(".")[2] for one in swept)
    if job.spec.kind == "search":
        return "Search for good values"
    if job.spec.kind == "export":
        return f"Export: {words_of(job.spec.export.format).title}" if job.spec.export else "Export"
    return "Making the demo" if job.spec.kind == "demo" else UNTIL_TITLES.get(job.spec.until, job.spec.until)


def moment(timestamp: float | None) -> str:
    """Say a moment in local time."""
    return "" if timestamp is None else datetime.fromtimestamp(timestamp).astimezone().strftime("%Y-%m-%d %H:%M")


def told_apart(labels: Mapping[str, str]) -> dict[str, str]:
    """Add numbers, from the last one up, to labels that are alike: of two such, only one could be picked."""
    left, told = Counter(labels.values()), dict[str, str]()
    alike = {label for label, number in left.items() if number > 1}
    for key, label in labels.items():
        told[key] = f"{label} ({left[label]})" if label in alike else label
        left[label] -= 1
    return told


def count(number: int, one: str, many: str = "") -> str:
    """Say a number of things."""
    return f"{number} {one if number == 1 else many or one + 's'}"
