"""A run folder reads as what was written, absent parts as None, and damaged ones as an error that names the file."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import RecordingError, StoreError


def only(folder):
    return open_run(folder).animals[0]


def test_everything_reads_as_written(make_animal, truth):
    animal = only(make_animal(truth=truth))
    assert (animal.dims, animal.n_frames, animal.n_components) == ((20, 34), 90, 4)
    assert (animal.fr_hz, animal.dxy_um) == (9.0, (1.5, 1.25))
    for i, footprint in enumerate(truth.footprints):
        np.testing.assert_array_equal(animal.footprints[:, [i]].toarray().reshape(20, 34, order="F"), footprint)
    for kind in ("raw", "denoised", "spikes", "dff"):
        np.testing.assert_array_equal(animal.traces(kind), getattr(truth, kind))
    np.testing.assert_array_equal(animal.background.b.T.reshape(2, 34, 20).transpose(0, 2, 1), truth.b)
    np.testing.assert_array_equal(animal.background.f, truth.f)
    np.testing.assert_array_equal(animal.motion[["shift_y_px", "shift_x_px"]].to_numpy(), truth.shifts)
    np.testing.assert_allclose(animal.patches.shifts.mean(axis=1), truth.shifts, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(animal.accepted, truth.accepted)
    assert list(animal.components["reason"]) == truth.reasons
    assert animal.images.keys() == truth.images.keys()
    assert animal.params.cnmf.K == 7


@pytest.mark.parametrize(
    ("until", "absent"),
    [
        ("summary", ("motion", "patches", "footprints", "accepted")),
        ("motion", ("footprints", "components", "background", "accepted")),
        ("extraction", ("accepted",)),
    ],
)
def test_a_run_that_stopped_early_has_the_rest_as_none(make_animal, until, absent):
    animal = only(make_animal(until=until))
    assert all(getattr(animal, name) is None for name in absent)
    assert (animal.n_components == 0) == (until != "extraction")


def test_without_parameters_rate_comes_from_times_and_size_from_images(make_animal):
    folder = make_animal()
    (folder / "run.json").unlink()
    animal = only(folder)
    assert animal.fr_hz == pytest.approx(9.0)
    assert (animal.dims, animal.dxy_um, animal.params) == ((20, 34), None, None)


def test_a_run_without_a_verdict_reads_as_none(make_animal):
    assert only(make_animal()).motion_quality is None


@pytest.mark.parametrize(
    "written",
    [None, "use rigid", [], {}, {"verdict": 3}, {"verdict": "use rigid"}, {"verdict": "use rigid", "measures": [1]},
     {"verdict": "use rigid", "flags": "no", "measures": {"raw": {"crispness": {"value": "x"}}, "rigid": 7}}],
)  # fmt: skip
def test_a_verdict_of_another_shape_does_no_harm(make_animal, written):
    found = only(make_animal(motion_quality=written)).motion_quality
    if isinstance(written, dict) and written.get("verdict") == "use rigid":
        assert (found.verdict, found.sentence, found.flags, found.n_evaluated) == ("use rigid", "", (), 0)
        assert not any(found.measures.values())
    else:
        assert found is None


def test_traces_of_a_file_in_one_piece_read_the_same(make_animal, truth):
    folder = make_animal(truth=truth)
    table = pd.read_parquet(folder / "traces.parquet")
    table.to_parquet(folder / "traces.parquet", row_group_size=37)  # cuts every component
    np.testing.assert_array_equal(only(folder).traces("raw"), truth.raw)
    assert [number for number, _ in only(folder).each_trace(["raw"])] == [0, 1, 2, 3]


def test_animals_come_in_the_order_of_their_numbers_and_failures_are_kept(make_animal, tmp_path):
    for number in (10, 2, 1):
        make_animal(f"Animal_{number}")
    (tmp_path / "OUT" / "notes").mkdir()
    record = {"animals": [{"name": "Animal_3", "error": "The file is cut short."}, {"name": "Animal_1", "error": ""}]}
    (tmp_path / "OUT" / "run.json").write_text(json.dumps(record))
    run = open_run(tmp_path / "OUT")
    assert [animal.name for animal in run.animals] == ["Animal_1", "Animal_2", "Animal_10"]
    assert run.failures == {"Animal_3": "The file is cut short."}


@pytest.mark.parametrize(
    ("file", "ask"),
    [
        ("images.npz", "images"),
        ("motion.parquet", "motion"),
        ("motion_patches.npz", "patches"),
        ("components.parquet", "components"),
        ("footprints.npz", "footprints"),
        ("background.npz", "background"),
        ("traces.parquet", "trace_kinds"),
        ("run.json", "meta"),
    ],
)
@pytest.mark.parametrize("damage", ["cut", "empty", "noise"])
def test_damage_names_the_file(make_animal, file, ask, damage):
    folder = make_animal()
    whole = (folder / file).read_bytes()
    bad = {"cut": whole[: len(whole) // 2], "empty": b"", "noise": b"\x80noise" * 50}[damage]
    (folder / file).write_bytes(bad)
    with pytest.raises(StoreError, match=file):
        getattr(only(folder), ask)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 900 + "1" + "}" * 900, f'{{"seconds": {"9" * 5000}}}', r'"\ud800"']
)
def test_hostile_records_are_damaged(make_animal, text):
    folder = make_animal()
    (folder / "run.json").write_text(text)
    with pytest.raises(StoreError, match=r"run\.json is damaged") as told:
        _ = only(folder).meta
    assert len(str(told.value)) < 500


def test_python_objects_in_an_npz_are_refused(make_animal):
    folder = make_animal()
    np.savez(folder / "images.npz", mean_after=np.array([{"a": 1}], dtype=object))
    with pytest.raises(StoreError, match=r"images\.npz"):
        _ = only(folder).images


def test_parts_that_do_not_belong_together_are_refused(make_animal):
    folder = make_animal()
    table = pd.read_parquet(folder / "components.parquet")
    table.iloc[:2].to_parquet(folder / "components.parquet")
    with pytest.raises(StoreError, match="2 rows for 4 footprints"):
        _ = only(folder).components
    traces = pd.read_parquet(folder / "traces.parquet")
    traces[traces["component"] < 3].to_parquet(folder / "traces.parquet")
    with pytest.raises(StoreError, match="3 of 4 components"):
        only(folder).traces("raw")


def test_a_sparse_matrix_that_points_outside_is_refused(make_animal):
    folder = make_animal()
    with np.load(folder / "footprints.npz") as found:
        arrays = dict(found)
    arrays["indices"] = arrays["indices"] + 10_000
    np.savez(folder / "footprints.npz", **arrays)
    with pytest.raises(StoreError, match=r"footprints\.npz"):
        _ = only(folder).footprints


def with_array(folder, file, name, change):
    with np.load(folder / file) as found:
        arrays = dict(found)
    np.savez(folder / file, **arrays | {name: change(arrays[name])})


@pytest.mark.parametrize(
    ("file", "name", "ask"),
    [
        ("images.npz", "corr_after", "images"),
        ("motion_patches.npz", "shifts", "patches"),
        ("motion_patches.npz", "centers", "patches"),
        ("background.npz", "b", "background"),
        ("background.npz", "f", "background"),
        ("footprints.npz", "data", "footprints"),
        ("footprints.npz", "shape", "footprints"),
    ],
)
@pytest.mark.parametrize("change", [lambda a: a[:-1], lambda a: a[None], lambda a: a.astype(str), lambda a: a[:0]])
def test_arrays_of_another_shape_or_kind_are_damage(make_animal, file, name, ask, change):
    folder = make_animal()
    with_array(folder, file, name, change)
    with pytest.raises(StoreError, match=f"{file} is damaged"):
        getattr(only(folder), ask)


def with_first(value):
    def change(array):
        changed = array.astype(np.float64)
        changed.flat[0] = value
        return changed

    return change


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
@pytest.mark.parametrize(
    ("file", "name", "ask"),
    [
        ("images.npz", "mean_after", "images"),
        ("motion_patches.npz", "shifts", "patches"),
        ("background.npz", "f", "background"),
        ("footprints.npz", "data", "footprints"),
        ("motion.parquet", "shift_x_px", "motion"),
        ("components.parquet", "snr", "components"),
        ("traces.parquet", "dff", "traces"),
    ],
)
def test_infinite_numbers_are_damage(make_animal, file, name, ask, value):
    folder = make_animal()
    if file.endswith(".npz"):
        with_array(folder, file, name, with_first(value))
    else:
        table = pd.read_parquet(folder / file)
        table.assign(**{name: with_first(value)(table[name].to_numpy())}).to_parquet(folder / file)
    animal = only(folder)
    with pytest.raises(StoreError, match=f"{file} is damaged.*{name}.*infinite"):
        animal.traces(name) if ask == "traces" else getattr(animal, ask)


@pytest.mark.parametrize("name", ["indices", "indptr", "shape"])
def test_places_that_are_no_whole_numbers_are_damage(make_animal, name):
    folder = make_animal()
    with_array(folder, "footprints.npz", name, lambda a: a + 0.25)
    with pytest.raises(StoreError, match=r"footprints\.npz is damaged.*no whole numbers"):
        _ = only(folder).footprints


def test_an_array_that_claims_more_than_its_file_holds_is_damage(make_animal):
    folder = make_animal()
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (900000, 900000), }"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(80)
    with zipfile.ZipFile(folder / "images.npz", "w") as out:
        out.writestr("mean_after.npy", array)
    with pytest.raises(StoreError, match=r"images\.npz is damaged.*more than it holds"):
        _ = only(folder).images


@pytest.mark.parametrize(
    ("file", "ask", "change"),
    [
        ("motion.parquet", "motion", lambda t: t.iloc[:50]),
        ("motion.parquet", "motion", lambda t: t.assign(shift_y_px="x")),
        ("motion.parquet", "motion", lambda t: t.drop(columns="time_s")),
        ("motion.parquet", "motion", lambda t: t.iloc[::-1]),
        ("components.parquet", "components", lambda t: t.assign(snr="high")),
        ("components.parquet", "components", lambda t: t.assign(y_px=None)),
        ("components.parquet", "components", lambda t: t.assign(component=7)),
        ("traces.parquet", "denoised", lambda t: t.assign(denoised="x")),
        ("traces.parquet", "denoised", lambda t: t.iloc[5:]),
        ("traces.parquet", "denoised", lambda t: t.iloc[::-1]),
        ("traces.parquet", "denoised", lambda t: t.drop(columns="component")),
    ],
)
def test_tables_of_another_shape_or_kind_are_damage(make_animal, file, ask, change):
    folder = make_animal()
    change(pd.read_parquet(folder / file)).to_parquet(folder / file)
    animal = only(folder)
    with pytest.raises(StoreError, match=f"{file} is damaged"):
        animal.traces(ask) if file == "traces.parquet" else getattr(animal, ask)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("recording", {"shape": "abc"}),
        ("recording", {"shape": [90, -20, 34]}),
        ("recording", {"fr_hz": "fast"}),
        ("recording", {"dxy_um": ["a", "b"]}),
        ("effective", {"dataset": {"fr": [1]}}),
        ("effective", {"cnmf": 3}),
        ("effective", {"cnmf": {"gSig": ["a", "b"]}}),
        ("requested", {"cnmf": {"gSig": {"y": 4}}}),
        ("effective", {"cnmf": {"gSig": 4}}),
        ("effective", {"cnmf": {"rf": "x"}}),
        ("effective", {"motion": {"pw_rigid": 1}}),
        ("stages", [1]),
        ("reasons", {"dataset.fr": 3}),
        ("peak_memory_bytes", "much"),
    ],
)
def test_entries_of_another_kind_in_a_record_are_damage(make_animal, entry, value):
    folder = make_animal(**{entry: value})
    with pytest.raises(StoreError, match=rf"run\.json is damaged or of another kind: {entry}"):
        _ = only(folder).meta


@pytest.mark.parametrize("reason", ["older versions wrote texts", {"kind": "sentence", "values": {"text": "so"}}])
def test_reasons_are_notes_or_texts(make_animal, reason):
    folder = make_animal(reasons={"dataset.fr": reason})
    assert only(folder).meta["reasons"] == {"dataset.fr": reason}


def test_a_folder_without_results_says_what_to_give(tmp_path):
    with pytest.raises(RecordingError, match="calscope run"):
        open_run(tmp_path)
    with pytest.raises(RecordingError, match="is not a folder"):
        open_run(tmp_path / "absent")
