"""Runs that are kept waiting or stopped, for tests of what is shown meanwhile: a fast machine would have ended them."""

from contextlib import contextmanager

import psutil
from filelock import FileLock
from waiting import until

from calscope.jobs.job_folder import JobFolder
from calscope.jobs.manager import JobManager


def newest(store):
    return JobManager(store).jobs()[0]


@contextmanager
def waits_for_its_turn(store):
    """Keep the runs of a store waiting, as another run would."""
    with FileLock(store / "jobs" / "running.lock"):
        yield


@contextmanager
def stopped(store):
    """Stop the process of the newest run as soon as it works on an animal, and let it go on afterwards."""
    job = until(lambda: newest(store), lambda job: job.status.state == "running" and job.status.animal)
    process = psutil.Process(JobFolder(store / "jobs" / job.id).process().pid)
    process.suspend()
    try:
        assert newest(store).status.state == "running"
        yield
    finally:
        process.resume()


@contextmanager
def tries_nothing(server_pid):
    """Stop the process that tries parameters for a server, and let it go on afterwards."""
    children = psutil.Process(server_pid).children
    (process,) = [one for one in children() if "calscope.jobs.tune_worker" in one.cmdline()]
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def ended(store, press):
    """Do what starts a run, and wait until that run has ended."""
    before = len(JobManager(store).jobs())
    press()
    jobs = until(JobManager(store).jobs, lambda jobs: len(jobs) > before)
    return JobManager(store).wait(jobs[0].id, 240)
