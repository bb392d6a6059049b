"""A demo with a run, its report and its bundle, each made once: what a server that only shows has to show."""

from pathlib import Path

from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import DEMOS, ExportFormat, ExportSettings, JobSpec
from calscope.jobs.manager import Job, JobManager
from calscope.jobs.stored_run import run_from_store
from calscope.model.errors import StoreError
from calscope.model.params import Parameters
from calscope.model.progress import Progress, silent
from calscope.pipeline.store import Store

NAME = next(iter(DEMOS))
HANDED_OVER: tuple[ExportFormat, ...] = ("report", "bundle")
_LOOK_EVERY_S = 0.3


def demo_folder(store: Store) -> Path:
    """Give where demo recordings are made."""
    return store.root / "demo"


def make_shown_demo(manager: JobManager, name: str = NAME, progress: Progress = silent) -> Path:
    """Make the demo of a name, run it, and make what can be handed over of it; what is there already is kept.

    Gives the folder of the recordings.

    Raises
    ------
    CalscopeError
        When one of them can't be made, with the reason.
    Cancelled
        When `progress` says so.
    """
    folder = demo_folder(manager.store) / name
    _done(manager, JobSpec(kind="demo", data=str(folder), demo=DEMOS[name]), progress)
    run = _done(manager, JobSpec(data=str(folder), params=Parameters().to_dict()), progress)
    for made in HANDED_OVER:
        _done(manager, JobSpec(kind="export", export=ExportSettings(run.id, made)), progress)
    return folder


def _done(manager: JobManager, spec: JobSpec, progress: Progress) -> Job:
    """Give the job that did this before, as long as what it made is there, else one that does it now."""
    for job in manager.jobs():
        if job.spec == spec and job.status.state == "done" and _is_there(manager, job):
            return job
    job_id = manager.submit(spec)
    try:
        while (job := manager.wait(job_id, _LOOK_EVERY_S)).status.is_active:
            progress(job.status.fraction, job.status.note)
    except BaseException:
        manager.end_now(job_id)
        raise
    if job.status.state != "done":
        raise StoreError(f"The demo can't be shown: {job.status.error or job.status.state}.")
    return job


def _is_there(manager: JobManager, job: Job) -> bool:
    if job.spec.kind == "export":
        return JobFolder(job.folder).made_file() is not None
    if job.spec.kind == "demo":
        return Path(job.spec.data).is_dir()
    return run_from_store(job.spec, manager.store) is not None
