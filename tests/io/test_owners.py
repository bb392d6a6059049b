"""Who is at work in a store is told by locks and heartbeats, whatever hosts and processes are called."""

import errno
import os
import platform
import subprocess
import sys
import threading
import time

import owned
import psutil
import pytest

from calscope.io import file_locks, owners
from calscope.io.owners import Owners
from calscope.pipeline.store import Store

posix = pytest.mark.skipif(os.name == "nt", reason="locks of POSIX")


@pytest.fixture
def child(tmp_path):
    process = owned.OwnerProcess(tmp_path)
    yield process
    process.kill()


@pytest.fixture
def quick(monkeypatch):
    """Hearts that beat often."""
    monkeypatch.setattr(owners, "BEAT_S", 0.05)
    monkeypatch.setattr(owners, "SILENT_S", 0.5)
    monkeypatch.setattr(owners, "_LOOK_S", 0.05)


@pytest.fixture
def elsewhere(monkeypatch):
    """Let this process be on another machine than those that it starts."""
    monkeypatch.setattr(Owners, "_reach", lambda self: "deadbeef")


@pytest.fixture
def without_locks(monkeypatch):
    """Let the file system have no locks, as this process sees it."""

    def refuses(handle, *more):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(owners, "lock", refuses)
    monkeypatch.setattr(owners, "is_locked", refuses)


def lock_files(root):
    return sorted(path.stem for path in (root / "owners").glob("*"))


def test_an_owner_is_there_for_as_long_as_the_block_runs_and_leaves_nothing(tmp_path):
    mine, before = Owners(tmp_path), threading.active_count()
    handles = psutil.Process().num_fds() if os.name != "nt" else 0
    with mine.own() as owner, Owners(tmp_path).own() as same:
        assert owner == same and lock_files(tmp_path) == [owner]
        assert not mine.is_gone(owner)
    assert mine.is_gone(owner) and lock_files(tmp_path) == []
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before
    assert handles == (psutil.Process().num_fds() if os.name != "nt" else 0)


def test_threads_of_one_process_share_one_file(tmp_path):
    ready, ids = threading.Barrier(5, timeout=10), []

    def work():
        with Owners(tmp_path).own() as owner:
            ids.append(owner)
            ready.wait()
            ready.wait()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    ready.wait()
    assert lock_files(tmp_path) == [ids[0]] and len(set(ids)) == 1
    ready.wait()
    for thread in threads:
        thread.join()
    assert lock_files(tmp_path) == []


def test_a_process_that_was_killed_is_gone_at_once_and_its_things_are_swept(tmp_path, child):
    store = Store(tmp_path)
    assert not store.owners.is_gone(child.id) and store.sweep() == 0
    child.kill()
    assert store.owners.is_gone(child.id)
    assert store.sweep() == 2
    assert lock_files(tmp_path) == [] and not list((tmp_path / "scratch").iterdir())


def test_a_process_that_ends_takes_its_things_along(tmp_path, child):
    child.end()
    assert lock_files(tmp_path) == [] and Store(tmp_path).sweep() == 0


def test_another_name_of_the_host_changes_nothing(tmp_path, child, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "renamed")
    store = Store(tmp_path)
    assert store.sweep() == 0 and not store.owners.is_gone(child.id)
    child.kill()
    assert store.sweep() == 2


@posix
@pytest.mark.parametrize("hosts", ["same name", "other name"])
def test_a_process_of_another_container_is_alive_until_it_ends(tmp_path, hosts):
    rename = ["sh", "-c", 'hostname elsewhere; exec "$@"', "sh"] if hosts == "other name" else []
    process = owned.OwnerProcess(tmp_path, *owned.in_another_container(), *rename)
    store = Store(tmp_path)
    assert process.pid < 10, "its number is one of its own container, and here another process has it or none"
    assert store.sweep() == 0 and not store.owners.is_gone(process.id)
    process.kill()
    end = time.monotonic() + 5
    while not store.owners.is_gone(process.id) and time.monotonic() < end:
        time.sleep(0.02)
    assert store.sweep() == 2


@pytest.mark.usefixtures("quick", "elsewhere")
def test_where_a_free_lock_tells_nothing_a_beating_heart_does(tmp_path, monkeypatch):
    file, told = tmp_path / "owners" / "01234567-0123456789ab.lock", []
    litter = tmp_path / "scratch" / f"{file.stem}-01234567"
    file.parent.mkdir()
    litter.mkdir(parents=True)
    file.touch()
    stop = threading.Event()

    def beat():
        while not stop.wait(0.05):
            os.utime(file)

    heart = threading.Thread(target=beat)
    heart.start()
    store = Store(tmp_path)
    assert store.sweep(on_wait=told.append) == 0 and litter.exists() and len(told) == 1
    time.sleep(0.8)
    assert store.sweep() == 0, "for as long as it beats"
    stop.set()
    heart.join()
    assert store.sweep() == 0, "not at once: it may only be slow"
    store.owners.is_gone(file.stem)
    time.sleep(0.6)
    assert store.sweep() == 1 and not litter.exists() and lock_files(tmp_path) == []


@pytest.mark.usefixtures("quick", "elsewhere")
def test_a_sweep_that_may_wait_removes_what_a_machine_that_is_gone_left(tmp_path):
    (tmp_path / "owners").mkdir()
    (tmp_path / "owners" / "01234567-0123456789ab.lock").touch()
    (tmp_path / "scratch" / "01234567-0123456789ab-01234567").mkdir(parents=True)
    told = []
    assert Store(tmp_path).sweep(on_wait=told.append) == 1
    assert len(told) == 1 and lock_files(tmp_path) == []
    assert Store(tmp_path).sweep(on_wait=told.append) == 0 and len(told) == 1, "nothing to wait for"


@pytest.mark.parametrize("hours", [-9, 9])
@pytest.mark.usefixtures("quick", "elsewhere")
def test_clocks_that_were_set_tell_nothing(tmp_path, hours):
    file = tmp_path / "owners" / "01234567-0123456789ab.lock"
    file.parent.mkdir()
    file.touch()
    os.utime(file, (time.time() + hours * 3600,) * 2)
    mine = Owners(tmp_path)
    assert not mine.is_gone(file.stem), "however old its last beat seems"
    time.sleep(0.6)
    assert mine.is_gone(file.stem), "and however young"


@pytest.mark.usefixtures("elsewhere")
def test_a_lock_that_is_held_elsewhere_counts_without_a_heartbeat(tmp_path, child, monkeypatch):
    monkeypatch.setattr(owners, "SILENT_S", 0.0)
    mine = Owners(tmp_path)
    for _ in range(3):
        assert not mine.is_gone(child.id)
        time.sleep(0.02)


@pytest.mark.usefixtures("quick", "without_locks")
def test_without_locks_the_heartbeat_alone_tells(tmp_path):
    with Owners(tmp_path).own() as owner:
        watching = Owners(tmp_path)
        owners._held, kept = {}, owners._held  # look as another process would
        try:
            end = time.monotonic() + 1.0
            while time.monotonic() < end:
                assert not watching.is_gone(owner)
                time.sleep(0.05)
            next(iter(kept.values())).ended.set()
            watching.wait_for_answers([owner])
            end = time.monotonic() + 5
            while not watching.is_gone(owner) and time.monotonic() < end:
                time.sleep(0.05)
            assert watching.is_gone(owner)
        finally:
            owners._held = kept


def test_what_can_not_be_looked_at_is_not_taken_for_gone(tmp_path, child, monkeypatch):
    child.kill()

    def fails(path, *more):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fails)
        assert not Owners(tmp_path).is_gone(child.id)
    assert Owners(tmp_path).is_gone(child.id)


@posix
def test_who_asks_needs_no_right_to_write_and_changes_nothing(tmp_path, child):
    (tmp_path / "owners" / f"{child.id}.lock").chmod(0o444)
    (tmp_path / "owners").chmod(0o555)
    assert not Owners(tmp_path).is_gone(child.id)
    assert Owners(tmp_path).is_gone("01234567-0123456789ab")
    assert lock_files(tmp_path) == [child.id]
    (tmp_path / "owners").chmod(0o755)


@posix
def test_a_sweep_between_a_file_and_its_lock_costs_nothing(tmp_path, monkeypatch):
    real, swept = file_locks.lock, []

    def lock(handle):
        if not swept:
            swept.extend(lock_files(tmp_path))
            Owners(tmp_path).sweep()
        real(handle)

    monkeypatch.setattr(owners, "lock", lock)
    with Owners(tmp_path).own() as owner:
        assert lock_files(tmp_path) == [owner] and swept not in ([], [owner])
        assert not Owners(tmp_path).is_gone(owner)


@posix
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_does_not_keep_the_lock_of_its_parent(tmp_path):
    script = (
        "import os, sys, time; from pathlib import Path; from calscope.io.owners import Owners\n"
        "with Owners(Path(sys.argv[1])).own() as owner:\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(60)\n"
        "    print(owner, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    owner = process.stdout.readline().strip()
    process.wait(10)
    end = time.monotonic() + 5
    while not Owners(tmp_path).is_gone(owner) and time.monotonic() < end:
        time.sleep(0.01)
    try:
        assert Owners(tmp_path).is_gone(owner)
    finally:
        os.killpg(process.pid, 9)
        process.stdout.close()


def test_what_a_person_keeps_among_the_locks_stays(tmp_path):
    (tmp_path / "owners").mkdir()
    (tmp_path / "owners" / "mine.lock").touch()
    Owners(tmp_path).sweep()
    assert lock_files(tmp_path) == ["mine"]
