"""How states, moments and numbers of things are said; lengths of time and sizes are in `model/words.py`."""

from datetime import datetime

from calscope.jobs.manager import Job
from calscope.model.words import duration

UNTIL_TITLES = {
    "summary": "Look at the raw movies",
    "preview": "Preview of the motion correction",
    "motion": "Motion correction",
    "extraction": "Extraction",
    "evaluation": "Evaluation and traces",
}
UNKNOWN = "unknown"


def progress(job: Job) -> str:
    """Say how far a job is."""
    status = job.status
    if status.state == "queued":
        return f"{title(job)} · waiting for the run before it"
    parts = [title(job), status.animal, status.note or "starting", f"{100 * status.fraction:.0f} %"]
    if status.eta_s:
        parts.append(f"{duration(status.eta_s)} left")
    elif status.eta_s is None and job.spec.kind == "run" and status.stage:
        parts.append("no estimate of the time left yet, this engine has not run here so far")
    return " · ".join(part for part in parts if part)


def title(job: Job) -> str:
    """Say in a few words what a job does."""
    if job.spec.kind == "import":
        return "Imported results"
    return "Making the demo" if job.spec.kind == "demo" else UNTIL_TITLES.get(job.spec.until, job.spec.until)


def moment(timestamp: float | None) -> str:
    """Say a moment in local time."""
    return "" if timestamp is None else datetime.fromtimestamp(timestamp).astimezone().strftime("%Y-%m-%d %H:%M")


def count(number: int, one: str, many: str = "") -> str:
    """Say a number of things."""
    return f"{number} {one if number == 1 else many or one + 's'}"
