"""How states, times, sizes and rates are said."""

from datetime import datetime

from calscope.jobs.manager import Job

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


def duration(seconds: float | None) -> str:
    """Say a length of time."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def moment(timestamp: float | None) -> str:
    """Say a moment in local time."""
    return "" if timestamp is None else datetime.fromtimestamp(timestamp).astimezone().strftime("%Y-%m-%d %H:%M")


def size(n_bytes: float) -> str:
    """Say a number of bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}" if unit in ("B", "kB") else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} TB"


def count(number: int, one: str, many: str = "") -> str:
    """Say a number of things."""
    return f"{number} {one if number == 1 else many or one + 's'}"
