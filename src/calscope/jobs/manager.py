"""Starts jobs, tells how they are, cancels and removes them; all it knows is on disk, so it survives a restart."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from calscope.engines.engine import check_seeds
from calscope.engines.engine_registry import get_engine
from calscope.io.safe_paths import allowed_roots, resolve_new_folder
from calscope.io.server_rights import Right, allowed, require
from calscope.jobs.job_folder import JobFolder, all_jobs, find_job, new_id
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.stop_signals import STOP_S
from calscope.jobs.stored_run import run_from_store
from calscope.jobs.worker_processes import WorkerProcesses
from calscope.model.errors import StoreError
from calscope.pipeline.disk_files import store_trouble
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store

GRACE_S = STOP_S
"""How long a cancelled job may take to stop by itself before its process group is ended."""
WORKER = ("-m", "calscope.jobs.worker")
_LOG_TAIL_BYTES = 64 << 10


class NoSuchJobError(StoreError):
    """There is no job of that number, or no longer."""


@dataclass(frozen=True)
class Job:
    """A job as it is now."""

    id: str
    folder: Path
    spec: JobSpec
    status: JobStatus
    results: Mapping[str, AnimalRun]
    """Animals that are through, well or with an error, by name."""

    @property
    def created_at(self) -> float:
        """When it was submitted, seconds since 1970."""
        return int(self.id.split("-")[0], 16) / 1e9


class _Ended(NamedTuple):
    """A job that has ended, as it was read, and the state of its files before that."""

    written: tuple[tuple[int, int], ...]
    job: Job


class JobManager:
    """The jobs of one store."""

    def __init__(self, root: Path, worker: Sequence[str] = WORKER) -> None:
        """Take the store's root, and what Python runs as the worker."""
        self.store = Store(root)
        self.workers = WorkerProcesses(worker)
        self._ended: dict[str, _Ended] = {}

    def submit(self, spec: JobSpec) -> str:
        """Start a job in a process of its own, and give its id; it waits its turn if another one runs.

        A run that was done before, and of which everything is still in the store, has ended when this comes back.

        Raises
        ------
        ParameterError, EngineError
            When the parameters don't fit or the engine can't run here.
        RecordingError
            When an export is to write to a folder that may not be opened.
        StoreError
            When the store can't be written.
        NotAllowedError
            When this server starts nothing.
        """
        require(Right.RUN)
        if spec.kind == "run":
            spec.parameters()
            engine = get_engine(spec.engine)
            for inputs in spec.inputs.values():
                check_seeds(engine, inputs.seeds)
        if spec.kind in ("sweep", "search"):
            spec.sweep_plan() if spec.kind == "sweep" else spec.search_plan()
            get_engine(spec.engine)
        if spec.kind == "export" and spec.data:  # without a folder it makes a file to be downloaded
            resolve_new_folder(spec.data, allowed_roots())
        self.store.sweep()
        folder, begun_at = self._new_folder(), time.time()
        runs = run_from_store(spec, self.store) if self._was_done(spec) else None
        with self._made(folder):
            folder.write_spec(spec)
            if runs is not None:
                folder.write_ended(runs, begun_at)
            else:
                write_status(folder.path, JobStatus(note="starting"))
                self.workers.do(folder)
        return folder.id

    def _was_done(self, spec: JobSpec) -> bool:
        return spec.kind == "run" and any(job.spec == spec and job.status.state == "done" for job in self.jobs())

    def keep_import(self, *runs: AnimalRun, data: str = "") -> str:
        """Put down results that were made elsewhere as a job that has ended, and give its id; the same ones only once.

        Parameters
        ----------
        data
            Where they lie; where the first says so unless given.

        Raises
        ------
        StoreError
            When the store can't be written.
        NotAllowedError
            When this server takes nothing in.
        """
        require(Right.IMPORT)
        first = runs[0]
        place = data or (first.info.path if first.info else "")
        spec = JobSpec(kind="import", data=place, params=first.requested, engine=first.engine)
        results = {run.name: run for run in runs}
        for job in self.jobs():
            if job.spec.kind == "import" and job.spec.data == spec.data and job.results == results:
                return job.id
        folder = self._new_folder()
        with self._made(folder):
            folder.write_spec(spec)
            folder.write_ended(list(runs), time.time())
        return folder.id

    def jobs(self) -> list[Job]:
        """Give all jobs, the newest first."""
        looked_at = [self._look(folder) for folder in all_jobs(self.store.jobs)]
        found = [job for job in looked_at if job.folder.is_dir()]  # one may have been removed meanwhile
        self._ended = {job.id: self._ended[job.id] for job in found if job.id in self._ended}
        return found

    def get(self, job_id: str) -> Job:
        """Give one job.

        Raises
        ------
        NoSuchJobError
            When there is none of that id.
        """
        return self._look(self._folder(job_id))

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; one that does not is ended when it is looked at after the grace period.

        Raises
        ------
        NoSuchJobError
            When there is none of that id.
        NotAllowedError
            When this server stops nothing.
        """
        require(Right.RUN)
        with store_trouble(self.store.root):
            try:
                self._folder(job_id).ask_to_cancel()
            except FileNotFoundError:
                raise self._no_such(job_id) from None

    def end_now(self, job_id: str) -> None:
        """End a job's process group without asking; what it left half-made is swept. Errors as `cancel`."""
        require(Right.RUN)
        self._folder(job_id).end_process()
        self.store.sweep()

    def wait(self, job_id: str, timeout_s: float) -> Job:
        """Wait until a job has ended, or the time is over, and give it as it is then."""
        end = time.monotonic() + timeout_s
        while (job := self.get(job_id)).status.is_active and time.monotonic() < end:
            time.sleep(0.05)
        return job

    def log_tail(self, job_id: str, n: int = 50) -> str:
        """Give the last `n` lines of a job's log."""
        try:
            with self._folder(job_id).log.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-n:])

    def remove(self, job_id: str) -> None:
        """Forget a job, at once for all who look; its results stay in the store until they are pruned.

        Raises
        ------
        NoSuchJobError
            When there is none of that id.
        StoreError
            When it still waits or runs.
        NotAllowedError
            When this server removes nothing.
        """
        require(Right.REMOVE)
        job = self.get(job_id)
        if job.status.is_active:
            raise StoreError(f"The job {job_id} is {job.status.state}. Cancel it before removing it.")
        with store_trouble(self.store.root), self.store.scratch() as scratch:
            try:
                job.folder.rename(scratch / job_id)
            except FileNotFoundError:
                raise self._no_such(job_id) from None

    @contextmanager
    def _made(self, folder: JobFolder) -> Iterator[None]:
        """Make a job's folder for what the block puts into it; a job of which not all could be written is none."""
        with store_trouble(self.store.root):
            folder.path.mkdir(parents=True)
            try:
                yield
            except OSError:
                shutil.rmtree(folder.path, ignore_errors=True)
                raise

    def _new_folder(self) -> JobFolder:
        return JobFolder(self.store.jobs / new_id())

    def _folder(self, job_id: str) -> JobFolder:
        folder = find_job(self.store.jobs, job_id)
        if folder is None:
            raise self._no_such(job_id)
        return folder

    def _no_such(self, job_id: str) -> NoSuchJobError:
        return NoSuchJobError(f"There is no job {job_id!r} in {self.store.jobs}. It may have been removed.")

    def _look(self, folder: JobFolder) -> Job:
        """Look at a job; one that has ended is read again only when its files have changed."""
        written, known = folder.written(), self._ended.get(folder.id)
        if known is not None and known.written == written:
            return known.job
        job = self._read(folder)
        if not job.status.is_active and not folder.says_active():
            self._ended[folder.id] = _Ended(written, job)
        return job

    def _read(self, folder: JobFolder) -> Job:
        status = folder.status()
        cancel_age = folder.cancel_age_s()
        is_late = cancel_age is not None and cancel_age > GRACE_S
        if status.is_active and is_late and allowed(Right.RUN):
            self.end_now(folder.id)
            status = folder.status()
        try:
            spec = folder.read_spec()
        except StoreError as error:
            spec = JobSpec()
            status = JobStatus(state="interrupted", error=str(error))
        return Job(folder.id, folder.path, spec, status, folder.read_results())
