import errno
import json
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from calscope.model.errors import StoreError
from calscope.pipeline.store import Store, default_store

KEY, OTHER, THIRD = "ab" * 20, "cd" * 20, "ef" * 20


def put(store, key, n=10, stage="motion", **values):
    with store.writer(key, {"stage": stage, "recording": "Animal_1"}) as writer:
        writer.save("x", np.arange(n, dtype=np.float32))
        writer.values.update(values)


def everything_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


GONE = "01234567-0123456789ab"
"""An owner that is gone."""


def test_a_result_comes_back_as_it_was_put_in(store):
    with store.writer(KEY, {"stage": "motion"}) as writer:
        codes = writer.allocate("corrected", (5, 4, 3), np.uint16)
        codes[:] = np.arange(60).reshape(5, 4, 3)
        writer.save("codes", codes)
        writer.save("empty", np.zeros((0, 7), np.float32))
        writer.values["dims"] = [4, 3]
        assert not store.has(KEY)
    stored = store.open(KEY)
    assert stored.values["dims"] == [4, 3] and stored.provenance["stage"] == "motion"
    np.testing.assert_array_equal(stored.array("codes"), np.arange(60).reshape(5, 4, 3))
    assert stored.array("empty").shape == (0, 7)
    files = [path.name for path in stored.folder.iterdir()]
    assert sorted(files) == ["complete.json", "corrected.npy", "empty.npy", "meta.json"], "nothing is stored twice"


def test_an_array_that_no_result_names_is_not_kept(store):
    with store.writer(KEY, {}) as writer:
        writer.allocate("working_copy", (100,), np.float32)
        writer.save("x", np.ones(3))
    assert not (store.open(KEY).folder / "working_copy.npy").exists()


def test_a_view_of_an_allocated_array_is_stored_as_what_it_shows(store):
    with store.writer(KEY, {}) as writer:
        wide = writer.allocate("wide", (10, 4), np.float32)
        wide[:] = np.arange(40).reshape(10, 4)
        writer.save("half", wide[:, :2])
    np.testing.assert_array_equal(store.open(KEY).array("half"), np.arange(40).reshape(10, 4)[:, :2])


def test_arrays_are_read_only_and_large_ones_stay_on_disk(store):
    with store.writer(KEY, {}) as writer:
        writer.save("small", np.zeros(10))
        writer.save("large", np.zeros(1 << 18))
    stored = store.open(KEY)
    for name in ("small", "large"):
        with pytest.raises(ValueError, match="read-only"):
            stored.array(name)[0] = 1
    assert isinstance(stored.array("large").base, np.memmap) and not isinstance(stored.array("small").base, np.memmap)


def test_work_that_fails_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.writer(KEY, {}) as writer:
        writer.allocate("big", (1000, 1000), np.float32)[:] = 1
        writer.save("x", np.ones(3))
        raise RuntimeError
    assert not store.has(KEY) and everything_in(store.root) == []


def test_a_result_without_its_mark_or_with_a_torn_array_is_absent_and_swept(store):
    for key in (KEY, OTHER, THIRD):
        put(store, key)
    (store.open(KEY).folder / "complete.json").unlink()
    array = store.open(OTHER).folder / "x.npy"
    array.write_bytes(array.read_bytes()[:-1])
    assert [store.has(key) for key in (KEY, OTHER, THIRD)] == [False, False, True]
    with pytest.raises(StoreError, match="Run again"):
        store.open(KEY)
    assert store.sweep() == 2
    assert [item.key for item in store.sizes()] == [THIRD]


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE, errno.EACCES, errno.ESTALE])
@pytest.mark.parametrize("file, reading", [("complete.json", "read_text"), ("x.npy", "stat")])
def test_a_result_that_can_not_be_read_just_now_is_not_swept(store, monkeypatch, number, file, reading):
    put(store, KEY)
    real = getattr(Path, reading)

    def fails(self, *args, **kwargs):
        if self.name == file:
            raise OSError(number, os.strerror(number), str(self))
        return real(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, reading, fails)
        assert not store.has(KEY)
        assert store.sweep() == 0
    assert len(store.open(KEY).array("x")) == 10


def test_a_result_that_was_made_whole_since_the_first_look_is_not_swept(store, monkeypatch):
    put(store, KEY)
    mark = store.open(KEY).folder / "complete.json"
    text, locked = mark.read_text(), store._lock
    mark.unlink()

    def after_another_process():
        mark.write_text(text)
        return locked()

    monkeypatch.setattr(store, "_lock", after_another_process)
    assert store.sweep() == 0
    assert len(store.open(KEY).array("x")) == 10


def test_a_result_comes_into_its_place_while_nobody_else_changes_the_store(store):
    thread = threading.Thread(target=put, args=(store, KEY))
    store.root.mkdir()
    with FileLock(store.root / "store.lock"):
        thread.start()
        time.sleep(0.3)
        assert not store.has(KEY)
    thread.join(10)
    assert store.has(KEY)


def test_nothing_is_pruned_while_it_can_not_be_told_what_is_in_use(store, monkeypatch):
    put(store, KEY)
    real = Path.read_text

    def fails(self, *args, **kwargs):
        if self.parent.name == "leases":
            raise OSError(errno.EIO, "Input/output error", str(self))
        return real(self, *args, **kwargs)

    with store.lease([KEY]):
        monkeypatch.setattr(Path, "read_text", fails)
        with pytest.raises(StoreError, match="Input/output error"):
            store.prune(max_bytes=0)
    assert store.has(KEY)


def test_a_torn_mark_is_no_mark(store):
    put(store, KEY)
    mark = store.open(KEY).folder / "complete.json"
    for torn in ("", mark.read_text()[:5], "[]", '{"files": 3}'):
        mark.write_text(torn)
        assert not store.has(KEY), torn


def test_a_damaged_result_is_replaced_by_a_new_one(store):
    put(store, KEY)
    (store.open(KEY).folder / "complete.json").unlink()
    put(store, KEY, n=7)
    assert len(store.open(KEY).array("x")) == 7


def test_the_loser_of_a_race_drops_its_copy(store):
    with store.writer(KEY, {}) as late:
        late.save("x", np.zeros(99))
        put(store, KEY, n=5)
    assert len(store.open(KEY).array("x")) == 5
    assert len(list(store.results.glob("??/*"))) == 1 and len(list(store.results.glob("??/.*"))) == 0


def test_what_owners_that_are_gone_left_is_swept_and_what_others_make_is_not(store):
    with store.owners.own() as me:
        for owner in (GONE, me):
            for place in (f"results/ab/.tmp-{KEY}-{owner}-01234567", f"scratch/{owner}-01234567"):
                (store.root / place).mkdir(parents=True)
                (store.root / place / "litter").write_text("x")
        assert store.sweep() == 2
        left = [name for name in everything_in(store.root) if name.endswith("litter")]
        assert len(left) == 2 and all(me in path for path in left)


def test_what_a_person_keeps_in_the_stores_folder_is_not_swept(store):
    for place in ("scratch/mine", "results/ab/mine", f"results/cd/{KEY}x", "leases"):
        (store.root / place).mkdir(parents=True)
        (store.root / place / "notes.json").write_text("mine")
    (store.root / "scratch" / "a.txt").write_text("mine")
    before = everything_in(store.root)
    assert store.sweep() == 0 and everything_in(store.root) == before


@pytest.mark.parametrize(
    "name",
    [
        f"results/ab/.tmp-{KEY}-01234567.99.1b2c3d4e-5678-89abcdef",
        "scratch/01234567.99.1b2c3d4e-5678-89abcdef",
        "leases/01234567.99.1764000000000-89abcdef.json",
    ],
)
def test_what_earlier_versions_left_goes_when_it_is_old(store, name):
    (store.root / name).mkdir(parents=True)
    assert store.sweep() == 0 and (store.root / name).exists()
    long_ago = time.time() - 30 * 86400
    os.utime(store.root / name, (long_ago, long_ago))
    assert store.sweep() == 1 and not (store.root / name).exists()


def test_a_full_disk_is_told_in_words_and_leaves_nothing(store, monkeypatch):
    def full(handle, start, length):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StoreError, match=r"disk is full.*prune"), store.writer(KEY, {}) as writer:
        writer.allocate("big", (1000, 1000), np.float32)
    assert everything_in(store.root) == []


def test_a_root_that_can_not_be_written_is_told_in_words(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "store")
    with pytest.raises(StoreError, match="CALSCOPE_STORE"):
        put(store, KEY)
    with pytest.raises(StoreError, match="CALSCOPE_STORE"):
        store.check_writable()


def test_a_later_layout_is_refused_in_words(store):
    put(store, KEY)
    folder = store.open(KEY).folder
    meta = json.loads((folder / "meta.json").read_text())
    text = json.dumps({**meta, "schema": 99}, indent=1).replace("\n", " ")
    (folder / "meta.json").write_text(text)
    mark = json.loads((folder / "complete.json").read_text())
    mark["files"]["meta.json"] = len(text)
    (folder / "complete.json").write_text(json.dumps(mark))
    with pytest.raises(StoreError, match="layout 99"):
        store.open(KEY)


def test_sizes_are_the_bytes_on_disk_by_stage(store):
    put(store, KEY, n=1000, stage="motion")
    put(store, OTHER, n=10, stage="fit")
    put(store, THIRD, n=10, stage="fit")
    on_disk = {key: sum(f.stat().st_size for f in store.open(key).folder.iterdir()) for key in (KEY, OTHER, THIRD)}
    mark = (store.open(KEY).folder / "complete.json").stat().st_size
    assert store.size_by_stage()["motion"] == on_disk[KEY] - mark
    assert {item.key: item.stage for item in store.sizes()} == {KEY: "motion", OTHER: "fit", THIRD: "fit"}


def make_older(store, key, seconds):
    mark = store._folder(key) / "complete.json"
    then = time.time() - seconds
    os.utime(mark, (then, then))


def test_pruning_by_size_removes_the_least_recently_used(store):
    for age, key in enumerate((KEY, OTHER, THIRD)):
        put(store, key, n=1000)
        make_older(store, key, 100 - age)
    store.open(KEY)  # is now the most recently used
    one = store.sizes()[0].n_bytes
    pruned = store.prune(max_bytes=2 * one)
    assert pruned.n == 1 and pruned.n_bytes == one
    assert {item.key for item in store.sizes()} == {KEY, THIRD}
    assert not [path for path in store.results.rglob("*") if path.name.startswith(".")]


def test_pruning_by_age_and_nothing_that_a_running_job_uses(store):
    for key in (KEY, OTHER, THIRD):
        put(store, key)
    make_older(store, KEY, 1000)
    make_older(store, OTHER, 1000)
    with store.lease([KEY]):
        assert store.prune(older_than_s=500).n == 1
        assert store.has(KEY) and not store.has(OTHER) and store.has(THIRD)
        assert store.prune(max_bytes=0).n == 1
    assert store.prune(max_bytes=0).n == 1
    assert store.sizes() == []


def test_the_lease_of_an_owner_that_is_gone_holds_nothing(store):
    put(store, KEY)
    leases = store.root / "leases"
    leases.mkdir()
    (leases / f"{GONE}-01234567.json").write_text(json.dumps([KEY]))
    assert store.prune(max_bytes=0).n == 1
    assert list(leases.iterdir()) == []


def test_without_limits_nothing_is_pruned(store):
    put(store, KEY)
    assert store.prune().n == 0 and store.has(KEY)


def test_names_that_climb_out_are_refused(store):
    with pytest.raises(StoreError, match="letters"), store.writer(KEY, {}) as writer:
        writer.save("../x", np.ones(1))


def test_the_store_lives_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("CALSCOPE_STORE", str(tmp_path / "here"))
    assert default_store().root == tmp_path / "here"
    monkeypatch.delenv("CALSCOPE_STORE")
    assert default_store().root.name == "calscope" and not (tmp_path / "here").exists()


def test_a_path_is_no_key(store):
    put(store, KEY)
    (store.root / "results" / "elsewhere").mkdir()
    for path in ("..", "", "../../x", f"{KEY}/..", str(store.open(KEY).folder), KEY.upper()):
        assert not store.has(path)
        with pytest.raises(StoreError, match="has no result"):
            store.open(path)
        with pytest.raises(StoreError, match="is no key"), store.writer(path, {}):
            pass


def test_who_has_no_id_of_an_owner_is_gone(store, tmp_path):
    (tmp_path / "x.lock").write_text("")
    assert store.owners.is_gone("../../x") and store.owners.is_gone("")


def test_small_texts_that_were_never_finished_are_swept_when_they_are_old(tmp_path):
    store, kept = Store(tmp_path), []
    for folder in (tmp_path, tmp_path / "leases", tmp_path / "jobs" / "0123"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in (".part-123-0123abcd-a.json.tmp", ".part-123-0123abcd-b.json.tmp", ".part-mine.tmp"):
            (folder / name).touch()
        os.utime(folder / ".part-123-0123abcd-a.json.tmp", (0, 0))
        os.utime(folder / ".part-mine.tmp", (0, 0))
        kept += [folder / ".part-123-0123abcd-b.json.tmp", folder / ".part-mine.tmp"]
    assert store.sweep() == 3 and sorted(tmp_path.rglob("*.tmp")) == sorted(kept)
