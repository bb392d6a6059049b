"""Does one job, in a process of its own that `WorkerProcesses` starts and tells the job's folder."""

import logging
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from calscope.jobs.job_folder import JobFolder, JobProcess, all_jobs
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus, StatusWriter
from calscope.jobs.manager import GRACE_S
from calscope.jobs.stop_signals import ended_in_time
from calscope.jobs.stored_run import asked_for
from calscope.jobs.sweep_job import swept_animal, write_points, write_search
from calscope.jobs.worker_processes import wait_for_folder
from calscope.model.errors import CalscopeError, Cancelled, StoreError
from calscope.pipeline.cohort import Step, run_cohort
from calscope.pipeline.error_words import in_words
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.find_values import SearchResults, find_values
from calscope.pipeline.sweeps.run_points import SweepPoint, SweepResults, run_sweep

logger = logging.getLogger("calscope.jobs")
_LOOK_FOR_CANCEL_S = 0.1
_LOOK_FOR_TURN_S = 0.5


class Worker:
    """One job from its turn to its end."""

    def __init__(self, folder: JobFolder) -> None:
        self.folder = folder
        self.store = Store(folder.path.parents[1])
        self.was_terminated = threading.Event()
        self._looked_at = 0.0
        self._is_cancelled = False
        self._any_good = False
        self._kind = ""
        self.out = StatusWriter(folder.path, JobStatus(note="starting"))

    def run(self) -> int:
        """Do the job and give the exit status."""
        try:
            with self.store.owners.own() as owner:
                self.folder.note_process(JobProcess.this_one(owner))
                return self._run()
        except OSError as problem:  # the store can't be written, not even the first word
            self._end("failed", f"The job did not begin: {in_words(problem, self.store.root)}")
            return 1

    def _run(self) -> int:
        try:
            spec = self.folder.read_spec()
            self._kind = spec.kind
            with self._turn():
                self.store.sweep(on_wait=lambda note: self._tell(note=note))
                self._tell(state="running", started_at=time.time(), note="")
                error = self._done(spec)
        except Cancelled:
            self._end("cancelled" if self._cancel_wanted() else "interrupted")
            return 130
        except CalscopeError as problem:
            logger.error("%s", problem)
            self._end("failed", str(problem))
            return 2
        except Exception as problem:  # whatever it is, the status must tell it, not only the log
            logger.exception("The job ended with an error in the program")
            said = in_words(problem, self.store.root).rstrip(".")
            self._end("failed", f"The job ended early: {said}. The log has more.")
            return 1
        self._end("done" if self._any_good or not error else "failed", error)
        return 0

    def check(self) -> None:
        """Raise `Cancelled` when the person or the system wants the job to stop; cheap enough to call often."""
        now = time.monotonic()
        if now - self._looked_at > _LOOK_FOR_CANCEL_S:
            self._looked_at = now
            self._is_cancelled = self._cancel_wanted()
        if self._is_cancelled or self.was_terminated.is_set():
            raise Cancelled

    def _turn(self) -> AbstractContextManager[object]:
        """Wait until no earlier job of this store waits or runs, then hold the one place there is.

        Exports read what is there, and need little memory: they wait for each other only, not for runs.
        """
        lock = FileLock(self.store.jobs / ("exporting.lock" if self._kind == "export" else "running.lock"))
        while True:
            self.check()
            ahead = self._jobs_ahead()
            if ahead == 0:
                try:
                    return lock.acquire(timeout=_LOOK_FOR_TURN_S)
                except Timeout:
                    ahead = 1
            self._tell(note=f"waiting for {ahead} job{'s' * (ahead > 1)}")
            time.sleep(_LOOK_FOR_TURN_S)

    def _jobs_ahead(self) -> int:
        earlier = [job for job in all_jobs(self.store.jobs) if job.id < self.folder.id and job.status().is_active]
        return sum((_kind_of(job) == "export") == (self._kind == "export") for job in earlier)

    def _done(self, spec: JobSpec) -> str:
        """Do what the job is for; give what failed, in words."""
        if spec.kind == "demo":
            return self._demo(spec)
        if spec.kind == "sweep":
            return self._sweep(spec)
        if spec.kind == "search":
            return self._search(spec)
        return self._export(spec) if spec.kind == "export" else self._animals(spec)

    def _animals(self, spec: JobSpec) -> str:
        """Run the animals; give what failed, in words."""
        refs, request = asked_for(spec, self.store)
        runs: list[AnimalRun] = []

        def keep(run: AnimalRun) -> None:
            runs.append(run)
            self._any_good |= not run.error
            self.folder.write_results(runs)

        run_cohort(refs, request, report=self._report, log=logger.info, on_done=keep)
        return _failures(runs)

    def _sweep(self, spec: JobSpec) -> str:
        """Run the points of a sweep; give what failed, in words."""

        def keep(results: SweepResults) -> None:
            self._any_good |= any(not point.error for point in results.points)
            write_points(self.folder, results)

        animal = swept_animal(self.store, spec)
        done = run_sweep(animal, spec.sweep_plan(), report=self._report, log=logger.info, on_point=keep)
        return _failed_points(done.points)

    def _search(self, spec: JobSpec) -> str:
        """Search for good values; give what failed, in words."""

        def keep(results: SearchResults) -> None:
            self._any_good |= any(not point.error for point in results.points)
            write_search(self.folder, results)

        animal = swept_animal(self.store, spec)
        done = find_values(animal, spec.search_plan(), report=self._report, log=logger.info, on_point=keep)
        return _failed_points(done.points)

    def _demo(self, spec: JobSpec) -> str:
        from calscope.io.demo.demo_files import write_demo  # noqa: PLC0415 - the simulator is needed here only

        wanted = spec.demo
        if wanted is None:
            raise CalscopeError("The job's description lacks the settings of the demo.")
        write_demo(
            Path(spec.data),
            animals=wanted.animals,
            frames=wanted.frames,
            size=wanted.size,
            seed=wanted.seed,
            progress=self._progress,
        )
        return ""

    def _export(self, spec: JobSpec) -> str:
        from calscope.jobs.downloads import make_download  # noqa: PLC0415 - the formats are needed here only
        from calscope.jobs.run_export import export_stored_run  # noqa: PLC0415

        if not spec.data:
            logger.info("%s", make_download(self.store, spec, self.folder, self._progress))
            return ""
        for path in export_stored_run(self.store, spec, self._progress):
            logger.info("%s", path)
        return ""

    def _progress(self, fraction: float, note: str = "", /) -> None:
        """Report a job of one piece, with the time left as if the rest went as fast."""
        elapsed = time.time() - (self.out.status.started_at or time.time())
        left = elapsed * (1 - fraction) / fraction if fraction > 0 else None
        self._report(Step(stage=self._kind, fraction=fraction, note=note, eta_s=left))

    def _report(self, step: Step) -> None:
        self.check()
        self._tell(animal=step.animal, stage=step.stage, fraction=step.fraction, note=step.note, eta_s=step.eta_s)

    def _tell(self, **changes: object) -> None:
        self.out.update(replace(self.out.status, **changes))  # type: ignore[arg-type]

    def _end(self, state: str, error: str = "") -> None:
        fraction = 1.0 if state == "done" else self.out.status.fraction
        self._tell(state=state, error=error, ended_at=time.time(), fraction=fraction, eta_s=None, note="")
        logger.info("%s", state)

    def _cancel_wanted(self) -> bool:
        return self.folder.cancel_age_s() is not None


def main() -> int:
    """Wait to be told a job's folder, and do that job; end where none comes any more."""
    folder = wait_for_folder()
    if folder is None:
        return 0
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    worker = Worker(folder)

    def on_terminate(number: int, frame: FrameType | None) -> None:
        worker.was_terminated.set()

    signal.signal(signal.SIGTERM, on_terminate)
    signal.signal(signal.SIGINT, on_terminate)
    threading.Thread(target=_watch, args=(folder,), name="cancel-watch", daemon=True).start()
    with ended_in_time(folder.end_own_process):
        return worker.run()


def _kind_of(job: JobFolder) -> str:
    try:
        return job.read_spec().kind
    except StoreError:
        return ""


def _watch(folder: JobFolder) -> None:
    """End the process group when the job does not stop by itself, even when nobody looks at the jobs any more."""
    while True:
        time.sleep(_LOOK_FOR_CANCEL_S)
        age_s = folder.cancel_age_s()
        if age_s is not None and age_s > GRACE_S:
            folder.end_process()


def _failed_points(points: Sequence[SweepPoint]) -> str:
    failed = [point for point in points if point.error]
    return f"{len(failed)} of {len(points)} points failed. {failed[0].error}" if failed else ""


def _failures(runs: list[AnimalRun]) -> str:
    failed = [run for run in runs if run.error]
    if not failed:
        return ""
    if len(runs) == 1:
        return failed[0].error
    return f"{len(failed)} of {len(runs)} animals failed. " + " ".join(run.error for run in failed)


if __name__ == "__main__":
    sys.exit(main())
