"""What `calscope run` wrote opens as it was: the same values, and nothing that the folder doesn't hold."""

import shutil

import numpy as np
import pytest
import stand_in

from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.write_animal import write_animal
from calscope.export.stored_animal import StoredAnimal
from calscope.jobs.bundles.import_bundle import import_bundle
from calscope.jobs.bundles.write_bundle import write_bundle
from calscope.jobs.import_run_folder import import_run_folder, is_run_folder
from calscope.jobs.manager import JobManager
from calscope.jobs.run_export import run_from_folder
from calscope.model.curation.component_flags import flags_of, kinds_of
from calscope.model.curation.flag_arrays import flag_arrays
from calscope.model.errors import CalscopeError
from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.import_results import ENGINE
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with two animals, and the results that it was written from."""
    root = tmp_path_factory.mktemp("made")
    store, out, results = Store(root / "store"), root / "OUT", {}
    for n in (1, 2):
        recording = stand_in.MemoryRecording(f"Animal_{n}", dxy_um=(1.5, 1.25), seed=n)
        until = {"until": "injected"} if n == 1 else {}
        run = run_animal(recording, Parameters(), engine=stand_in.StandIn(), store=store, workers=1, **until)
        results[run.name] = AnimalResults(store, run.keys)
        write_animal(out / run.name, StoredAnimal(run.to_dict(), results[run.name]))
    (out / "run.json").write_text("{}")
    return out, results


def test_every_part_comes_back_as_it_was_written(made, tmp_path):
    out, results = made
    manager = JobManager(tmp_path / "store")
    runs = import_run_folder(out, manager.store)
    assert [run.name for run in runs] == ["Animal_1", "Animal_2"]
    for run in runs:
        found, was = AnimalResults(manager.store, run.keys), results[run.name]
        assert (run.engine, run.info.path, run.info.fr_hz) == (ENGINE, str(out / run.name), was_rate(out, run.name))
        for images in ("before", "after"):
            for kind in ("mean", "max", "corr"):
                np.testing.assert_allclose(getattr(getattr(found, images), kind), getattr(getattr(was, images), kind))
        np.testing.assert_allclose(found.motion_estimate.shifts_rig, was.motion_estimate.shifts_rig)
        np.testing.assert_allclose(found.motion_estimate.corr_raw, was.motion_estimate.corr_raw)
        assert found.motion_quality.verdict == was.motion_quality.verdict
        for name in ("shift_px", "margin_to_max_shift_px", "clipped", "got_worse"):
            values = getattr(found.motion_quality, name), getattr(was.motion_quality, name)
            np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-6, err_msg=name)
        assert abs(found.refit.A - was.refit.A).max() == 0
        for name in ("C", "S", "b", "f", "bl", "c1", "g", "neurons_sn", "sn"):
            np.testing.assert_allclose(getattr(found.refit, name), getattr(was.refit, name), err_msg=name)
        np.testing.assert_allclose(found.refit.YrA, was.refit.YrA, atol=1e-3)
        np.testing.assert_allclose(found.component_quality.snr, was.component_quality.snr)
        np.testing.assert_array_equal(found.evaluation.accepted, was.evaluation.accepted)
        np.testing.assert_allclose(found.dff.dff, was.dff.dff)
        for name, array in flag_arrays(was.flags).items():
            np.testing.assert_array_equal(flag_arrays(found.flags)[name], array, err_msg=name)
        assert not {note.kind for note in run.notes} & {"run_folder_without_flags"}
        assert (found.injected is None) == (was.injected is None) == (run.name == "Animal_2")
        if was.injected is not None:
            assert was.injected.n > 0
            np.testing.assert_allclose(found.injected.peak_snr, was.injected.peak_snr)
            assert found.injected.curves == was.injected.curves
        assert found.first is None and found.corrected is None and found.residual is None


def test_a_bundle_of_a_folder_has_the_flags_of_the_run(made, tmp_path):
    out, results = made
    with run_from_folder(Store(tmp_path / "store"), out) as run:
        path = write_bundle(run, Store(tmp_path / "store"), tmp_path / "made.calscope")
    there = Store(tmp_path / "there")
    for opened in import_bundle(path, there):
        found, was = AnimalResults(there, opened.keys), results[opened.name]
        assert flags_of(found.flags) == flags_of(was.flags)
        assert any(kinds_of(notes) for notes in flags_of(was.flags)), "no component has a flag: nothing was compared"


def test_a_folder_of_an_older_version_says_that_flags_are_missing(made, tmp_path):
    shutil.copytree(made[0] / "Animal_2", tmp_path / "Animal_2")
    (tmp_path / "Animal_2" / "flags.npz").unlink()
    store = Store(tmp_path / "store")
    (run,) = import_run_folder(tmp_path / "Animal_2", store)
    assert AnimalResults(store, run.keys).flags is None
    assert "run_folder_without_flags" in {note.kind for note in run.notes}


def was_rate(out, name):
    return AnimalFolder(out / name).fr_hz


def test_it_is_kept_once_whatever_way_it_is_opened(made, tmp_path):
    out, _ = made
    manager = JobManager(tmp_path / "store")
    ids = {manager.keep_import(*import_run_folder(out, manager.store), data=str(out)) for _ in range(2)}
    assert len(ids) == 1
    assert [run.name for run in import_run_folder(out / "Animal_2", manager.store)] == ["Animal_2"]


def test_only_folders_of_runs_are_taken_for_some(made, tmp_path):
    out, _ = made
    recordings = tmp_path / "Animal_1"
    recordings.mkdir()
    (recordings / "movie.tif").touch()
    places = (out, out / "Animal_1", tmp_path, recordings, out / "Animal_1" / "images.npz", tmp_path / "nothing")
    assert [is_run_folder(place) for place in places] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    "file", ["images.npz", "motion.parquet", "footprints.npz", "flags.npz", "traces.parquet", "run.json"]
)
def test_damage_is_told_with_the_files_name(made, tmp_path, file):
    out = tmp_path / "OUT"
    shutil.copytree(made[0], out)
    path = out / "Animal_1" / file
    path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(CalscopeError, match=file):
        import_run_folder(out, Store(tmp_path / "store"))
