"""What there is no room for is said, and refused where it surely can't work, before anything runs."""

from types import SimpleNamespace

import pytest

from calscope.model.errors import StoreError
from calscope.pipeline import room
from calscope.pipeline.times import Expected

SHAPE = (1000, 100, 100)
MOVIE = 2 * 1000 * 100 * 100


@pytest.fixture
def free(monkeypatch):
    def put(disk, memory=10**9):
        monkeypatch.setattr(room, "free_bytes", lambda _: disk)
        monkeypatch.setattr(room.psutil, "virtual_memory", lambda: SimpleNamespace(available=memory))

    return put


def test_movies_for_which_the_disk_has_no_room_are_refused(free, tmp_path):
    free(2 * MOVIE - 1)
    room.check_movies_fit({"a": SHAPE}, tmp_path, "Prune.")
    with pytest.raises(StoreError, match=r"would take 40\.0 MB, .* has 40\.0 MB free\. Prune\."):
        room.check_movies_fit({"a": SHAPE, "b": SHAPE}, tmp_path, "Prune.")
    free(None)  # it can't be told
    room.check_movies_fit({"a": SHAPE, "b": SHAPE}, tmp_path, "Prune.")


def test_what_probably_does_not_fit_is_said_with_the_next_step(free, tmp_path):
    free(100, memory=100)
    assert room.lacking(Expected(1, disk_bytes=100, memory_bytes=100), tmp_path) == ""
    assert "101 B of disk, and 100 B are free: prune" in room.lacking(Expected(1, disk_bytes=101), tmp_path)
    assert "101 B of memory, and 100 B are free: close" in room.lacking(Expected(1, memory_bytes=101), tmp_path)
