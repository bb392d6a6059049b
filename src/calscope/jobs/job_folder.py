"""A job's folder: its files by name, and what they say about a job whose process is gone or can't be ended from here.

<store>/jobs/<id>/spec.json  status.json  process.json  results.json  log.txt  cancel  made/<file to download>
"""

import json
import os
import re
import secrets
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import psutil
from pydantic import TypeAdapter, ValidationError

from calscope.io.atomic_write import free_bytes, write_text_whole
from calscope.io.owners import Owners
from calscope.io.processes import process_identity
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import STATUS_FILE, JobStatus, read_status, write_status
from calscope.model.errors import StoreError
from calscope.model.quantities import size
from calscope.pipeline.disk_files import read_json
from calscope.pipeline.records import AnimalRun, StoredRun

_ID = re.compile("[0-9a-f]{16}-[0-9a-z]{6}")
_KILL_WAIT_S = 3.0
START_LIMIT_S = 60.0
"""A job whose process is unknown for longer was left by a server that ended while it started the job."""
ANSWER_LIMIT_S = 60.0
"""A worker ends within seconds after it is asked to stop; one of another machine or container that shares the store,
which can only be asked, is taken for gone when it has not done so for this long."""
GONE = (
    "The job's process ended before the job did: it was killed, ran out of memory or disk space, or the machine was "
    "restarted. Finished stages are in the store; run again to go on from there."
)
NOT_STARTED = "The job's process ended before the job began. The log says why."
ENDED = "The system asked the job to end. Finished stages are in the store; run again to go on from there."
FULL_BYTES = 1 << 20
"""A disk with less room is full for a job: nothing that it keeps fits."""


@dataclass(frozen=True)
class JobProcess:
    """The process that does a job."""

    owner: str
    """Its id among the owners of the store, which tells whether it is still there."""
    pid: int
    identity: str
    """What only this process has of all that ever get its number."""

    @classmethod
    def this_one(cls, owner: str) -> "JobProcess":
        """Describe the process that asks."""
        return cls(owner, os.getpid(), process_identity(os.getpid()) or "")

    @property
    def is_here(self) -> bool:
        """Whether its number is, on this machine and in this container, surely its own."""
        return process_identity(self.pid) == self.identity


@dataclass(frozen=True)
class JobFolder:
    """The files of one job."""

    path: Path

    @property
    def id(self) -> str:
        """Name of the job; later jobs sort later."""
        return self.path.name

    @property
    def log(self) -> Path:
        """What the worker and its libraries wrote."""
        return self.path / "log.txt"

    @property
    def made(self) -> Path:
        """Where the file lies that the job made to be downloaded."""
        return self.path / "made"

    def made_file(self) -> Path | None:
        """Give the file that the job made to be downloaded; None where it made none, or it was removed."""
        try:
            return next((path for path in self.made.iterdir() if path.is_file()), None)
        except OSError:
            return None

    def read_spec(self) -> JobSpec:
        """Give what the job should do; StoreError where that can't be read."""
        file = self.path / "spec.json"
        try:
            return JobSpec.from_json(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{file} can't be read: {error}.") from None

    def written(self) -> tuple[tuple[int, int], ...]:
        """Give size and time of each of the files that say what the job is, how it is, and what it gave."""
        return tuple(_size_and_time(self.path / name) for name in ("spec.json", STATUS_FILE, "results.json"))

    def write_spec(self, spec: JobSpec) -> None:
        """Write what the job should do."""
        write_text_whole(self.path / "spec.json", spec.to_json())

    def read_results(self) -> dict[str, AnimalRun]:
        """Give the records of the animals that have ended, by name."""
        try:
            runs = _RUNS.validate_json((self.path / "results.json").read_bytes())
        except (OSError, ValidationError):
            return {}
        return {run.name: run for run in runs}

    def write_results(self, runs: list[AnimalRun]) -> None:
        """Write the records of the animals that have ended."""
        write_text_whole(self.path / "results.json", _RUNS.dump_json(runs, indent=1).decode())

    def write_ended(self, runs: list[AnimalRun], begun_at: float) -> None:
        """Write the records of animals that have all ended well, and that the job is done."""
        self.write_results(runs)
        write_status(self.path, JobStatus(state="done", fraction=1.0, started_at=begun_at, ended_at=time.time()))

    def note_process(self, process: JobProcess) -> None:
        """Write which process does the job."""
        write_text_whole(self.path / "process.json", json.dumps(asdict(process)))

    def process(self) -> JobProcess | None:
        """Give the process that does the job, None where it was never noted, or by an earlier version."""
        try:
            return _PROCESS.validate_python(read_json(self.path / "process.json"))
        except ValidationError:
            return None

    def note_end(self) -> None:
        """Say in the status that the process has ended, where it ended before it could say anything."""
        status = read_status(self.path)
        if status is not None and status.is_active and self.process() is None:
            write_status(self.path, replace(status, state="interrupted", note="", error=self._why(NOT_STARTED)))

    def ask_to_cancel(self) -> None:
        """Ask the worker to stop; the time of the first request counts."""
        (self.path / "cancel").open("a").close()

    def cancel_age_s(self) -> float | None:
        """Give the seconds since the job was asked to stop, None where it was not."""
        try:
            return max(0.0, time.time() - (self.path / "cancel").stat().st_mtime)
        except OSError:
            return None

    def says_active(self) -> bool:
        """Whether the status in its file is that the job waits or runs, which may no longer be so."""
        status = read_status(self.path)
        return status is not None and status.is_active

    def status(self) -> JobStatus:
        """Give the job's status, corrected where its file is damaged or its process is gone."""
        status = read_status(self.path)
        if status is None:
            return JobStatus(state="interrupted", error=f"{self.path / 'status.json'} is missing or damaged.")
        if not status.is_active or not self._process_is_gone():
            return status
        status = read_status(self.path) or status  # it may have ended well between the two looks
        if not status.is_active:
            return status
        if self.cancel_age_s() is not None:
            return replace(status, state="cancelled", note="", eta_s=None)
        return replace(status, state="interrupted", note="", eta_s=None, error=self._why(GONE))

    def end_process(self) -> None:
        """Say in the status that the job was cancelled, and end its process group at once.

        In this order, because a worker that is stuck ends itself by this too. Comes back when the process is gone, so
        that what it left can be swept. A worker of another machine or container is only asked: here its number belongs
        to a process that has nothing to do with it. One that is only starting stops before it begins.
        """
        self.ask_to_cancel()
        process = self.process()
        is_gone = process is None or self._owners.is_gone(process.owner)
        if process is not None and not is_gone and not process.is_here:
            return
        status = replace(read_status(self.path) or JobStatus(), note="", eta_s=None, ended_at=time.time())
        if status.is_active:
            write_status(self.path, replace(status, state="cancelled"))
        if process is None or is_gone:
            return
        _kill_group(process.pid)
        end = time.monotonic() + _KILL_WAIT_S
        while not self._owners.is_gone(process.owner) and time.monotonic() < end:
            time.sleep(0.01)

    def _why(self, otherwise: str) -> str:
        """Say why the job's process has ended without a word: where the disk is full, it could not say so."""
        free = free_bytes(self.path)
        if free is None or free >= FULL_BYTES:
            return otherwise
        return (
            f"The job's process ended before the job did, and the disk of the result store {self.path.parents[1]} is "
            f"full ({size(free)} free). Free some space, or prune the store on the page Runs, and run again: finished "
            "stages are in the store."
        )

    def end_own_process(self) -> None:
        """Say in the status that the job was interrupted, and end this process and its group at once."""
        status = read_status(self.path) or JobStatus()
        if status.is_active:
            ended = replace(status, state="interrupted", note="", eta_s=None, ended_at=time.time(), error=ENDED)
            with suppress(OSError):
                write_status(self.path, ended)
        _kill_group(os.getpid())

    @cached_property
    def _owners(self) -> Owners:
        return Owners(self.path.parents[1])

    def _process_is_gone(self) -> bool:
        process = self.process()
        if process is None:
            return time.time() - self.path.stat().st_mtime > START_LIMIT_S
        if self._owners.is_gone(process.owner):
            return True
        return (self.cancel_age_s() or 0.0) > ANSWER_LIMIT_S and not process.is_here


def _size_and_time(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def new_id() -> str:
    """Give the id of a new job: when it was made, ns since 1970, and a random part."""
    return f"{time.time_ns():016x}-{secrets.token_hex(3)}"


def find_job(jobs: Path, job_id: str) -> JobFolder | None:
    """Give a job's folder by its id; None where there is none, or the id is not of our pattern."""
    path = jobs / job_id
    return JobFolder(path) if _ID.fullmatch(job_id) and path.is_dir() else None


def all_jobs(jobs: Path) -> list[JobFolder]:
    """Give the folders of all jobs, the newest first; whatever else lies among them is a person's own."""
    names = [path.name for path in jobs.glob("*-*")]
    found = (find_job(jobs, name) for name in sorted(names, reverse=True))
    return [folder for folder in found if folder is not None]


def _kill_group(pid: int) -> None:
    if pid <= 1:  # to a signal, group 1 means every process there is
        return
    try:
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
            return
        process = psutil.Process(pid)
        for child in [*process.children(recursive=True), process]:
            child.kill()
    except (ProcessLookupError, psutil.NoSuchProcess):
        return


_RUNS: TypeAdapter[list[AnimalRun]] = TypeAdapter(list[StoredRun])
_PROCESS = TypeAdapter(JobProcess)
