"""What persons decided reaches every format, with what was typed as text and nothing else."""

import numpy as np
import pandas as pd
import pytest

from calscope.export.formats.csv_export import write_csv
from calscope.export.formats.nwb.write_nwb import write_nwb
from calscope.export.report.write_report import write_report
from calscope.export.run_folder.open_run_folder import open_run

SAID = {
    "decision": ["reject", "accept", "", "unsure"],
    "decided_by": ["=Ada", "Bob <x>", "", "Ada"],
    "tag": ["blood", "", "", "🧠"],
    "note": ['=HYPERLINK("x")', "<script>alert(1)</script>", None, ""],
}
ACCEPTED = [False, True, True, False]


@pytest.fixture
def run(make_animal, truth):
    """A folder in which the first two components were decided otherwise than by the thresholds."""
    path = make_animal(truth=truth) / "components.parquet"
    table = pd.read_parquet(path)
    by_thresholds = {"accepted_by_thresholds": table["accepted"], "reason_by_thresholds": table["reason"]}
    carried = [False, True, False, False]
    table.assign(**SAID, carried_over=carried, **by_thresholds, accepted=ACCEPTED).to_parquet(path)
    return open_run(path.parent.parent)


def test_csv_has_the_columns_and_no_formula(run, tmp_path, truth):
    write_csv(run.animals[0], tmp_path / "csv")
    table = pd.read_csv(tmp_path / "csv/components.csv", keep_default_na=False)
    assert table["accepted"].tolist() == ACCEPTED
    assert table["accepted_by_thresholds"].tolist() == truth.accepted.tolist()
    assert table["note"].tolist() == ['\'=HYPERLINK("x")', "<script>alert(1)</script>", "", ""]
    assert table["decided_by"][0] == "'=Ada" and table["decision"].tolist() == SAID["decision"]
    assert pd.read_csv(tmp_path / "csv/animal.csv")["accepted"][0] == 2


def test_nwb_has_the_judged_and_the_thresholds_own_verdict(run, tmp_path, truth):
    pynwb = pytest.importorskip("pynwb")
    write_nwb(run.animals[0], tmp_path / "one.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "one.nwb"), "r") as file:
        table = file.read().processing["ophys"]["ImageSegmentation"]["PlaneSegmentation"]
        np.testing.assert_array_equal(table["accepted"][:], ACCEPTED)
        np.testing.assert_array_equal(table["accepted_by_thresholds"][:], truth.accepted)
        assert list(table["decision"][:]) == SAID["decision"] and table["note"][1] == "<script>alert(1)</script>"


def test_the_report_counts_the_judged_and_says_who_decided(run, tmp_path):
    page = write_report(run, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "2 of them decided by hand (=Ada, Bob &lt;x&gt;), whatever the thresholds say" in page
    assert "2 accepted" in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_flags_reach_every_table_with_what_they_rest_on(make_animal, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    path = make_animal() / "components.parquet"
    flags = {
        "flags": ["rim;drift", "", "", ""],
        "flags_not_told": ["", "", "motion", ""],
        "flags_why": ["Why.", "", "", ""],
    }
    pd.read_parquet(path).assign(**flags).to_parquet(path)
    animal = open_run(path.parent).animals[0]
    write_csv(animal, tmp_path / "csv")
    table = pd.read_csv(tmp_path / "csv/components.csv", keep_default_na=False)
    assert table["flags"][0] == "rim;drift" and table["flags_why"][0] == "Why."
    write_nwb(animal, tmp_path / "one.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "one.nwb"), "r") as file:
        cells = file.read().processing["ophys"]["ImageSegmentation"]["PlaneSegmentation"]
        assert {name: list(cells[name][:]) for name in flags} == flags


def test_a_run_that_did_not_look_for_flags_claims_nothing_in_nwb(make_animal, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    write_nwb(open_run(make_animal()).animals[0], tmp_path / "one.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "one.nwb"), "r") as file:
        names = file.read().processing["ophys"]["ImageSegmentation"]["PlaneSegmentation"].colnames
        assert not [name for name in names if name.startswith("flags")]
