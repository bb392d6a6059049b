"""MATLAB files, read back by scipy: axes on a field that is not square, texts, and parts that are absent."""

import json

import numpy as np
import pytest
from scipy.io import loadmat
from scipy.sparse import issparse

from calscope.export.formats import matlab_export
from calscope.export.formats.format_registry import export_run
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import StoreError


def read(folder, name="Animal_1"):
    return loadmat(folder / name / "results.mat", simplify_cells=True)


@pytest.fixture
def saved(make_animal, truth, tmp_path):
    export_run(open_run(make_animal(truth=truth)), "matlab", tmp_path / "x")
    return read(tmp_path / "x")


def test_footprints_are_images_by_reshape(saved, truth):
    assert issparse(saved["A"]) and list(saved["dims"]) == [20, 34]
    for k, footprint in enumerate(truth.footprints):
        column = np.asarray(saved["A"][:, [k]].todense())
        np.testing.assert_array_equal(column.reshape(saved["dims"].astype(int), order="F"), footprint)


def test_traces_measures_and_decisions(saved, truth):
    for kind in ("raw", "denoised", "spikes", "dff"):
        np.testing.assert_array_equal(saved[kind], getattr(truth, kind))
    columns = saved["components"]
    np.testing.assert_allclose(columns["snr"], truth.snr)
    np.testing.assert_array_equal(columns["accepted"].astype(bool), truth.accepted)
    assert list(columns["reason"]) == truth.reasons
    assert np.isnan(columns["cnn"]).all()
    np.testing.assert_array_equal(
        np.stack([saved["motion"]["shift_y_px"], saved["motion"]["shift_x_px"]], 1), truth.shifts
    )
    np.testing.assert_array_equal(saved["images"]["corr_after"], truth.images["corr_after"])
    np.testing.assert_array_equal(saved["b"].T.reshape(2, 34, 20).transpose(0, 2, 1), truth.b)
    np.testing.assert_array_equal(saved["f"], truth.f)


def test_what_the_numbers_mean_stands_with_them(saved):
    about = saved["about"]
    assert (about["animal"], about["fr_hz"], list(about["dxy_um"])) == ("Animal_1", 9.0, [1.5, 1.25])
    assert json.loads(about["parameters_json"])["cnmf"]["K"] == 7


def test_a_run_until_motion_has_no_footprints(make_animal, tmp_path):
    export_run(open_run(make_animal(until="motion")), "matlab", tmp_path / "x")
    saved = read(tmp_path / "x")
    assert "motion" in saved and "A" not in saved and "components" not in saved


def test_none_found_and_one_found(make_animal, empty_truth, tmp_path):
    export_run(open_run(make_animal(truth=empty_truth)), "matlab", tmp_path / "x")
    saved = read(tmp_path / "x")
    assert saved["A"].shape == (20 * 34, 0) and saved["raw"].shape[0] == 0


def test_what_is_too_large_for_the_format_is_told(make_animal, tmp_path, monkeypatch):
    monkeypatch.setattr(matlab_export, "_MOST_BYTES", 1000)
    with pytest.raises(StoreError, match=r"larger than 2 GB.*Export to nwb"):
        export_run(open_run(make_animal()), "matlab", tmp_path / "x")
    assert not (tmp_path / "x").exists()
