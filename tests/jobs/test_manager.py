"""Real worker processes, on recordings small enough to be quick."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise

import owned
import pytest
from filelock import FileLock
from small_recordings import make_data

from calscope.io.processes import process_identity
from calscope.jobs import job_folder, stored_run
from calscope.jobs.job_folder import JobFolder, JobProcess
from calscope.jobs.job_spec import DemoSettings, JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.manager import JobManager
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import EngineError, ParameterError, StoreError
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store

RATE = {"dataset": {"fr": 10.0}}


def spec(folder, **changes):
    return JobSpec(**{"data": str(folder), "params": RATE, "until": "summary", "workers": 1} | changes)


@pytest.fixture
def data(tmp_path):
    return make_data(tmp_path / "data")


def half_made(store):
    return [*store.results.glob("??/.*"), *(store.root / "scratch").glob("*"), *(store.root / "leases").glob("*")]


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Jobs that were submitted at once, ended: good, torn (one of two animals), nowhere, unknown (animal), again."""
    place = tmp_path_factory.mktemp("ended")
    data = make_data(place / "data")
    torn = make_data(place / "torn") / "Animal_1" / "movie.tif"
    torn.write_bytes(torn.read_bytes()[:5000])
    specs = {
        "good": spec(data),
        "torn": spec(torn.parents[1]),
        "nowhere": spec("/nowhere/at/all"),
        "unknown": spec(data, animals=("Animal_9",)),
        "again": spec(data, animals=("Animal_2",)),
        "seeded": spec(data, animals=("Animal_2",), inputs={"Animal_2": AnimalInputs(seeds=((3, 4), (1, 2)))}),
        "lost seed": spec(data, inputs={"Animal_7": AnimalInputs(seeds=((3, 4),))}),
    }
    manager = JobManager(place / "store")
    ids = {name: manager.submit(wanted) for name, wanted in specs.items()}
    return manager, {name: manager.wait(job_id, 120) for name, job_id in ids.items()}


def test_a_job_runs_in_a_process_of_its_own_and_its_results_can_be_opened(ended):
    manager, job = ended[0], ended[1]["good"]
    assert (
        job.status.state == "done" and job.status.fraction == 1 and JobFolder(job.folder).process().pid != os.getpid()
    )
    assert list(job.results) == ["Animal_1", "Animal_2"]
    assert AnimalResults(manager.store, job.results["Animal_2"].keys).before.mean.shape == (32, 28)
    assert job.created_at <= job.status.started_at <= job.status.ended_at
    assert "summary of the raw movie took" in manager.log_tail(job.id)
    assert len(manager.log_tail(job.id, 2).splitlines()) == 2
    assert half_made(manager.store) == []


def test_a_run_that_was_done_before_needs_no_process_while_everything_is_in_the_store(ended, monkeypatch):
    manager, done = JobManager(ended[0].store.root), ended[1]["good"]

    def refused(folder):
        raise AssertionError("a process was asked for")

    monkeypatch.setattr(manager.workers, "do", refused)
    again = manager.get(manager.submit(done.spec))
    assert again.status.state == "done" and again.status.fraction == 1 and JobFolder(again.folder).process() is None
    assert again.created_at <= again.status.started_at <= again.status.ended_at
    for name, first in done.results.items():
        stages = tuple(replace(stage, cached=True, seconds=0.0) for stage in first.stages)
        assert again.results[name] == replace(first, stages=stages, peak_memory_bytes=0), "the record is the run's own"
    assert half_made(manager.store) == []
    manager.remove(again.id)


@pytest.mark.parametrize("why", ["pruned", "takes long", "an animal failed", "was never done"])
def test_a_run_of_which_something_has_to_be_made_or_told_has_a_process(ended, monkeypatch, why):
    manager, jobs = JobManager(ended[0].store.root), ended[1]
    wanted = {"an animal failed": jobs["torn"].spec, "was never done": spec(jobs["good"].spec.data, n_frames=9)}
    if why == "takes long":
        monkeypatch.setattr(stored_run, "LONGEST_S", 0.0)
    elif why == "pruned":
        monkeypatch.setattr(Store, "has", lambda self, key: key not in jobs["good"].results["Animal_2"].keys.values())
    told = []
    monkeypatch.setattr(manager.workers, "do", told.append)
    job_id = manager.submit(wanted.get(why, jobs["good"].spec))
    assert [folder.id for folder in told] == [job_id] and manager.get(job_id).status.state == "queued"
    assert half_made(manager.store) == []
    shutil.rmtree(told[0].path)


def test_another_server_sees_the_same_jobs_newest_first_and_they_ran_in_their_order(ended):
    manager, jobs = ended
    newest_first = list(jobs.values())[::-1]
    assert JobManager(manager.store.root).jobs() == newest_first
    starts = [job.status.started_at for job in jobs.values()]
    assert starts == sorted(starts)
    assert all(a.status.ended_at <= b.status.started_at for a, b in pairwise(jobs.values()))


def test_one_animal_that_fails_keeps_its_reason_and_the_job_is_done(ended):
    job = ended[1]["torn"]
    assert job.status.state == "done"
    assert "1 of 2 animals failed" in job.status.error and "Animal_1" in job.status.error
    assert job.results["Animal_1"].error and not job.results["Animal_2"].error


def test_animals_that_another_job_has_run_come_from_the_store(ended):
    assert [stage.cached for stage in ended[1]["again"].results["Animal_2"].stages] == [True]


def test_seeds_go_with_the_job_to_their_animal(ended):
    job = ended[1]["seeded"]
    assert job.results["Animal_2"].inputs.seeds == ((1, 2), (3, 4))
    assert job.results["Animal_2"].stages[0].cached, "what comes before the refit is as it was"


@pytest.mark.parametrize(
    "name, reason",
    [
        ("nowhere", "nothing at '/nowhere/at/all'"),
        ("unknown", "Animals there: Animal_1, Animal_2"),
        ("lost seed", "no animal 'Animal_7'"),
    ],
)
def test_a_job_that_can_not_begin_says_why(ended, name, reason):
    job = ended[1][name]
    assert job.status.state == "failed" and reason in job.status.error
    assert "Traceback" not in ended[0].log_tail(job.id)


def test_a_job_of_an_earlier_version_is_read_with_its_seeds():
    wanted = spec("/data", inputs={"Animal_2": AnimalInputs(seeds=((1, 2), (3, 4)))})
    assert JobSpec.from_json(wanted.to_json()) == wanted
    old = {**json.loads(wanted.to_json()), "seeds": {"Animal_2": [[3, 4], [1, 2]]}}
    del old["inputs"]
    assert JobSpec.from_json(json.dumps(old)) == wanted
    later = json.loads(wanted.to_json())
    later["inputs"]["Animal_2"]["decisions"] = {}
    with pytest.raises(StoreError, match="1 entries don't fit"):
        JobSpec.from_json(json.dumps(later))


def test_what_can_be_refused_at_once_is(manager, data):
    with pytest.raises(ParameterError, match=r"cnmf\.K"):
        manager.submit(spec(data, params={"cnmf": {"K": 0}}))
    with pytest.raises(EngineError, match="no engine called"):
        manager.submit(spec(data, engine="magic"))
    with pytest.raises(ParameterError, match=r"Animal_1: cnmf\.gSig must be"):
        manager.submit(spec(data, inputs={"Animal_1": AnimalInputs({"cnmf.gSig": 0})}))
    assert manager.jobs() == []


def pid_of(manager, job_id):
    return JobFolder(manager.store.jobs / job_id).process().pid


def start_slow(manager, data, wait_until, engine="slow"):
    job_id = manager.submit(spec(data, engine=engine, until="motion"))
    wait_until(lambda: list(manager.store.results.glob("??/.tmp-*/working_copy.npy")))
    return job_id


def test_cancel_a_running_and_a_waiting_job(manager, data, wait_until):
    first = start_slow(manager, data, wait_until)
    second, third = manager.submit(spec(data)), manager.submit(spec(data))
    wait_until(lambda: manager.get(third).status.note == "waiting for 2 jobs")
    assert manager.get(second).status.state == "queued"
    assert manager.get(first).status.stage == "estimate" and manager.get(first).status.eta_s > 0
    manager.cancel(third)
    assert manager.wait(third, 20).status.state == "cancelled"
    asked = time.monotonic()
    manager.cancel(first)
    assert manager.wait(first, 20).status.state == "cancelled"
    assert time.monotonic() - asked < 4  # two seconds, and two for a busy machine
    assert [item.stage for item in manager.store.sizes()][:1] == ["before"], "what was done before is kept"
    assert manager.wait(second, 60).status.state == "done"
    assert half_made(manager.store) == []
    with pytest.raises(StoreError, match="There is no job"):
        manager.remove(first)
        manager.get(first)
    assert len(manager.jobs()) == 2 and manager.store.sizes(), "results stay"


def test_a_worker_that_does_not_listen_is_ended_within_three_seconds(manager, data, wait_until):
    job_id = start_slow(manager, data, wait_until, engine="deaf")
    pid, asked = pid_of(manager, job_id), time.monotonic()
    manager.cancel(job_id)
    wait_until(lambda: process_identity(pid) is None)
    assert time.monotonic() - asked < 3.0, "also where nobody looks at the jobs any more"
    job = manager.wait(job_id, 20)
    assert job.status.state == "cancelled" and process_identity(pid) is None
    wait_until(lambda: manager.store.sweep() >= 0 and half_made(manager.store) == [])


def test_a_killed_worker_reads_interrupted_and_the_next_job_sweeps_up_after_it(manager, data, wait_until):
    first = start_slow(manager, data, wait_until)
    second = manager.submit(spec(data))
    with pytest.raises(StoreError, match=r"is running\. Cancel it"):
        manager.remove(first)
    os.kill(pid_of(manager, first), signal.SIGKILL)
    wait_until(lambda: manager.get(first).status.state == "interrupted")
    assert "run again" in manager.get(first).status.error
    assert half_made(manager.store), "the test must leave something to sweep"
    assert manager.wait(second, 60).status.state == "done"
    assert half_made(manager.store) == []


def test_a_worker_that_ended_without_a_word_while_the_disk_was_full(manager, data, wait_until, monkeypatch):
    job_id = start_slow(manager, data, wait_until)
    os.kill(pid_of(manager, job_id), signal.SIGKILL)
    wait_until(lambda: manager.get(job_id).status.state == "interrupted")
    assert "was killed, ran out of memory or disk space" in manager.get(job_id).status.error
    monkeypatch.setattr(job_folder, "free_bytes", lambda place: 12_345)
    said = manager.get(job_id).status.error
    assert f"the disk of the result store {manager.store.root} is full (12 kB free)" in said and "run again" in said


def test_a_job_that_is_told_to_end_by_the_system_was_interrupted(manager, data, wait_until):
    job_id = start_slow(manager, data, wait_until)
    os.kill(pid_of(manager, job_id), signal.SIGTERM)
    assert manager.wait(job_id, 20).status.state == "interrupted"
    wait_until(lambda: half_made(manager.store) == [])


def test_a_worker_that_does_not_listen_to_the_system_is_ended_within_three_seconds(manager, data, wait_until):
    job_id = start_slow(manager, data, wait_until, engine="deaf")
    pid, asked = pid_of(manager, job_id), time.monotonic()
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: process_identity(pid) is None)
    status = manager.get(job_id).status
    assert time.monotonic() - asked < 3.5 and status.state == "interrupted" and "The system asked" in status.error
    wait_until(lambda: manager.store.sweep() >= 0 and half_made(manager.store) == [])


def test_a_demo_is_made_as_a_job_and_a_cancelled_one_leaves_nothing(manager, tmp_path, wait_until):
    (tmp_path / "demos").mkdir()
    wanted = {"large": DemoSettings(), "small": DemoSettings(animals=1, frames=30, size=64)}
    ids = {
        name: manager.submit(JobSpec(kind="demo", data=str(tmp_path / "demos" / name), demo=demo))
        for name, demo in wanted.items()
    }
    wait_until(lambda: manager.get(ids["large"]).status.fraction > 0)
    manager.cancel(ids["large"])
    assert manager.wait(ids["large"], 30).status.state == "cancelled"
    job = manager.wait(ids["small"], 120)
    assert job.status.state == "done", job.status.error
    made = sorted(path.relative_to(tmp_path / "demos").as_posix() for path in (tmp_path / "demos").rglob("[!.]*.*"))
    assert made == ["small/Animal_1/movie.tif", "small/Animal_1/truth.npz"]


def test_ids_that_are_none_are_refused(manager):
    kept = folder_of(manager, state="done")
    (kept.path / "inside").mkdir()
    for unknown in ("0189abcdef012345-bbbbbb", "..", ".", "../../etc", "", f"{kept.id}/..", f"{kept.id}/inside", "a-b"):
        for ask in (manager.get, manager.cancel, manager.end_now, manager.log_tail, manager.remove):
            with pytest.raises(StoreError, match="There is no job"):
                ask(unknown)
    assert [path.name for path in manager.store.root.rglob("cancel")] == []


def test_folders_of_a_person_among_the_jobs_are_left_alone(manager):
    kept = folder_of(manager, state="done")
    for name in ("my-notes", "zzzz-aaaaaa", f"{kept.id}-copy", "0189abcdef012345-aaaaa"):
        (manager.store.jobs / name).mkdir()
    assert [job.id for job in manager.jobs()] == [kept.id] and manager.jobs()[0].created_at > 0


def folder_of(manager, name="0189abcdef012345-aaaaaa", **status):
    folder = JobFolder(manager.store.jobs / name)
    folder.path.mkdir(parents=True)
    folder.write_spec(JobSpec(data="/data"))
    write_status(folder.path, JobStatus(**status))
    return folder


def test_a_status_that_says_running_is_believed_while_the_owner_holds_its_lock(manager):
    folder = folder_of(manager, state="running")
    with manager.store.owners.own() as owner:
        folder.note_process(JobProcess(owner, os.getpid(), "another process"))
        assert manager.get(folder.id).status.state == "running"
    job = manager.get(folder.id)
    assert job.status.state == "interrupted" and "run again" in job.status.error


def test_a_job_that_an_earlier_version_began_is_not_believed_for_ever(manager):
    folder = folder_of(manager, state="running")
    (folder.path / "process.json").write_text(json.dumps("01234567.99.1b2c3d4e-5678"))
    assert manager.get(folder.id).status.state == "running"
    long_ago = time.time() - 600
    os.utime(folder.path, (long_ago, long_ago))
    assert manager.get(folder.id).status.state == "interrupted"


@pytest.fixture
def elsewhere(manager):
    """A process that owns things in the store, and of whose number this machine knows another process."""
    process = owned.OwnerProcess(manager.store.root)
    yield process
    process.kill()


@pytest.fixture
def bystander():
    """A process, leader of its own group, that has nothing to do with any job."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=os.name != "nt")
    yield process
    process.kill()
    process.wait()


def ask_long_ago(manager, folder, seconds):
    manager.cancel(folder.id)
    then = time.time() - seconds
    os.utime(folder.path / "cancel", (then, then))


def test_a_job_of_another_container_is_asked_to_stop_and_nothing_here_is_killed(manager, elsewhere, bystander):
    folder = folder_of(manager, state="running")
    folder.note_process(JobProcess(elsewhere.id, bystander.pid, "of another container"))
    ask_long_ago(manager, folder, 20)
    assert manager.get(folder.id).status.state == "running", "its own container says when it has ended"
    manager.end_now(folder.id)
    assert folder.cancel_age_s() > 19, "asking again does not give it more time"
    assert bystander.poll() is None and elsewhere.process.poll() is None
    assert half_made(manager.store), "what it makes is not swept"


def test_a_job_whose_number_another_process_has_by_now_ends_without_a_kill(manager, bystander):
    folder = folder_of(manager, state="running")
    folder.note_process(JobProcess("01234567-0123456789ab", bystander.pid, process_identity(bystander.pid)))
    manager.end_now(folder.id)
    assert manager.get(folder.id).status.state == "cancelled"
    assert bystander.poll() is None


def test_a_cancelled_job_of_another_machine_that_never_answers_may_be_removed(manager, elsewhere):
    folder = folder_of(manager, state="running")
    folder.note_process(JobProcess(elsewhere.id, elsewhere.pid, "of another machine"))
    ask_long_ago(manager, folder, 600)
    assert manager.get(folder.id).status.state == "cancelled" and elsewhere.process.poll() is None
    manager.remove(folder.id)


@pytest.mark.skipif(os.name == "nt", reason="containers of Linux")
def test_the_queue_waits_for_a_job_of_another_container_until_that_is_gone(manager, data, wait_until):
    first = manager.store.jobs / "0000000000000001-aaaaaa"
    process = owned.OwnerProcess(manager.store.root, *owned.in_another_container())
    folder = folder_of(manager, first.name, state="running")
    folder.note_process(JobProcess(process.id, process.pid, "of another container"))
    second = manager.submit(spec(data))
    wait_until(lambda: manager.get(second).status.note == "waiting for 1 job")
    assert manager.get(first.name).status.state == "running"
    litter = half_made(manager.store)
    manager.store.sweep()
    assert litter and half_made(manager.store) == litter
    process.kill()
    wait_until(lambda: manager.get(first.name).status.state == "interrupted")
    assert manager.wait(second, 60).status.state == "done"
    assert half_made(manager.store) == []


def test_a_worker_that_can_not_begin_is_told_at_once(tmp_path, data, wait_until):
    manager = JobManager(tmp_path / "store", worker=["-c", "import sys; sys.exit('no worker')"])
    job_id = manager.submit(spec(data))
    wait_until(lambda: manager.get(job_id).status.state == "interrupted")
    assert "log" in manager.get(job_id).status.error and "no worker" in manager.log_tail(job_id)


def test_a_job_that_is_ended_before_its_worker_begins_does_not_run(manager, data):
    job_id = manager.submit(spec(data))
    manager.end_now(job_id)
    time.sleep(5)
    job = manager.wait(job_id, 30)
    assert job.status.state == "cancelled" and not job.results


def test_torn_files_read_as_interrupted_and_name_the_file(manager):
    folder = folder_of(manager, state="running")
    (folder.path / "status.json").write_text('{"state": "run')
    job = manager.get(folder.id)
    assert job.status.state == "interrupted" and "status.json" in job.status.error
    write_status(folder.path, JobStatus(state="done"))
    (folder.path / "spec.json").write_text("")
    assert "spec" in manager.get(folder.id).status.error or "description" in manager.get(folder.id).status.error
    (folder.path / "results.json").write_text(json.dumps([{"name": 3}]))
    assert manager.get(folder.id).results == {}
    assert [job.id for job in manager.jobs()] == [folder.id]


def test_a_job_whose_server_died_while_starting_it_does_not_wait_for_ever(manager):
    folder = folder_of(manager, state="queued")
    assert manager.get(folder.id).status.state == "queued"
    long_ago = time.time() - 600
    os.utime(folder.path, (long_ago, long_ago))
    assert manager.get(folder.id).status.state == "interrupted"


def test_the_lock_that_orders_jobs_is_no_job(manager, data):
    manager.store.jobs.mkdir(parents=True)
    with FileLock(manager.store.jobs / "running.lock"):
        assert manager.jobs() == []


def test_jobs_that_have_ended_are_read_once_and_again_when_they_change(manager, monkeypatch):
    old, other = (folder_of(manager, f"000000000000000{i}-aaaaaa", state="done") for i in (1, 2))
    read, really = [], JobFolder.read_results
    monkeypatch.setattr(JobFolder, "read_results", lambda folder: (read.append(folder.id), really(folder))[1])
    first = manager.jobs()
    assert manager.jobs() == first and sorted(read) == [old.id, other.id]
    other.write_results([AnimalRun("Animal_1", None)])
    assert list(manager.jobs()[0].results) == ["Animal_1"] and read[2:] == [other.id]
    manager.remove(other.id)
    assert [job.id for job in manager.jobs()] == [old.id]


def test_a_job_whose_process_is_gone_is_looked_at_anew(manager):
    folder = folder_of(manager, state="running")
    folder.note_process(JobProcess("01234567-0123456789ab", 999_999_999, "of a process that is gone"))
    assert manager.jobs()[0].status.state == "interrupted"
    folder.ask_to_cancel()
    assert manager.jobs()[0].status.state == "cancelled"
