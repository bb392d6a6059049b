"""A process that is ready for the next job: it does that one job as a new process would, and never outlives its use."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import ready_server
from small_recordings import make_data

from calscope.jobs import worker_processes
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import WORKER, JobManager

pytestmark = pytest.mark.slow
RATE = {"dataset": {"fr": 10.0}}
NOWHERE = JobSpec(data="/nowhere/at/all", params=RATE, until="summary")
"""A job that begins, says what is wrong and ends."""
READY_SERVER = Path(ready_server.__file__)


@pytest.fixture
def kept(manager, monkeypatch):
    """A manager that keeps a process ready as soon as it is asked to."""
    monkeypatch.setattr(worker_processes, "QUIET_S", 0.1)
    yield manager
    manager.workers.let_go()


@pytest.fixture
def recordings(tmp_path):
    return make_data(tmp_path / "data")


@contextmanager
def server(*arguments):
    """A server of its own process, that the block ends."""
    command = [sys.executable, str(READY_SERVER), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def long_job(recordings, engine="slow"):
    return JobSpec(data=str(recordings), params=RATE, until="motion", workers=1, engine=engine)


def start(manager, spec, wait_until):
    job_id = manager.submit(spec)
    wait_until(lambda: list(manager.store.results.glob("??/.tmp-*/working_copy.npy")))
    return job_id


def ready_pid(manager, wait_until):
    """Ask as pages ask, and give the number of the process that waits."""
    manager.workers.keep_ready()
    wait_until(lambda: manager.workers.waiting_pid)
    return manager.workers.waiting_pid


def worker_of(manager, job_id):
    return JobFolder(manager.store.jobs / job_id).process()


def has_ended(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_process_that_waits_does_the_next_job_and_another_waits_after_it(kept, wait_until):
    pid = ready_pid(kept, wait_until)
    assert kept.jobs() == [] and not list(kept.store.root.rglob("*.lock")), "what waits is no job and owns nothing"
    job = kept.wait(kept.submit(NOWHERE), 60)
    assert worker_of(kept, job.id).pid == pid
    assert job.status.state == "failed" and "nothing at '/nowhere/at/all'" in job.status.error
    assert "nothing at '/nowhere/at/all'" in kept.log_tail(job.id), "it writes into the log of its job"
    following = ready_pid(kept, wait_until)
    assert following != pid and has_ended(pid), "each does one job"


def test_none_is_made_ready_while_a_job_runs(kept, recordings, wait_until):
    ready_pid(kept, wait_until)
    kept.submit(long_job(recordings))
    time.sleep(1)
    assert kept.workers.waiting_pid is None


def test_without_being_asked_none_is_kept(manager):
    job = manager.wait(manager.submit(NOWHERE), 60)
    assert job.status.state == "failed"
    time.sleep(0.5)
    assert manager.workers.waiting_pid is None


def test_one_that_was_killed_while_it_waited_is_not_missed(kept, wait_until):
    pid = ready_pid(kept, wait_until)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: has_ended(pid))
    job = kept.wait(kept.submit(NOWHERE), 60)
    assert job.status.state == "failed" and worker_of(kept, job.id).pid != pid


def test_one_that_was_killed_is_made_again(kept, wait_until):
    pid = ready_pid(kept, wait_until)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: kept.workers.waiting_pid not in (None, pid))


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_one_that_is_killed_after_it_was_told_and_before_it_begins_is_replaced(kept, wait_until):
    pid = ready_pid(kept, wait_until)
    os.kill(pid, signal.SIGSTOP)
    job_id = kept.submit(NOWHERE)
    assert kept.get(job_id).status.state == "queued" and worker_of(kept, job_id) is None
    os.kill(pid, signal.SIGKILL)
    job = kept.wait(job_id, 60)
    assert job.status.state == "failed" and worker_of(kept, job.id).pid != pid


def test_one_that_can_not_be_told_is_replaced(kept, wait_until, monkeypatch):
    """The look whether it is still there comes too early to see that it has ended."""
    pid = ready_pid(kept, wait_until)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: has_ended(pid))
    monkeypatch.setattr(kept.workers._ready.process, "poll", lambda: None)
    job = kept.wait(kept.submit(NOWHERE), 60)
    assert job.status.state == "failed" and worker_of(kept, job.id).pid != pid


@pytest.mark.parametrize("change", ["a variable", "the folder", "the code"])
def test_one_of_other_surroundings_is_let_go(kept, wait_until, monkeypatch, tmp_path, change):
    pid = ready_pid(kept, wait_until)
    if change == "a variable":
        monkeypatch.setenv("CALSCOPE_ROOTS", str(tmp_path))
    elif change == "the folder":
        monkeypatch.chdir(tmp_path)
    else:
        really = worker_processes._changed_ns
        monkeypatch.setattr(
            worker_processes, "_changed_ns", lambda path: really(path) + (path.name == "worker.py") * 1_000
        )
    job = kept.wait(kept.submit(NOWHERE), 60)
    assert job.status.state == "failed" and worker_of(kept, job.id).pid != pid
    wait_until(lambda: has_ended(pid))


def test_it_is_let_go_when_no_page_asks_any_more_and_comes_back_when_one_does(kept, wait_until, monkeypatch):
    pid = ready_pid(kept, wait_until)
    monkeypatch.setattr(worker_processes, "IDLE_S", 0.2)
    wait_until(lambda: has_ended(pid))
    monkeypatch.setattr(worker_processes, "IDLE_S", 60.0)
    time.sleep(0.2)
    assert kept.workers.waiting_pid is None
    assert ready_pid(kept, wait_until) != pid


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_it_ends_with_the_server_however_that_ends(tmp_path, wait_until, how):
    with server(tmp_path / "store") as process:
        pid = int(process.stdout.readline())
        assert not has_ended(pid)
        process.send_signal(getattr(signal, how))
    wait_until(lambda: has_ended(pid))
    assert not list((tmp_path / "store").rglob("*.lock"))


def test_its_job_goes_on_when_the_server_is_killed(tmp_path, recordings, wait_until):
    manager = JobManager(tmp_path / "store")
    with server(manager.store.root, recordings) as process:
        pid, job_id = int(process.stdout.readline()), process.stdout.readline().strip()
        wait_until(lambda: worker_of(manager, job_id))
    fraction = manager.get(job_id).status.fraction
    wait_until(lambda: manager.get(job_id).status.fraction > fraction)
    assert worker_of(manager, job_id).pid == pid
    manager.end_now(job_id)
    assert manager.get(job_id).status.state == "cancelled" and has_ended(pid)


def test_a_job_in_it_is_cancelled_within_three_seconds(kept, recordings, wait_until):
    pid = ready_pid(kept, wait_until)
    job_id = start(kept, long_job(recordings, "deaf"), wait_until)
    assert worker_of(kept, job_id).pid == pid and worker_of(kept, job_id).is_here
    asked = time.monotonic()
    kept.cancel(job_id)
    wait_until(lambda: has_ended(pid))
    assert time.monotonic() - asked < 3.0 and kept.get(job_id).status.state == "cancelled"


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_a_job_in_it_that_the_system_ends_was_interrupted(kept, recordings, wait_until, how):
    pid = ready_pid(kept, wait_until)
    job_id = start(kept, long_job(recordings), wait_until)
    assert worker_of(kept, job_id).pid == pid
    os.kill(worker_of(kept, job_id).pid, getattr(signal, how))
    assert kept.wait(job_id, 20).status.state == "interrupted"


def test_two_jobs_at_once_have_two_processes(kept, wait_until):
    pid = ready_pid(kept, wait_until)
    ids = [kept.submit(NOWHERE) for _ in range(2)]
    assert {kept.wait(job_id, 60).status.state for job_id in ids} == {"failed"}
    first, second = (worker_of(kept, job_id).pid for job_id in ids)
    assert first == pid != second


def test_a_worker_that_is_told_nothing_ends_well():
    done = subprocess.run(
        [sys.executable, *WORKER],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
