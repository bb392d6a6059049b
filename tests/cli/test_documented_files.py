"""docs/reference/files.md names every file, column, array and entry that commands write, and none that they don't."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from documentation import page, rows, section
from scipy.sparse import csc_matrix

from calscope.cli.parser import FORMATS
from calscope.export.report.parity_report import JSON_NAME, PAGE_NAME, TEXT_NAME
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.curation.curation_entry import Target, new_entry
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.pipeline.kept_judgements import open_log
from calscope.pipeline.kept_remarks import keep_remark

RUN = (
    "--engine",
    "stand-in",
    "--set",
    "dataset.fr=10",
    "--workers",
    "1",
    "--save-movie",
    "--animals",
    "Animal_1",
    "--injected",
)
FILES = page("files")
REMARK = "=dim, few cells & <window> moved"


@pytest.fixture
def out(calscope, data, here, engine):
    keep_remark(here / "store", str(data.resolve()), "Animal_1", REMARK)
    keep_judgement(here / "store", next(ref for ref in find_recordings(data).recordings if ref.name == "Animal_1"))
    status, _, err = calscope("run", data, "--out", here / "out", *RUN)
    assert status == 0, err
    return here / "out"


def keep_judgement(store, ref):
    """Say something of a component before there is one: the run finds it by its footprint, or says that it is lost."""
    opened = open_recording(ref.path).info
    footprint = pack_footprint(
        csc_matrix(np.ones((opened.shape[1] * opened.shape[2], 1), np.float32)), 0, opened.shape[1:]
    )
    target = Target("another run", 0, 0.0, 0.0, footprint)
    open_log(store, opened.fingerprint).append(
        lambda _: [
            new_entry(
                "note", who="Ada", recording=opened.fingerprint, target=target, text="dim", group="one", blind=True
            )
        ]
    )


def entries_of(path: Path) -> set[str] | None:
    """What a file holds, by name; None where it holds nothing that has a name."""
    if path.suffix == ".json":
        return set(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".jsonl":
        return set(json.loads(path.read_text(encoding="utf-8").splitlines()[0]))
    if path.suffix == ".parquet":
        return set(pd.read_parquet(path))
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return set(arrays.files)
    return None


def described(*headings: str) -> set[str]:
    """Give the names in the tables under a heading inside of others."""
    text = FILES
    for heading in headings:
        text = section(text, heading)
    return set(rows(text))


def test_every_file_of_a_run_and_all_in_it(out):
    text = section(FILES, "What `calscope run` writes")
    written = {path.name for path in (out / "Animal_1").iterdir()}
    headed = {line.split("`")[1] for line in text.splitlines() if line.startswith("### ")}
    assert headed == written | {"OUT/run.json", "events.csv"}, "this recording has no events"
    assert described("OUT/run.json") == entries_of(out / "run.json")
    for name in written - {"corrected.tif"}:
        assert described(name) == entries_of(out / "Animal_1" / name), name


def test_the_remark_on_an_animal_reaches_every_file_that_has_a_place_for_it(calscope, out):
    h5py = pytest.importorskip("h5py")
    (entry,) = json.loads((out / "run.json").read_text(encoding="utf-8"))["animals"]
    own = json.loads((out / "Animal_1/run.json").read_text(encoding="utf-8"))
    assert (entry["remark"], own["remark"]) == (REMARK, REMARK)
    for name in ("csv", "caiman"):
        assert calscope("export", out, "--format", name)[0] == 0
    row = pd.read_csv(out / "export/csv/Animal_1/animal.csv").iloc[0]
    assert (row["animal"], row["remark"]) == ("Animal_1", f"'{REMARK}")
    assert f"`{'`, `'.join(row.index)}`" in FILES
    with h5py.File(out / "export/caiman/Animal_1.hdf5") as file:
        assert file["calscope"].attrs["remark"] == REMARK
    assert calscope("report", out)[0] == 0
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "few cells &amp; &lt;window&gt; moved" in report and "<window>" not in report


def test_columns_are_described_with_the_type_they_have(out):
    for name in ("motion.parquet", "components.parquet", "injected.parquet", "traces.parquet"):
        lines = [line.split("|") for line in section(FILES, name).splitlines() if line.startswith("| `")]
        told = {line[1].strip(" `"): line[2].strip() for line in lines}
        table = pd.read_parquet(out / "Animal_1" / name)
        found = {column: "string" if kind in ("str", "object") else str(kind) for column, kind in table.dtypes.items()}
        assert told == found, name


def test_every_format_is_described_and_no_other():
    text = section(FILES, "What `calscope export` writes")
    assert {line.split("`")[1] for line in text.splitlines() if line.startswith("### ")} == set(FORMATS)


@pytest.mark.parametrize(
    ("name", "place"), [("csv", ""), ("suite2p", "suite2p/plane0"), ("matlab", ""), ("images", ""), ("movie", "")]
)
def test_every_file_of_an_export_to_a_folder(calscope, out, name, place):
    assert calscope("export", out, "--format", name)[0] == 0
    folder = out / "export" / name / "Animal_1"
    written = {path.name for path in (folder / place).iterdir()} - {".calscope-export"}
    assert described("What `calscope export` writes", name) == written
    assert (folder / ".calscope-export").is_file() and "`.calscope-export`" in FILES


def test_arrays_that_stand_for_suite2ps_objects(calscope, out):
    assert calscope("export", out, "--format", "suite2p")[0] == 0
    arrays = entries_of(out / "export/suite2p/Animal_1/suite2p/plane0/stat.npz")
    line = next(line for line in FILES.splitlines() if line.startswith("| `stat.npz`"))
    assert arrays == set(line.split("`")[3::2])


def test_the_groups_of_an_export_to_caiman(calscope, out):
    h5py = pytest.importorskip("h5py")
    assert calscope("export", out, "--format", "caiman")[0] == 0
    with h5py.File(out / "export/caiman/Animal_1.hdf5") as file:
        ours = {f"calscope/{name}" for name in (*file["calscope"], *file["calscope"].attrs)}
        assert described("What `calscope export` writes", "caiman") == set(file) - {"calscope"} | ours
        line = next(line for line in FILES.splitlines() if line.startswith("| `estimates`"))
        assert set(line.split("`")[3::2]) <= set(file["estimates"])


@pytest.mark.parametrize("with_movie", [True, False])
def test_the_groups_of_an_export_to_nwb(calscope, out, with_movie):
    pytest.importorskip("pynwb")
    h5py = pytest.importorskip("h5py")
    if not with_movie:
        (out / "Animal_1/corrected.tif").unlink()
    assert calscope("export", out, "--format", "nwb")[0] == 0
    with h5py.File(out / "export/nwb/Animal_1.nwb") as file:
        groups = (("acquisition", file["acquisition"]), ("processing/ophys", file["processing/ophys"]))
        written = {f"{place}/{name}" for place, group in groups for name in group}
    only_with = {"acquisition/TwoPhotonSeries", "processing/ophys/MotionCorrection"}
    absent = {"processing/ophys/xy_translation"} if with_movie else only_with
    assert described("What `calscope export` writes", "nwb") == written | absent
    assert not written & absent


def test_every_file_of_the_demo_and_all_in_its_truth(calscope, here):
    assert calscope("demo", here / "demo", "--animals", 1, "--frames", 20, "--size", 64)[0] == 0
    written = {path.name for path in (here / "demo").rglob("*") if path.is_file()}
    text = section(FILES, "What `calscope demo` writes")
    assert set(rows(text.split("###")[0])) == written
    assert described("truth.npz") == entries_of(here / "demo/Animal_1/truth.npz")


def test_the_files_of_a_comparison():
    assert described("What `calscope parity` writes") == {JSON_NAME, TEXT_NAME, PAGE_NAME}
