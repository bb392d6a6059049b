"""`calscope sweep`: the table, and what is refused in one line."""

import pandas as pd
import pytest

from calscope.io.demo.demo_files import write_demo

OVER = ("--over", "evaluation.min_SNR=1:9:3")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo"
    write_demo(folder, animals=2, frames=120, size=48)
    return folder


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_table_is_printed_and_written(calscope, here, demo, kind):
    table = here / f"table.{kind}"
    given = ("--set", "cnmf.rf=15", "--over", "cnmf.K=2,3")
    status, out, err = calscope("sweep", demo, "--animal", "Animal_2", *OVER, *given, "--out", table)
    assert status == 0, err
    read = pd.read_csv(table) if kind == "csv" else pd.read_parquet(table)
    assert read["evaluation.min_SNR"].tolist() == [1, 5, 9, 1, 5, 9]
    assert read["cnmf.K"].tolist() == [2, 2, 2, 3, 3, 3]
    assert {"components", "accepted", "median_snr", "f1"} <= set(read) and "injected_recall" not in read
    assert len(out.splitlines()) == 7 and out.split()[:3] == ["min_SNR", "K", "components"]
    assert "min_SNR 1, K 2: " in err
    assert "Accepted at the 6 points: " in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--over", "cnmf.K=2,3"), "Choose one with --animal: Animal_1, Animal_2"),
        (("--animal", "Nobody", "--over", "cnmf.K=2,3"), "There is no animal 'Nobody'"),
        (("--animal", "Animal_1", "--over", "cnmf.K=2"), "cnmf.K has 1 value"),
        (("--animal", "Animal_1", "--over", "cnmf.K"), "--over needs NAME=VALUES"),
        (("--animal", "Animal_1", "--over", "cnmf.K=1:2"), "FROM:TO:COUNT"),
        (("--animal", "Animal_1", "--over", "cnmf.gSig=3,900"), "cnmf.gSig must be two whole numbers"),
        (("--animal", "Animal_1", "--over", "cnmf.K=1:100:100", "--over", "cnmf.p=0,1"), "200 points"),
        (("--animal", "Animal_1", *OVER, *OVER), "is there twice"),
        (("--animal", "Animal_1", *OVER, "--out", "table.txt"), "must end in .csv or .parquet"),
    ],
)
def test_bad_input_is_one_line_and_nothing_runs(calscope, here, demo, given, said):
    status, out, err = calscope("sweep", demo, *given)
    assert status == 2 and out == ""
    assert said in err and len(err.splitlines()) == 1
    assert not list((here / "store").glob("trials/*"))
