"""The HDF5 file holds CaImAn's tree: its names, its pixel order, its way of writing None."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.export.formats.caiman_export import write_caiman
from calscope.export.run_folder.open_run_folder import open_run
from calscope.io.results.open_results import open_results
from calscope.model.errors import StoreError


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
    np.testing.assert_allclose(file["estimates/C"][:] + file["estimates/YrA"][:], truth.raw, atol=1e-6)
    np.testing.assert_array_equal(file["estimates/S"][:], truth.spikes)
    np.testing.assert_array_equal(file["estimates/F_dff"][:], truth.dff)
    np.testing.assert_array_equal(file["estimates/f"][:], truth.f)
    np.testing.assert_array_equal(file["estimates/Cn"][:], truth.images["corr_after"])


def test_evaluation(file, truth):
    np.testing.assert_array_equal(file["estimates/idx_components"][:], [0, 2])
    np.testing.assert_array_equal(file["estimates/idx_components_bad"][:], [1, 3])
    np.testing.assert_allclose(file["estimates/SNR_comp"][:], truth.snr)
    np.testing.assert_allclose(file["estimates/r_values"][:], truth.r_value)
    assert file["estimates/cnn_preds"].shape == (0,)


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
