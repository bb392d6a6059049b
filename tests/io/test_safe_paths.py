"""What a browser may see of the disk, attacked."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from calscope.io import safe_paths
from calscope.io.project import find_recordings, only_inside
from calscope.io.safe_paths import (
    allowed_roots,
    list_files,
    list_folders,
    plain_path,
    resolve_folder,
    resolve_new_folder,
    resolve_path,
)
from calscope.model.errors import RecordingError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root" / "Animal_10").mkdir(parents=True)
    (tmp_path / "root" / "Animal_2" / "day 1").mkdir(parents=True)
    (tmp_path / "root" / "file.tif").write_text("x")
    (tmp_path / "root" / ".hidden").mkdir()
    (tmp_path / "root-secret").mkdir()
    (tmp_path / "secret" / "deep").mkdir(parents=True)
    return tmp_path / "root"


def test_folders_under_the_roots_are_found(root):
    assert resolve_folder(str(root / "Animal_2" / "day 1"), [root]) == root / "Animal_2" / "day 1"
    assert resolve_folder("Animal_2", [root]) == root / "Animal_2"
    assert resolve_folder(f"{root}/", [root]) == root


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("/data/x y", "/data/x y"),
        ("  '/data/x y'\n", "/data/x y"),
        ('"/data/x y"', "/data/x y"),
        ("“/data/x y”", "/data/x y"),
        ("file:///data/x%20y", "/data/x y"),
        ('"file://localhost/data/x y#1"', "/data/x y#1"),
        ("file:/data/x", "/data/x"),
        ("FILE:///data/50%", "/data/50%"),
        ("file://other/data", "file://other/data"),
        ("'/data/it's", "'/data/it's"),
        ("'", "'"),
        ("", ""),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of other systems")
def test_a_path_is_understood_as_it_is_pasted(pasted, path):
    assert plain_path(pasted) == path


def test_a_folder_that_is_not_there_yet_may_be_written_under_the_roots_only(root):
    assert resolve_new_folder(str(root / "new" / "deep"), [root]) == root / "new" / "deep"
    assert resolve_new_folder("Animal_2", [root]) == root / "Animal_2"
    (root / "out").symlink_to(root.parent / "secret")
    (root / "lost").symlink_to(root.parent / "gone")
    for text in (str(root.parent / "new"), "../new", "new/../../secret", "out/new", "lost/new", "file.tif/new", ""):
        with pytest.raises(RecordingError):
            resolve_new_folder(text, [root])
    assert not (root / "new").exists()


ATTACKS = [
    "..",
    "../secret",
    "Animal_2/../../secret",
    "Animal_2/..",
    "{root}/../secret",
    "{root}/Animal_2/../../root-secret",
    "{root}-secret",
    "/etc",
    "/",
    "//server/share",
    "\\\\server\\share",
    "\\\\?\\C:\\Windows",
    "/\\server\\share",
    "C:\\Windows",
    "c:/Windows",
    "..\\secret",
    "Animal_2\0",
    "\0",
    "Animal_2\n",
    "~/../../etc",
    "",
    "   ",
    "a" * 5000,
]


@pytest.mark.skipif(os.name == "nt", reason="the texts are those of a POSIX server")
@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused_before_the_disk_is_touched(root, attack, monkeypatch):
    asked = []
    plain_resolve = Path.resolve

    def resolve(self, strict=False):
        asked.append(self)
        return plain_resolve(self, strict)

    with monkeypatch.context() as patched, pytest.raises(RecordingError):
        patched.setattr(Path, "resolve", resolve)
        resolve_folder(attack.replace("{root}", str(root)), [root])
    allowed = [root, *safe_paths._given_roots()]
    assert all(path in allowed for path in asked), "the roots are followed, what was typed is not"


def test_another_users_home_is_not_looked_up(root):
    with pytest.raises(RecordingError, match="There is no file or folder '~root'"):
        resolve_folder("~root", [root])


def test_links_that_leave_the_roots_are_refused(root):
    (root / "out").symlink_to(root.parent / "secret")
    (root / "in").symlink_to(root / "Animal_2")
    (root / "loop").symlink_to(root / "loop")
    (root / "dangling").symlink_to(root / "gone")
    with pytest.raises(RecordingError, match="a link that leads out"):
        resolve_folder("out", [root])
    with pytest.raises(RecordingError, match="a link that leads out"):
        resolve_folder("out/deep", [root])
    assert resolve_folder("in", [root]) == root / "Animal_2"
    for name in ("loop", "dangling", "none"):
        with pytest.raises(RecordingError, match="There is no file or folder"):
            resolve_folder(name, [root])
    assert [path.name for path in list_folders(root, [root])] == ["Animal_2", "Animal_10", "in"]


def test_files_are_found_and_listed_by_the_same_rules(root):
    (root.parent / "secret" / "b.hdf5").write_text("x")
    for name in ("mouse_10.hdf5", "mouse_2.HDF5", ".hidden.hdf5"):
        (root / name).write_text("x")
    (root / "out.hdf5").symlink_to(root.parent / "secret" / "b.hdf5")
    assert resolve_path("mouse_10.hdf5", [root]) == root / "mouse_10.hdf5"
    assert [path.name for path in list_files(root, (".hdf5",), [root])] == ["mouse_2.HDF5", "mouse_10.hdf5"]
    for attack in ("out.hdf5", "../secret/b.hdf5", str(root.parent / "secret" / "b.hdf5")):
        with pytest.raises(RecordingError):
            resolve_path(attack, [root])


def test_recordings_behind_links_that_leave_the_roots_are_passed_over_with_the_reason(root):
    outside = root.parent / "secret"
    tifffile.imwrite(outside / "far.tif", np.ones((3, 8, 9), np.uint16), photometric="minisblack")
    for name in ("Animal_1", "Animal_5"):
        (root / name).mkdir()
        tifffile.imwrite(root / name / "movie.tif", np.ones((3, 8, 9), np.uint16), photometric="minisblack")
    (root / "Animal_3").symlink_to(outside)
    (root / "Animal_4").mkdir()
    (root / "Animal_4" / "movie.tif").symlink_to(outside / "far.tif")
    (root / "Animal_6").symlink_to(root / "Animal_1")
    (root / "file.tif").unlink()
    project = find_recordings(root)
    assert len(project.recordings) == 5, "whoever types a command may follow any link"
    safe = only_inside(project, [root])
    assert [ref.name for ref in safe.recordings] == ["Animal_1", "Animal_1_2", "Animal_5"]
    assert [note.values["name"] for note in safe.skipped[:2]] == ["Animal_4", "Animal_3"]
    with pytest.raises(RecordingError, match="a link out of the folders"):
        only_inside(find_recordings(root / "Animal_4"), [root])


def test_a_file_is_no_folder(root):
    with pytest.raises(RecordingError, match=r"is a file, not a folder. Open the folder that it is in"):
        resolve_folder("file.tif", [root])


def test_listing_outside_is_refused(root):
    with pytest.raises(RecordingError, match=r"not one of the folders that may be opened. Allowed are"):
        list_folders(root.parent / "secret", [root])


def test_roots_come_from_the_environment(root, monkeypatch):
    monkeypatch.setenv(safe_paths.ROOTS, os.pathsep.join([str(root), str(root / "none"), str(root)]))
    assert allowed_roots() == (root,)
    monkeypatch.setenv(safe_paths.ROOTS, "")
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.setenv("USERPROFILE", str(root))
    monkeypatch.chdir(root / "Animal_2")
    assert allowed_roots() == (root, root / "Animal_2")
    assert resolve_folder("~/Animal_10", allowed_roots()) == root / "Animal_10"


def test_the_whole_file_system_is_a_root_only_when_named(root, monkeypatch):
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.setenv("USERPROFILE", str(root))
    monkeypatch.delenv(safe_paths.ROOTS, raising=False)
    monkeypatch.chdir(root.anchor)
    assert allowed_roots() == (root,)
    monkeypatch.setenv(safe_paths.ROOTS, root.anchor)
    assert allowed_roots() == (Path(root.anchor),)


def test_a_root_reached_by_a_link_may_be_typed_as_the_link(root, monkeypatch):
    link = root.parent / "alias"
    link.symlink_to(root)
    monkeypatch.setenv(safe_paths.ROOTS, str(link))
    assert allowed_roots() == (root,)
    assert resolve_folder(str(link / "Animal_2"), allowed_roots()) == root / "Animal_2"


@given(text=st.text(alphabet="./\\~:\0aAC %", max_size=20))
def test_whatever_is_typed_stays_inside(tmp_path_factory, text):
    base = tmp_path_factory.getbasetemp() / "typed"
    inside = base / "root"
    (inside / "a").mkdir(parents=True, exist_ok=True)
    (base / "A").mkdir(exist_ok=True)
    try:
        found = resolve_folder(text, [inside])
    except RecordingError:
        return
    assert found.is_relative_to(inside)
