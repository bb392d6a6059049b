"""The HDF5 file holds CaImAn's tree: its names, its pixel order, its way of writing None."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import tifffile
from scipy.sparse import csc_matrix, csr_matrix

from calscope.export.exported_animal import Background
from calscope.export.formats import residual_traces as residuals
from calscope.export.formats.caiman_export import caiman_export_notes, write_caiman
from calscope.export.run_folder.open_run_folder import open_run
from calscope.io.results.open_results import open_results
from calscope.model.errors import StoreError
from calscope.model.movie import ArrayMovie


@pytest.fixture
def file(make_animal, truth, tmp_path):
    path = tmp_path / "one.hdf5"
    write_caiman(open_run(make_animal(truth=truth)).animals[0], path)
    with h5py.File(path) as opened:
        yield opened


def test_footprints_in_fortran_order_of_a_field_that_is_not_square(file, truth):
    group = file["estimates/A"]
    A = csc_matrix((group["data"][:], group["indices"][:], group["indptr"][:]), shape=tuple(group["shape"][:]))
    dims = tuple(file["dims"][:])
    assert dims == (20, 34)
    for i, footprint in enumerate(truth.footprints):
        np.testing.assert_array_equal(A[:, [i]].toarray().reshape(dims, order="F"), footprint)
    np.testing.assert_array_equal(file["estimates/b"][:, 1].reshape(dims, order="F"), truth.b[1])


def test_traces(file, truth):
    np.testing.assert_array_equal(file["estimates/C"][:], truth.denoised)
    np.testing.assert_allclose(file["estimates/C"][:] + file["calscope/raw_minus_C"][:], truth.raw, atol=1e-6)
    np.testing.assert_array_equal(file["estimates/S"][:], truth.spikes)
    np.testing.assert_array_equal(file["estimates/F_dff"][:], truth.dff)
    np.testing.assert_array_equal(file["estimates/f"][:], truth.f)
    np.testing.assert_array_equal(file["estimates/Cn"][:], truth.images["corr_after"])


def test_YrA_is_what_the_exported_model_leaves_of_the_corrected_movie(make_animal, truth, tmp_path, monkeypatch):
    monkeypatch.setattr(residuals, "_BLOCK_PX", 7 * 20 * 34)  # several blocks, the last one short
    folder = make_animal(truth=truth)
    movie = np.random.default_rng(3).random((90, 20, 34)).astype(np.float32) * 100
    tifffile.imwrite(folder / "corrected.tif", movie, imagej=True)
    animal = open_run(folder).animals[0]
    write_caiman(animal, tmp_path / "one.hdf5")
    A = truth.footprints.reshape(4, -1).astype(float)
    left = movie.reshape(90, -1).T - A.T @ truth.denoised - truth.b.reshape(2, -1).T @ truth.f
    expected = A @ left / (A**2).sum(axis=1, keepdims=True)
    with h5py.File(tmp_path / "one.hdf5") as file:
        np.testing.assert_allclose(file["estimates/YrA"][:], expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(file["calscope/raw_minus_C"][:], truth.raw - truth.denoised, atol=1e-6)
        assert "leave of the corrected movie" in file["calscope"].attrs["about_YrA"]
    assert caiman_export_notes(animal) == ()


def test_the_residual_at_an_empty_footprint_is_0_as_in_caiman():
    A, background = csc_matrix((6, 1), dtype=np.float32), Background(np.ones((6, 1)), np.ones((1, 5)))
    movie = ArrayMovie(np.ones((5, 2, 3)))
    [(start, stop, found)] = residuals.residual_traces(movie, A, np.ones((1, 5)), background)
    assert (start, stop) == (0, 5) and found.shape == (1, 5) and not found.any()


@pytest.mark.parametrize("movie", ["none", "of other frames", "damaged"])
def test_without_the_corrected_movie_there_is_no_YrA_and_that_is_said(make_animal, truth, tmp_path, movie):
    folder = make_animal(truth=truth)
    if movie == "of other frames":
        tifffile.imwrite(folder / "corrected.tif", np.zeros((89, 20, 34), np.uint16))
    if movie == "damaged":
        (folder / "corrected.tif").write_bytes(b"II*")
    animal = open_run(folder).animals[0]
    write_caiman(animal, tmp_path / "one.hdf5")
    with h5py.File(tmp_path / "one.hdf5") as file:
        assert file["estimates/YrA"][()] == b"NoneType"
        assert "not at hand" in file["calscope"].attrs["about_YrA"]
    assert [note.kind for note in caiman_export_notes(animal)] == ["caiman_residual_absent"]


@pytest.mark.parametrize(("engine", "version"), [("caiman", "1.12.1"), ("imported", "CaImAn 1.12.1")])
def test_YrA_of_caimans_own_components_stays_caimans(make_animal, truth, tmp_path, engine, version):
    folder = make_animal(truth=truth, engine=engine, engine_version=version)
    write_caiman(open_run(folder).animals[0], tmp_path / "one.hdf5")
    with h5py.File(tmp_path / "one.hdf5") as file:
        np.testing.assert_array_equal(file["estimates/YrA"][:], truth.raw - truth.denoised)


def test_a_file_that_caiman_saved_again_is_read_by_its_YrA(file, truth, tmp_path):
    """CaImAn keeps the group `calscope` when it saves, with the rows of components that may be gone."""
    again = tmp_path / "again.hdf5"
    with h5py.File(again, "w") as saved:
        for name in file:
            file.copy(name, saved)
        for path, values in (("calscope/raw_minus_C", truth.raw), ("estimates/YrA", truth.spikes)):
            del saved[path]
            saved[path] = values  # without the attribute
    np.testing.assert_array_equal(open_results(again).components.YrA, truth.spikes)


def test_evaluation(file, truth):
    np.testing.assert_array_equal(file["estimates/idx_components"][:], [0, 2])
    np.testing.assert_array_equal(file["estimates/idx_components_bad"][:], [1, 3])
    np.testing.assert_allclose(file["estimates/SNR_comp"][:], truth.snr)
    np.testing.assert_allclose(file["estimates/r_values"][:], truth.r_value)
    assert file["estimates/cnn_preds"][()] == b"NoneType"


def test_what_roicat_reads_is_as_it_reads_it(file, truth):
    """`Data_caiman` of ROICaT 1.7: each footprint a row, images flattened in Fortran order, no score for none."""
    estimates = file["estimates"]
    height, width = estimates["dims"][()]
    shape = tuple(estimates["A/shape"][()][::-1])
    rows = csr_matrix((estimates["A/data"][()], estimates["A/indices"], estimates["A/indptr"][()]), shape=shape)
    for row, footprint in zip(rows.toarray(), truth.footprints, strict=True):
        np.testing.assert_array_equal(row.reshape(width, height).T, footprint)
    np.testing.assert_array_equal(estimates["b"][()][:, 0].reshape(height, width, order="F"), truth.b[0])
    for name in ("cnn_preds", "discarded_components"):
        assert estimates[name][()] == b"NoneType", "a list that is empty has not the length of the components"


def test_scores_of_caimans_network_are_one_a_component(make_animal, truth, tmp_path):
    folder = make_animal(truth=truth)
    table = pd.read_parquet(folder / "components.parquet").assign(cnn=[0.1, 0.2, 0.3, 0.4])
    table.to_parquet(folder / "components.parquet")
    write_caiman(open_run(folder).animals[0], tmp_path / "one.hdf5")
    with h5py.File(tmp_path / "one.hdf5") as scored:
        assert scored["estimates/cnn_preds"][()].tolist() == [0.1, 0.2, 0.3, 0.4]


def test_parameters_are_under_caimans_names(file):
    assert file["params/data/fr"][()] == 9.0
    np.testing.assert_array_equal(file["params/data/dims"][:], (20, 34))
    assert file["params/init/K"][()] == 7
    np.testing.assert_array_equal(file["params/motion/strides"][:], (48, 48))
    assert file["params/init"].attrs["method_init"] == "greedy_roi"
    assert bool(file["params/motion/pw_rigid"][()]) is True


def test_the_file_that_a_refit_in_caiman_asks_for_is_named_as_absent(file):
    assert file["mmap_file"][()] == b"NoneType", "CNMF.refit reads the attribute and needs no file"


def test_an_older_folder_without_the_fits_values_gives_none_and_not_numbers(file):
    assert all(file[f"estimates/{name}"][()] == b"NoneType" for name in ("bl", "c1", "g", "sn", "neurons_sn"))


@pytest.mark.parametrize("p", [2, 0])
def test_time_constants_baselines_and_noise(make_animal, truth, tmp_path, p):
    rng = np.random.default_rng(1)
    values = {name: rng.random(4).astype(np.float32) for name in ("bl", "c1", "neurons_sn")}
    values |= {"g": rng.random((4, p)).astype(np.float32), "sn": rng.random((20, 34)).astype(np.float32)}
    folder = make_animal(truth=truth)
    np.savez(folder / "cnmf.npz", **values)
    write_caiman(open_run(folder).animals[0], tmp_path / "one.hdf5")
    found = open_results(tmp_path / "one.hdf5").components
    for name in ("bl", "c1", "g", "neurons_sn"):
        np.testing.assert_array_equal(getattr(found, name), values[name])
    np.testing.assert_array_equal(found.sn.reshape((20, 34), order="F"), values["sn"])


def test_before_evaluation_nothing_is_judged(make_animal, tmp_path):
    write_caiman(open_run(make_animal(until="extraction")).animals[0], tmp_path / "one.hdf5")
    with h5py.File(tmp_path / "one.hdf5") as opened:
        assert opened["estimates/idx_components"][()] == b"NoneType"


def test_without_components_there_is_no_file(make_animal, tmp_path):
    with pytest.raises(StoreError, match="no components"):
        write_caiman(open_run(make_animal(until="motion")).animals[0], tmp_path / "one.hdf5")
    assert list(tmp_path.glob("*one*")) == []


def test_what_was_written_opens_again(file, truth):
    found = open_results(Path(file.filename))
    assert (found.fr_hz, found.components.dims, found.components.n) == (9.0, (20, 34), 4)
    for component, footprint in enumerate(truth.footprints):
        np.testing.assert_array_equal(found.components.footprint(component), footprint)
    np.testing.assert_allclose(found.components.raw, truth.raw, atol=1e-6)
    np.testing.assert_array_equal(found.components.background_image(1), truth.b[1])
    np.testing.assert_array_equal(found.evaluation.accepted, truth.accepted)
    np.testing.assert_allclose(found.component_quality.snr, truth.snr, rtol=1e-6)
    np.testing.assert_array_equal(found.dff, truth.dff)
    np.testing.assert_array_equal(found.image, truth.images["corr_after"])
