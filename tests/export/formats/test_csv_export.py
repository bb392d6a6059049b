"""CSV holds the same numbers, in tables that a spreadsheet opens."""

import json

import numpy as np
import pandas as pd
import pytest

from calscope.export.formats.csv_export import write_csv
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.params import Parameters


@pytest.fixture
def exported(make_animal, truth, tmp_path):
    folder = tmp_path / "csv"
    write_csv(open_run(make_animal(truth=truth)).animals[0], folder)
    return folder


def test_components(exported, truth):
    table = pd.read_csv(exported / "components.csv")
    np.testing.assert_allclose(table["snr"], truth.snr)
    assert list(table["accepted"]) == list(truth.accepted)
    assert list(table["reason"]) == truth.reasons
    assert table["cnn"].isna().all()
    np.testing.assert_array_equal(table["area_px"], (truth.footprints > 0).sum(axis=(1, 2)))


def test_motion(exported, truth):
    table = pd.read_csv(exported / "motion.csv")
    np.testing.assert_allclose(table[["shift_y_px", "shift_x_px"]], truth.shifts, rtol=1e-6)
    np.testing.assert_allclose(table["time_s"], np.arange(90) / 9.0)


@pytest.mark.parametrize("kind", ["raw", "denoised", "spikes", "dff"])
def test_wide_and_tidy_traces_agree_with_the_input(exported, truth, kind):
    wide = pd.read_csv(exported / f"traces_{kind}.csv")
    expected = getattr(truth, kind)
    np.testing.assert_allclose(wide[[f"component_{i}" for i in range(4)]].T, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(wide["time_s"], np.arange(90) / 9.0)
    tidy = pd.read_csv(exported / "traces.csv")
    np.testing.assert_allclose(
        tidy.pivot(index="component", columns="frame", values=kind), expected, rtol=1e-5, atol=1e-6
    )


def test_parameters_can_be_run_again(exported):
    assert Parameters.from_dict(json.loads((exported / "parameters.json").read_text())).cnmf.K == 7


def test_a_run_until_motion_gives_what_it_has(make_animal, tmp_path):
    write_csv(open_run(make_animal(until="motion")).animals[0], tmp_path / "csv")
    assert {path.name for path in (tmp_path / "csv").iterdir()} == {"animal.csv", "motion.csv", "parameters.json"}


def test_missing_values_are_empty_cells(make_animal, truth, tmp_path):
    truth.raw[1, 5] = np.nan
    write_csv(open_run(make_animal(truth=truth)).animals[0], tmp_path / "csv")
    line = (tmp_path / "csv" / "traces_raw.csv").read_text().splitlines()[6]
    assert line.split(",")[3] == ""
