"""One command, every format: whole files or none, every animal, and what went wrong in words."""

import errno
import json
import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest

from calscope.export.formats import caiman_export, csv_export
from calscope.export.formats.format_registry import export_run
from calscope.export.formats.hdf5_target import check_replaceable
from calscope.export.formats.nwb import write_nwb
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import StoreError


@pytest.mark.parametrize("name", ["csv", "suite2p", "caiman"])
def test_every_animal_is_exported(make_animal, tmp_path, name):
    make_animal("Animal_1")
    make_animal("Animal 'two' <b> 🐭")
    written = export_run(open_run(tmp_path / "OUT"), name, tmp_path / "OUT" / "export" / name)
    assert all(path.is_file() for path in written)
    assert {
        path.relative_to(tmp_path / "OUT" / "export" / name).parts[0].removesuffix(".hdf5") for path in written
    } == {
        "Animal_1",
        "Animal 'two' <b> 🐭",
    }
    # What was exported is not taken for animals afterwards.
    assert len(open_run(tmp_path / "OUT").animals) == 2


@pytest.mark.parametrize("name", ["csv", "suite2p", "caiman"])
def test_exporting_again_replaces(make_animal, tmp_path, name):
    folder = make_animal()
    first = export_run(open_run(folder), name, tmp_path / "x")
    assert export_run(open_run(folder), name, tmp_path / "x") == first
    assert not [path for path in (tmp_path / "x").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["csv", "suite2p", "caiman", "matlab", "images", "run", "nwb"])
@pytest.mark.parametrize("n", [0, 1])
def test_none_found_and_one_found_are_results(make_animal, truth, tmp_path, name, n):
    if name == "nwb":
        pytest.importorskip("pynwb", reason="NWB is an extra")
    written = export_run(open_run(make_animal(truth=type(truth)(n=n))), name, tmp_path / "x")
    assert written and all(path.is_file() for path in written)


@pytest.mark.parametrize("name", ["csv", "suite2p", "caiman", "matlab", "imagej", "run", "nwb"])
def test_none_accepted_goes_out_as_others_do(make_animal, truth, tmp_path, name):
    if name == "nwb":
        pytest.importorskip("pynwb", reason="NWB is an extra")
    truth.accepted[:] = False
    written = export_run(open_run(make_animal(truth=truth)), name, tmp_path / "x")
    assert written and all(path.is_file() for path in written)
    if name == "imagej":
        sizes = {}
        for path in written:
            with zipfile.ZipFile(path) as file:
                sizes[path.name] = len(file.namelist())
        assert sizes["accepted.zip"] == 0 and sizes["rejected.zip"] >= len(truth.accepted)


@pytest.mark.parametrize("name", ["csv", "caiman"])
def test_two_exports_into_one_folder_at_once_leave_one_whole(make_animal, tmp_path, name):
    run, meet = open_run(make_animal()), threading.Barrier(2, timeout=60)

    def begin_together(fraction, note="", /):
        if not hasattr(local, "began"):
            local.began = True
            meet.wait()

    local = threading.local()
    with ThreadPoolExecutor(2) as both:
        orders = [both.submit(export_run, run, name, tmp_path / "x", begin_together) for _ in range(2)]
        first, second = (order.result() for order in orders)
    assert first == second and all(path.stat().st_size for path in first)
    assert not [path for path in (tmp_path / "x").rglob("*") if path.name.startswith((".part-", ".old-"))]


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["csv", "suite2p"])
def test_a_folder_with_somebody_elses_files_is_left_alone(make_animal, tmp_path, name):
    out = make_animal().parent
    recording = tmp_path / "data" / "Animal_1" / "movie.tif"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"raw")
    results = contents(out)
    for place in (tmp_path / "data", out):
        with pytest.raises(StoreError, match=r"holds files that are no export .*another folder") as caught:
            export_run(open_run(out), name, place)
        assert str(place / "Animal_1") in str(caught.value)
    assert contents(tmp_path / "data") == {recording.relative_to(tmp_path / "data"): b"raw"}
    assert contents(out) == results


@pytest.mark.parametrize("name, ending", [("caiman", "hdf5"), ("nwb", "nwb")])
def test_another_programs_file_of_the_same_name_is_left_alone(make_animal, tmp_path, name, ending):
    if name == "nwb":
        pytest.importorskip("pynwb", reason="NWB is an extra")
    folder, theirs = make_animal(), tmp_path / "x" / f"Animal_1.{ending}"
    theirs.parent.mkdir()
    with h5py.File(theirs, "w") as file:
        file["estimates"] = [1, 2]
    before = theirs.read_bytes()
    with pytest.raises(StoreError, match=f"Animal_1.{ending} is no export of Calscope's.*another folder"):
        export_run(open_run(folder), name, tmp_path / "x")
    assert theirs.read_bytes() == before
    theirs.write_text("not HDF5 at all")
    with pytest.raises(StoreError, match="left alone"):
        export_run(open_run(folder), name, tmp_path / "x")
    assert theirs.read_text() == "not HDF5 at all"
    theirs.unlink()
    assert (
        export_run(open_run(folder), name, tmp_path / "x")
        == export_run(open_run(folder), name, tmp_path / "x")
        == [theirs]
    )


@pytest.mark.parametrize("name", ["csv", "suite2p"])
def test_what_a_person_adds_to_an_export_is_not_lost(make_animal, tmp_path, name):
    folder = make_animal()
    export_run(open_run(folder), name, tmp_path / "x")
    notes = tmp_path / "x" / "Animal_1" / "mine" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine")
    with pytest.raises(StoreError, match=r"mine/notes\.txt"):
        export_run(open_run(folder), name, tmp_path / "x")
    assert notes.read_text() == "mine"
    notes.rename(tmp_path / "notes.txt")
    assert export_run(open_run(folder), name, tmp_path / "x")


def test_a_link_or_a_file_in_the_place_of_a_folder_is_left_alone(make_animal, tmp_path):
    folder = make_animal()
    (tmp_path / "raw").mkdir()
    (tmp_path / "x").mkdir()
    in_the_way = tmp_path / "x" / "Animal_1"
    in_the_way.symlink_to(tmp_path / "raw")
    with pytest.raises(StoreError, match="file or a link"):
        export_run(open_run(folder), "csv", tmp_path / "x")
    in_the_way.unlink()
    in_the_way.write_text("mine")
    with pytest.raises(StoreError, match="file or a link"):
        export_run(open_run(folder), "csv", tmp_path / "x")
    assert in_the_way.read_text() == "mine"


def test_an_animal_without_components_does_not_stop_the_others(make_animal, tmp_path):
    make_animal("A", until="motion")
    make_animal("B")
    with pytest.raises(StoreError, match="A has no components") as caught:
        export_run(open_run(tmp_path / "OUT"), "caiman", tmp_path / "x")
    assert str(tmp_path / "x") in str(caught.value)
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["B.hdf5"]


def test_an_unknown_format_lists_the_known(make_animal, tmp_path):
    with pytest.raises(StoreError, match="nwb, caiman, suite2p, suite2p-with-movie, csv, matlab, imagej, images,"):
        export_run(open_run(make_animal()), "mat", tmp_path)


def test_a_full_disk_leaves_the_older_export(make_animal, tmp_path, monkeypatch):
    folder = make_animal()
    export_run(open_run(folder), "csv", tmp_path / "x")
    before = {path.name: path.read_bytes() for path in (tmp_path / "x" / "Animal_1").iterdir()}

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(csv_export, "_write_wide", full)
    with pytest.raises(StoreError, match="the disk is full"):
        export_run(open_run(folder), "csv", tmp_path / "x")
    assert {path.name: path.read_bytes() for path in (tmp_path / "x" / "Animal_1").iterdir()} == before
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["Animal_1"]


def test_a_file_in_the_way_of_a_folder_is_told_in_words(make_animal, tmp_path):
    (tmp_path / "x").write_text("a file")
    with pytest.raises(StoreError, match="can't be written"):
        export_run(open_run(make_animal()), "csv", tmp_path / "x")


@pytest.mark.parametrize(
    "error, words",
    [
        ("", r"has no components: its run ended before\. Run it without --until\."),
        (
            "Animal_1, first fit: No pixel is left.",
            r"has no components: its run failed\. Animal_1, first fit: No pixel",
        ),
    ],
)
def test_an_animal_without_components_says_why_and_what_to_do(make_animal, tmp_path, error, words):
    folder = make_animal()
    for name in ("footprints.npz", "components.parquet", "traces.parquet"):
        (folder / name).unlink()
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "error": error}))
    with pytest.raises(StoreError, match=words):
        export_run(open_run(folder), "suite2p", tmp_path / "x")


@pytest.mark.parametrize("damage", ["cut", "attributes", "text"])
def test_a_damaged_file_in_the_way_is_left_alone(tmp_path, damage):
    target = tmp_path / "A.hdf5"
    with h5py.File(target, "w") as file:
        file.attrs["x"] = "y" * 100
        file["general/source_script"] = np.zeros(3)
    whole = target.read_bytes()
    harm = {"cut": whole[:300], "attributes": whole.replace(b"OHDR", b"\xff\xff\xff\xff").replace(b"TREE", b"\0" * 4)}
    target.write_bytes(harm.get(damage, b"no HDF5"))
    for is_ours in (write_nwb.is_ours, caiman_export.is_ours):
        with pytest.raises(StoreError, match="is no export of Calscope's"):
            check_replaceable(target, is_ours)
