"""A run of the store exports as the folder of `calscope run` does, and nothing half-made is left of one that ends."""

import errno
import json
import re
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
import stand_in
from scipy.io import loadmat
from scipy.sparse import issparse

from calscope.export.formats import csv_export
from calscope.export.formats.format_registry import FORMATS, export_run
from calscope.export.report.write_report import render
from calscope.export.run_folder.open_run_folder import open_run
from calscope.export.run_folder.write_animal import write_animal, write_json
from calscope.export.stored_animal import StoredAnimal
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import ExportSettings, JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.manager import JobManager
from calscope.jobs.run_export import export_stored_run, stored_run
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import Cancelled, ParameterError, RecordingError, StoreError
from calscope.model.nwb.project_metadata import ProjectNwbMetadata
from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.kept_nwb_metadata import keep_nwb_metadata
from calscope.pipeline.kept_remarks import keep_remark
from calscope.pipeline.opened_results import OpenedResults
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store

RUN = "0123456789abcdef-aaaaaa"
INPUTS = {"Animal_2": AnimalInputs(parameters={"cnmf.K": 5}, seeds=((3, 4), (10, 12)))}


def keep_run(store, runs, **changes):
    """Put a run into the store's list of jobs, as its worker leaves it."""
    folder = JobFolder(store.jobs / RUN)
    folder.path.mkdir(parents=True)
    folder.write_spec(JobSpec(data="/nowhere/Mice"))
    folder.write_results(runs)
    write_status(folder.path, JobStatus(**{"state": "done", "started_at": 1e9, "ended_at": 1e9 + 5} | changes))


def make_run(store, until="evaluation"):
    params, engine = Parameters(), stand_in.StandIn()
    recordings = [stand_in.MemoryRecording(f"Animal_{n}", dxy_um=(1.5, 1.25), seed=n) for n in (1, 2)]
    inputs = INPUTS if until == "evaluation" else {}
    return [
        run_animal(
            one,
            params,
            engine=engine,
            store=store,
            until=until,
            inputs=inputs.get(one.info.name, AnimalInputs()),
            workers=1,
        )
        for one in recordings
    ]


OF_THE_MOVIE = ("caiman", "suite2p-with-movie", "movie")
"""Formats that read the corrected movie, which a run's folder holds only when asked for."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store with a run of two animals, one with seeds and a parameter of its own, and the folder of the same run."""
    place = tmp_path_factory.mktemp("whole")
    store, out = Store(place / "store"), place / "Mice"
    runs = make_run(store)
    keep_run(store, runs)
    for run in runs:
        write_animal(out / run.name, StoredAnimal(run.to_dict(), AnimalResults(store, run.keys)))
    return store, out, runs


@pytest.fixture
def store(whole, tmp_path, monkeypatch):
    """A store with a whole run, that a test may spoil."""
    monkeypatch.setenv("CALSCOPE_ROOTS", str(tmp_path))
    shutil.copytree(whole[0].root, tmp_path / "store")
    return Store(tmp_path / "store")


def wanted(folder, name, **changes):
    return JobSpec(kind="export", data=str(folder), export=ExportSettings(RUN, name), **changes)


def need_extra(name):
    """Skip where the package is not installed that a format needs beside what everybody installs."""
    if name == "nwb":
        pytest.importorskip("pynwb", reason="an extra")


def contents(path):
    """Give what a file holds, without what differs from one writing to the next."""
    if path.suffix in (".nwb", ".hdf5"):
        with h5py.File(path) as file:
            found = {}
            file.visititems(lambda name, item: found.update({name: [item[()]] if hasattr(item, "shape") else []}))
            found |= (
                {"@" + name: value for name, value in file["estimates"].attrs.items()} if "estimates" in file else {}
            )
            return {
                name: repr(value) for name, value in found.items() if name not in ("identifier", "file_create_date")
            }
    if path.suffix == ".mat":
        found = loadmat(path, simplify_cells=True)
        return {name: repr(plain(value)) for name, value in found.items() if not name.startswith("__")}
    if path.suffix == ".npz":
        with np.load(path) as found:
            return {name: (found[name].dtype, repr(found[name].tolist())) for name in found.files}  # NaN is NaN
    if path.suffix == ".parquet":
        return repr(pd.read_parquet(path).to_dict("list"))
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    return path.read_bytes()


def plain(value):
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return value.toarray().tolist() if issparse(value) else np.asarray(value).tolist()


def tree(folder):
    return {path.relative_to(folder): contents(path) for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_from_the_store_equals_that_from_the_runs_folder(whole, tmp_path, name):
    need_extra(name)
    store, out, runs = whole
    if name in OF_THE_MOVIE:
        out = tmp_path / "Mice"
        for run in runs:
            animal = StoredAnimal(run.to_dict(), AnimalResults(store, run.keys))
            write_animal(out / run.name, animal, save_movie=True)
    with stored_run(store, RUN) as run:
        from_store = export_run(run, name, tmp_path / "store")
        write_json(out / "run.json", run.meta)
    from_folder = export_run(open_run(out), name, tmp_path / "folder")
    assert len(from_store) == len(from_folder) >= 2
    told = tree(tmp_path / "store")
    assert told == tree(tmp_path / "folder")
    assert all(path.is_file() for path in from_store)


def test_a_run_folder_from_the_store_is_that_of_calscope_run(whole, tmp_path):
    store, out, _ = whole
    with stored_run(store, RUN) as run:
        export_run(run, "run", tmp_path / "out")
    for name in ("Animal_1", "Animal_2"):
        (tmp_path / "out" / name / ".calscope-export").unlink()
        assert tree(tmp_path / "out" / name) == tree(out / name)


def test_the_report_from_the_store_equals_that_from_the_runs_folder(whole):
    store, out, _ = whole
    with stored_run(store, RUN) as run:
        from_store = render(run)
        write_json(out / "run.json", run.meta)
    from_folder = render(open_run(out))
    written = re.compile(r"Report written [^<]*")
    assert written.sub("", from_store) == written.sub("", from_folder)
    assert "Animal_2" in from_store and from_store.count("Of 3 components, 1 were accepted.") == 2


def test_what_was_written_of_an_animal_since_its_run_is_exported(store, tmp_path):
    keep_remark(store.root, "/nowhere/Mice", "Animal_2", "dim <b>")
    with stored_run(store, RUN) as run:
        page = render(run)
        export_run(run, "run", tmp_path / "out")
    told = [json.loads((tmp_path / f"out/Animal_{n}/run.json").read_text())["remark"] for n in (1, 2)]
    assert told == ["", "dim <b>"] == [entry["remark"] for entry in run.meta["animals"]]
    assert page.count("dim &lt;b&gt;") == 2 and "dim <b>" not in page
    assert render(open_run(tmp_path / "out")).count("dim &lt;b&gt;") == 2


def test_what_is_kept_for_nwb_goes_out_unless_a_file_says_otherwise(store):
    kept = ProjectNwbMetadata.from_plain({"animals": {"Animal_2": {"Subject": {"sex": "F"}}}})
    keep_nwb_metadata(store.root, "/nowhere/Mice", kept)
    with stored_run(store, RUN) as run:
        assert [one.nwb_metadata.Subject.sex for one in run.animals] == [None, "F"]
    said = ProjectNwbMetadata.from_plain({"Subject": {"sex": "M"}})
    with stored_run(store, RUN, nwb_metadata=said) as run:
        assert [one.nwb_metadata.Subject.sex for one in run.animals] == ["M", "M"]
    elsewhere = ProjectNwbMetadata.from_plain({"animals": {"Animal_9": {"Subject": {"sex": "F"}}}})
    with pytest.raises(ParameterError, match="Animal_9"), stored_run(store, RUN, nwb_metadata=elsewhere):
        pass


def test_a_run_until_motion_has_no_traces_and_says_so(tmp_path):
    store = Store(tmp_path / "store")
    keep_run(store, make_run(store, until="motion"))
    with stored_run(store, RUN) as run:
        with pytest.raises(StoreError, match=f"Animal_1 of run {RUN} has no components"):
            export_run(run, "caiman", tmp_path / "x")
        assert {path.name for path in export_run(run, "csv", tmp_path / "x")} == {
            "animal.csv",
            "motion.csv",
            "parameters.json",
        }
        assert run.animals[0].trace_kinds == ()
        with pytest.raises(StoreError, match="has no raw traces"):
            run.animals[0].traces("raw")


def test_dff_that_was_not_computed_is_not_exported(tmp_path):
    store = Store(tmp_path / "store")
    keep_run(store, make_run(store, until="extraction"))
    with stored_run(store, RUN) as run:
        export_run(run, "run", tmp_path / "out")
        assert "dff" not in run.animals[0].trace_kinds
    assert open_run(tmp_path / "out").animals[0].trace_kinds == ("raw", "denoised", "spikes")


def test_large_arrays_are_maps_of_the_stores_files(whole, monkeypatch):
    store, _, runs = whole
    monkeypatch.setattr("calscope.pipeline.store.MAPPED_FROM_BYTES", 0)
    monkeypatch.setattr("calscope.pipeline.animal_results.OPENED", OpenedResults())  # none that was read into memory
    animal = StoredAnimal(runs[0].to_dict(), AnimalResults(store, runs[0].keys))
    for array in (animal.traces("denoised"), animal.traces("dff"), animal.movie.codes):
        base = array
        while base is not None and not isinstance(base, np.memmap):
            base = base.base
        assert base is not None and not array.flags.writeable


def test_only_the_animals_that_are_wanted(store, tmp_path):
    export_stored_run(store, wanted(tmp_path / "x", "csv", animals=("Animal_2",)))
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["Animal_2"]
    with pytest.raises(StoreError, match=r"has no Animal_9\. Its animals: Animal_1, Animal_2"):
        export_stored_run(store, wanted(tmp_path / "x", "csv", animals=("Animal_9",)))


def test_pruned_results_are_told_in_words(store, tmp_path):
    run = JobFolder(store.jobs / RUN).read_results()["Animal_2"]
    for stage in ("survey", "fit", "residual"):
        if stage in run.keys:
            shutil.rmtree(store.open(run.keys[stage]).folder)
    assert export_stored_run(store, wanted(tmp_path / "x", "csv"))  # what no format holds may be gone
    shutil.rmtree(store.open(run.keys["evaluation"]).folder)
    with pytest.raises(StoreError, match=r"Animal_2 are no longer in the store \(evaluation\).*Run the animal again"):
        export_stored_run(store, wanted(tmp_path / "y", "csv"))
    assert not (tmp_path / "y").exists()


def test_results_are_not_pruned_while_they_are_exported(store, tmp_path):
    results = len(store.sizes())
    with stored_run(store, RUN) as run:
        export_run(run, "csv", tmp_path / "x", lambda fraction, note="", /: store.prune(max_bytes=0))
        assert len(store.sizes()) == results
    store.prune(max_bytes=0)
    assert len(store.sizes()) == 0


@pytest.mark.parametrize("name", [*FORMATS, "report"])
def test_one_that_is_stopped_leaves_nothing_and_keeps_the_older_export(store, tmp_path, name):
    need_extra(name)

    def stop_in_the_second_animal(fraction, note="", /):
        if fraction > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        export_stored_run(store, wanted(tmp_path / "a" / "b", name), stop_in_the_second_animal)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]
    export_stored_run(store, wanted(tmp_path / "x", name))
    older = {path: path.read_bytes() for path in (tmp_path / "x").rglob("*") if path.is_file()}
    with pytest.raises(Cancelled):
        export_stored_run(store, wanted(tmp_path / "x", name), stop_in_the_second_animal)
    assert {path: path.read_bytes() for path in (tmp_path / "x").rglob("*") if path.is_file()} == older
    assert not list((store.root / "leases").glob("*"))


def test_a_full_disk_is_told_in_words_and_leaves_nothing(store, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(csv_export, "_write_wide", full)
    with pytest.raises(StoreError, match=r"Animal_1 can't be written: the disk is full \(.* free\)\. Free some space"):
        export_stored_run(store, wanted(tmp_path / "x", "csv"))
    assert not (tmp_path / "x").exists()


def test_where_an_export_may_not_go(store, tmp_path):
    with pytest.raises(RecordingError, match="not one of the folders"):
        export_stored_run(store, wanted(tmp_path.parent / "elsewhere", "csv"))
    (tmp_path / "link").symlink_to(tmp_path.parent)
    with pytest.raises(RecordingError, match="leads out"):
        export_stored_run(store, wanted(tmp_path / "link" / "x", "csv"))
    with pytest.raises(StoreError, match="in the result store"):
        export_stored_run(store, wanted(store.root / "x", "csv"))
    folder = JobFolder(store.jobs / RUN)
    folder.write_spec(JobSpec(data=str(tmp_path / "Mice")))
    with pytest.raises(StoreError, match="among the recordings"):
        export_stored_run(store, wanted(tmp_path / "Mice" / "x", "csv"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "store"]


@pytest.mark.parametrize("run_id", ["0123456789abcdef-bbbbbb", "..", "a/b", ""])
def test_an_unknown_run_is_told_in_words(store, run_id):
    with pytest.raises(StoreError, match="There is no run"), stored_run(store, run_id):
        pass


def test_a_run_that_has_not_ended_or_found_nothing_is_not_exported(tmp_path):
    store = Store(tmp_path / "store")
    keep_run(store, [], state="failed", error="no frame rate")
    with pytest.raises(StoreError, match="has no results"), stored_run(store, RUN):
        pass


def test_a_job_exports_in_a_process_of_its_own(store, tmp_path):
    manager = JobManager(store.root)
    job = manager.wait(manager.submit(wanted(tmp_path / "x", "csv")), 60)
    assert (job.status.state, job.status.error, job.status.fraction) == ("done", "", 1.0)
    assert (tmp_path / "x" / "Animal_2" / "traces.csv").is_file()
    assert "traces.csv" in manager.log_tail(job.id) and job.spec.export.run == RUN
    again = JobSpec(kind="export", data=str(tmp_path / "y"), export=ExportSettings("0-0", "csv"))
    failed = manager.wait(manager.submit(again), 60)
    assert failed.status.state == "failed" and "There is no run '0-0'" in failed.status.error
    with pytest.raises(RecordingError, match="not one of the folders"):
        manager.submit(wanted("/somewhere", "csv"))
