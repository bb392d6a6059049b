"""How far a job is: one small file that its worker replaces as a whole and everybody reads."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from calscope.io.atomic_write import is_full, write_text_whole

State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
Number = Annotated[float, Field(allow_inf_nan=False)]
Moment = Annotated[float, Field(ge=0, lt=1e11)]
"""Seconds since 1970, up to a year that calendars know."""
STATUS_FILE = "status.json"
SHORTEST_INTERVAL_S = 0.2


@dataclass(frozen=True)
class JobStatus:
    """State of a job; times are seconds since 1970."""

    state: State = "queued"
    animal: str = ""
    stage: str = ""
    """Name of the stage that runs."""
    fraction: Number = 0.0
    """Of the whole job, 0 to 1."""
    note: str = ""
    """What is going on, in short."""
    eta_s: Number | None = None
    """Seconds left, None where nothing is known yet."""
    started_at: Moment | None = None
    ended_at: Moment | None = None
    error: str = ""
    """Why it failed, in words; on a job that is done, what failed for single animals."""

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")


def read_status(folder: Path) -> JobStatus | None:
    """Give a job's status as its file has it; None where the file is absent or damaged."""
    try:
        return _STATUS.validate_json((folder / STATUS_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_status(folder: Path, status: JobStatus) -> None:
    """Replace a job's status; on a full disk how far it is can wait, how it ended is written all the same."""
    try:
        write_text_whole(folder / STATUS_FILE, _STATUS.dump_json(status, indent=1).decode())
    except OSError as error:
        if not is_full(error) or not (folder / STATUS_FILE).exists():
            raise
        if not status.is_active:
            _write_over(folder, status)


class StatusWriter:
    """Writes a job's status at most five times a second, and at once when its state, animal or stage changes."""

    def __init__(self, folder: Path, status: JobStatus) -> None:
        self.folder = folder
        self.status = status
        self._written_at = 0.0
        self._write()

    def update(self, status: JobStatus) -> None:
        """Take a new status, and write it if it is time."""
        old, self.status = self.status, status
        is_news = (old.state, old.animal, old.stage) != (status.state, status.animal, status.stage)
        if is_news or time.monotonic() - self._written_at >= SHORTEST_INTERVAL_S:
            self._write()

    def _write(self) -> None:
        self._written_at = time.monotonic()
        write_status(self.folder, self.status)


def _write_over(folder: Path, status: JobStatus) -> None:
    """Write a status in the place of the one that is there, for which a full disk has room."""
    with (folder / STATUS_FILE).open("r+b") as file:
        file.write(_STATUS.dump_json(status))
        file.truncate()


_STATUS = TypeAdapter(JobStatus)
