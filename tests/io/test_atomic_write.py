"""Files and folders that are whole or absent, and the disk's refusals in words."""

import errno
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from calscope.io import atomic_write
from calscope.io.atomic_write import MARK, atomic_file, atomic_folder, write_text_whole
from calscope.model.errors import StoreError


def test_a_block_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="stop"), atomic_file(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise ValueError("stop")
    with pytest.raises(ValueError, match="stop"), atomic_folder(tmp_path / "b") as part:
        (part / "half").write_text("half")
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


def test_the_older_file_stays_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "a.hdf5"
    target.write_text("old")
    with atomic_file(target) as part:
        part.write_text("new")
        assert part.suffix == ".hdf5" and target.read_text() == "old"
    assert target.read_text() == "new" and list(tmp_path.iterdir()) == [target]


def test_an_older_folder_of_ours_is_replaced_and_anybody_elses_is_not(tmp_path):
    for name in ("one", "two"):
        with atomic_folder(tmp_path / "x") as part:
            (part / name).write_text(name)
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == [MARK, "two"]
    (tmp_path / "x" / "mine").write_text("a person's")
    with pytest.raises(StoreError, match="such as mine"), atomic_folder(tmp_path / "x"):
        pass
    assert (tmp_path / "x" / "mine").read_text() == "a person's"


def test_what_a_person_puts_there_while_it_is_written_is_left_alone(tmp_path):
    with atomic_folder(tmp_path / "x"):
        pass
    with pytest.raises(StoreError, match="such as mine"), atomic_folder(tmp_path / "x"):
        (tmp_path / "x" / "mine").write_text("a person's")
    assert (tmp_path / "x" / "mine").read_text() == "a person's"


def test_many_may_write_one_folder_at_once_and_each_is_whole(tmp_path):
    def write(number):
        with atomic_folder(tmp_path / "x") as part:
            for name in ("one", "two"):
                (part / f"{number}-{name}").write_text(name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]
    numbers = {path.name.partition("-")[0] for path in (tmp_path / "x").iterdir() if path.name != MARK}
    assert len(numbers) == 1 and len(list((tmp_path / "x").iterdir())) == 3


def test_many_may_write_one_text_at_once(tmp_path):
    path, texts = tmp_path / "a.json", [str(i) * 100_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_text_whole(path, text), texts * 5))
    assert path.read_text() in texts and list(tmp_path.iterdir()) == [path]


def test_an_unfinished_text_is_not_taken_for_one(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(atomic_write, "sync_to_disk", lambda part: seen.extend(tmp_path.glob("*.json")))
    write_text_whole(tmp_path / "a.json", "text", durable=True)
    assert seen == [] and (tmp_path / "a.json").read_text() == "text"


def test_a_durable_text_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    done, path, wait = [], tmp_path / "a.json", os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (wait(handle), done.append(path.exists())))
    write_text_whole(path, "text", durable=True)
    assert done == [False] and path.exists()


def test_a_text_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_text_whole(path, "old")

    def full(part):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_write, "sync_to_disk", full)
    with pytest.raises(OSError, match="No space"):
        write_text_whole(path, "new", durable=True)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, r"the disk is full \(.* free\)\. Free some space"),
        (errno.EDQUOT, r"quota is used up \(.* free\)\. Free some space"),
        (errno.EROFS, "the disk is read-only. Choose a folder"),
        (errno.EACCES, "not allowed. Choose a folder"),
        (errno.EIO, "Input/output error. Choose a folder"),
    ],
)
@pytest.mark.parametrize("kind", [atomic_file, atomic_folder])
def test_what_the_disk_refuses_is_told_in_words_with_the_next_step(tmp_path, kind, number, words):
    with pytest.raises(StoreError, match=f"a can't be written: .*{words}"), kind(tmp_path / "a"):
        raise OSError(number, os.strerror(number))
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_into_a_folder_that_is_being_made_is_told_by_the_place_that_it_will_have(tmp_path):
    told = re.escape(f"{tmp_path / 'x'} can't be written: the disk is full")
    with pytest.raises(StoreError, match=told), atomic_folder(tmp_path / "x") as part, atomic_file(part / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_in_the_way_of_a_file_is_told_in_words(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with (
        pytest.raises(StoreError, match="a folder of that name is in the way"),
        atomic_file(tmp_path / "a.txt") as part,
    ):
        part.write_text("text")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_numpy_on_a_full_disk_is_told_as_a_full_disk(tmp_path):
    with (
        pytest.raises(StoreError, match=r"the disk is full \(.* free\)\. Free some space"),
        atomic_file(tmp_path / "x.npy"),
        Path("/dev/full").open("wb") as full,
    ):
        np.save(full, np.zeros(1_000_000))


def test_what_hdf5_says_of_a_full_disk_is_understood():
    said = "Can't write data (file write failed: time = x, errno = 28, error message = 'No space left on device')"
    assert atomic_write.is_full(OSError(said)) and not atomic_write.is_full(OSError("errno = 2, not found"))


class InUseError(PermissionError):
    """What Windows says of a file that somebody reads."""

    winerror = 32


def test_what_somebody_reads_on_windows_is_moved_when_he_has_done_so(tmp_path, monkeypatch):
    tries, really = [], Path.replace

    def replace(self, target):
        tries.append(target)
        if len(tries) < 4:
            raise InUseError("in use")
        return really(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    write_text_whole(tmp_path / "status.json", "new")
    assert (tmp_path / "status.json").read_text() == "new" and len(tries) == 4


def test_what_stays_in_use_and_what_is_not_allowed_is_told(tmp_path, monkeypatch):
    def refuse(error):
        def replace(self, target):
            tries.append(target)
            raise error

        return replace

    monkeypatch.setattr(atomic_write, "BUSY_S", 0.2)
    for error, at_least, at_most in ((InUseError("in use"), 2, 6), (PermissionError("no"), 1, 1)):
        tries = []
        monkeypatch.setattr(Path, "replace", refuse(error))
        with pytest.raises(PermissionError):
            write_text_whole(tmp_path / "status.json", "new")
        assert at_least <= len(tries) <= at_most


@pytest.mark.parametrize("has_links", [True, False])
def test_a_text_that_may_replace_nothing_leaves_the_first_one(tmp_path, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError(95, "not supported")))
    target = tmp_path / "one.json"
    write_text_whole(target, "first", replaces=False)
    with pytest.raises(FileExistsError):
        write_text_whole(target, "second", replaces=False)
    assert target.read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]
