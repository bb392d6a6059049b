"""`calscope search`: the table, what is proposed and its parameter file, and what is refused in one line."""

import json

import pandas as pd
import pytest

from calscope.algorithms.injection import known_cells
from calscope.io.demo.demo_files import write_demo

SNR = ("--over", "evaluation.min_SNR=1:4")
IN_USE = ("--set", "cnmf.rf=15", "--set", "evaluation.min_SNR=90", "--set", "evaluation.rval_thr=1")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo"
    write_demo(folder, animals=2, frames=120, size=48)
    return folder


def test_what_is_better_than_the_values_in_use_is_printed_and_written(calscope, here, demo, monkeypatch):
    monkeypatch.setattr(known_cells, "ENOUGH_CELLS", 8)
    files = ("--out", here / "points.csv", "--values", here / "found.json")
    given = ("--points", 4, "--crop-only", "--most-unconfirmed", 99)
    status, out, err = calscope("search", demo, "--animal", "Animal_1", *SNR, *IN_USE, *given, *files)
    assert status == 0, err
    table = pd.read_csv(here / "points.csv")
    assert table["round"].tolist() == [1] * 4 and set(table["part"]) == {"48 × 48 px and 120 frames"}
    assert table["injected_recall"].is_monotonic_decreasing
    assert sorted(table["point"]) == ["1", "2", "3", "in use"]
    best = table.iloc[0]
    assert best["point"] != "in use" and best["injected_recall"] > table.set_index("point")["injected_recall"]["in use"]
    assert f"On 48 × 48 px and 120 frames, {100 * best['injected_recall']:.0f} % of" in out
    assert "with the values in use 0 % of" in out
    found = json.loads((here / "found.json").read_text(encoding="utf-8"))
    assert found["evaluation"] == {"min_SNR": best["evaluation.min_SNR"], "rval_thr": 1.0}
    assert out.rstrip().endswith("found.json")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (SNR, "A search is of one animal. Choose one with --animal: Animal_1, Animal_2"),
        (("--animal", "Animal_1", "--over", "cnmf.K"), "--over needs NAME=FROM:TO"),
        (("--animal", "Animal_1", "--over", "cnmf.K=3,4"), "is two numbers, as 3:8"),
        (("--animal", "Animal_1", "--over", "cnmf.K=8:3"), "must begin below its end"),
        (("--animal", "Animal_1", "--over", "motion.pw_rigid=0:1"), "has no range"),
        (("--animal", "Animal_1", *SNR, "--points", 2), "4 to 64 points; got 2"),
        (("--animal", "Animal_1", *SNR, "--most-unconfirmed", -1), "can't be fewer than 0"),
        (("--animal", "Animal_1", *SNR, "--out", "table.txt"), "must end in .csv or .parquet"),
    ],
)
def test_bad_input_is_one_line_and_nothing_runs(calscope, here, demo, given, said):
    status, out, err = calscope("search", demo, *given)
    assert status == 2 and out == ""
    assert said in err and len(err.splitlines()) == 1
    assert not list((here / "store").glob("trials/*"))


def test_a_file_of_values_that_is_there_is_left_alone(calscope, here, demo):
    (here / "mine.json").write_text("{}")
    status, _, err = calscope("search", demo, "--animal", "Animal_1", *SNR, "--values", "mine.json")
    assert status == 2 and "is there already and is left alone" in err
    assert (here / "mine.json").read_text() == "{}"
