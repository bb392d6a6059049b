"""What a killed process left beside a place is swept by the next; what somebody is making, or keeps, is not."""

import subprocess
import sys

import owned
import pytest

from calscope.export.run_folder.write_animal import check_place
from calscope.io import unfinished as module
from calscope.io.atomic_write import MARK, atomic_file, atomic_folder
from calscope.io.demo.demo_files import write_demo
from calscope.io.owners import Owners
from calscope.io.unfinished import is_unfinished, sweep_unfinished

GONE = "01234567-0123456789ab"
MAKES_A_FILE = "with atomic_file(target) as part:\n    part.write_text('half')\n    wait()\n"
MAKES_A_FOLDER = "with atomic_folder(target) as part:\n    (part / 'half').write_text('half')\n    wait()\n"
MAKES_A_DEMO = (
    "write_demo(target, animals=1, frames=50, size=32, progress=lambda fraction, note='', /: wait(fraction))\n"
)


class Maker:
    """A process that is making something at `target`, and waits in the middle of it."""

    def __init__(self, target, work, *prefix):
        script = (
            "import sys; from pathlib import Path\n"
            "from calscope.io.atomic_write import atomic_file, atomic_folder\n"
            "from calscope.io.demo.demo_files import write_demo\n"
            "def wait(fraction=1.0):\n"
            "    if fraction > 0: print('half', flush=True); sys.stdin.read()\n"
            "target = Path(sys.argv[1])\n"
        )
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", script + work, str(target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "half\n"

    def kill(self):
        self.process.kill()
        self.end()

    def end(self):
        self.process.communicate()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("work", [MAKES_A_FILE, MAKES_A_FOLDER, MAKES_A_DEMO])
def test_what_a_killed_process_left_is_swept_by_the_next_that_writes_there(tmp_path, work):
    maker = Maker(tmp_path / "a", work)
    for _ in range(2):
        with atomic_file(tmp_path / "b.txt") as part:
            part.write_text("b")
    made = [name for name in names(tmp_path) if name != "b.txt"]
    assert len(made) == 2 and all(is_unfinished(tmp_path / name) for name in made), "nothing of a living one is touched"
    maker.kill()
    assert names(tmp_path) == sorted([*made, "b.txt"])
    with atomic_file(tmp_path / "b.txt") as part:
        part.write_text("b")
    assert names(tmp_path) == ["b.txt"]


@pytest.mark.parametrize("work", [MAKES_A_FILE, MAKES_A_FOLDER, MAKES_A_DEMO])
def test_who_was_swept_around_ends_well(tmp_path, work):
    maker = Maker(tmp_path / "a", work)
    sweep_unfinished(tmp_path)
    maker.end()
    assert maker.process.returncode == 0 and names(tmp_path) == ["a"]


def test_a_process_of_another_container_is_left_in_peace(tmp_path):
    maker = Maker(tmp_path / "a", MAKES_A_FILE, *owned.in_another_container())
    sweep_unfinished(tmp_path)
    maker.end()
    assert (tmp_path / "a").read_text() == "half"


def test_a_demo_that_was_killed_leaves_nothing_after_the_next_one(tmp_path):
    Maker(tmp_path / "demo", MAKES_A_DEMO).kill()
    assert len(names(tmp_path)) == 2
    write_demo(tmp_path / "demo", animals=1, frames=20, size=32)
    assert names(tmp_path) == ["demo"] and (tmp_path / "demo" / "Animal_1" / "movie.tif").exists()


def test_what_a_person_keeps_stays(tmp_path):
    kept = (
        ".part-1-notes.txt",
        ".part-12345-0123abcd-a.txt",
        ".old-thesis",
        f".part-{GONE}",
        f".part-{GONE}-0123abcdef",
        f"part-{GONE}-0123abcd.txt",
        ".demo-123.part",
        ".part-mine.lock",
    )
    for name in kept:
        (tmp_path / name).write_text("a person's")
    sweep_unfinished(tmp_path)
    assert names(tmp_path) == sorted(kept)


def test_a_folder_that_was_set_aside_comes_back_where_nothing_took_its_place(tmp_path):
    with atomic_folder(tmp_path / "x") as part:
        (part / "a").write_text("old")
    (tmp_path / "x").rename(tmp_path / f".old-{GONE}-0123abcd-x")
    with pytest.raises(ValueError, match="stop"), atomic_folder(tmp_path / "x"):
        raise ValueError("stop")
    assert names(tmp_path) == ["x"] and names(tmp_path / "x") == [MARK, "a"]


def test_a_folder_that_was_set_aside_goes_where_a_new_one_took_its_place(tmp_path):
    for name in ("x", f".old-{GONE}-0123abcd-x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    sweep_unfinished(tmp_path)
    assert names(tmp_path) == ["x"] and (tmp_path / "x" / "a").read_text() == "x"


def test_a_folder_is_replaced_with_the_older_one_aside_under_the_name_of_who_does_it(tmp_path, monkeypatch):
    seen, really = [], module.remove
    monkeypatch.setattr("calscope.io.atomic_write.remove", lambda path: (seen.extend(names(tmp_path)), really(path)))
    for _ in range(2):
        with atomic_folder(tmp_path / "x") as part:
            (part / "a").write_text("a")
    aside = [name for name in seen if name.startswith(".old-")]
    assert len(aside) == 1 and is_unfinished(tmp_path / aside[0]) and names(tmp_path) == ["x"]


def test_what_was_left_is_in_the_way_of_no_run(tmp_path):
    maker = Maker(tmp_path / "Animal_1" / "run.json", MAKES_A_FILE)
    maker.kill()
    assert len(names(tmp_path / "Animal_1")) == 2
    check_place(tmp_path, ["Animal_1"])


def test_a_folder_that_can_not_be_looked_into_raises_nothing(tmp_path):
    sweep_unfinished(tmp_path / "absent")
    assert Owners.among(tmp_path / "absent", ".part-").is_gone(GONE)
