"""A bundle opens in another store as the run was, and whatever somebody else did to one is told in words."""

import io
import json
import struct
import time
import zipfile
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest
import stand_in
from scipy.sparse import csc_matrix
from small_disk import small_disk
from spoilt_bundles import parts_of, put_together

from calscope.engines.engine_registry import ENGINES
from calscope.io.bundles import bundle_reading
from calscope.io.bundles.bundle_reading import Problem, open_bundle
from calscope.jobs.bundles.bundle_parts import BUNDLED
from calscope.jobs.bundles.import_bundle import import_bundle
from calscope.jobs.bundles.write_bundle import write_bundle
from calscope.jobs.job_folder import JobFolder
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus, write_status
from calscope.jobs.run_export import stored_run
from calscope.model.curation.curation_entry import new_entry
from calscope.model.errors import Cancelled, RecordingError, StoreError
from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.import_results import ENGINE
from calscope.pipeline.kept_judgements import judgements_of, open_log, target_of
from calscope.pipeline.kept_remarks import remarks_of
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store


def same(found, wanted):
    if is_dataclass(wanted):
        return all(same(getattr(found, one.name), getattr(wanted, one.name)) for one in fields(wanted))
    if isinstance(wanted, dict):
        return set(found) == set(wanted) and all(same(found[name], wanted[name]) for name in wanted)
    if isinstance(wanted, csc_matrix):
        return (found != wanted).nnz == 0
    if isinstance(wanted, np.ndarray):
        return np.array_equal(found, wanted, equal_nan=wanted.dtype.kind == "f")
    return found == wanted or (isinstance(wanted, float) and np.isnan([found, wanted]).all())


def test_all_but_the_movie_comes_back_as_it_was(made, tmp_path):
    store = Store(tmp_path / "other")
    runs = import_bundle(made.path, store)
    assert [run.name for run in runs] == [run.name for run in made.runs]
    for run, before in zip(runs, made.runs, strict=True):
        assert run.engine == ENGINE and run.info.path == str(made.path / run.name)
        assert (run.inputs, run.requested, run.effective) == (before.inputs, before.requested, before.effective)
        found, was = AnimalResults(store, run.keys), AnimalResults(made.store, before.keys)
        stages = [stage for stage in BUNDLED if stage in before.keys]
        assert set(stages) == set(run.keys) - {"source"} >= {"fit", "refit", "residual", "evaluation", "dff"}
        assert all(same(found.get(stage), was.get(stage)) for stage in stages)
        assert found.corrected is None
        assert not set(run.keys.values()) & set(before.keys.values()), "what others made never stands for our own"
    assert runs[1].inputs.seeds == ((3, 4), (10, 12)) and "injected" in runs[1].keys


def test_judgements_and_remarks_travel(made, tmp_path):
    store = Store(tmp_path / "other")
    runs = import_bundle(made.path, store)
    said = judgements_of(runs[0], AnimalResults(store, runs[0].keys))
    was = judgements_of(made.runs[0], AnimalResults(made.store, made.runs[0].keys))
    assert [one.id for one in said.log] == [one.id for one in was.log] and len(said.log) == 1
    assert (said.of(2).decision, said.of(2).decided_by, said.of(2).is_carried) == ("reject", "Ada <b>", False)
    assert runs[0].counts == was_counts(made) and runs[1].counts == made.runs[1].counts
    assert remarks_of(store.root, str(made.path)) == {runs[1].name: "tilted; left eye"}


def was_counts(made):
    with stored_run(made.store, made.run) as run:
        return run.animals[0].record["counts"]


def test_opened_again_it_is_the_same_and_nothing_is_unpacked_twice(made, tmp_path):
    store = Store(tmp_path / "other")
    first = import_bundle(made.path, store)
    sizes = store.sizes()
    elsewhere = tmp_path / "renamed.calscope"
    elsewhere.write_bytes(made.path.read_bytes())
    assert [run.keys for run in import_bundle(elsewhere, store)] == [run.keys for run in first]
    assert {one.key for one in store.sizes()} == {one.key for one in sizes}
    assert not list((store.root / "scratch").glob("*"))


def test_other_programs_read_its_parts_and_no_path_of_this_machine_is_in_it(made):
    parts = parts_of(made.path)
    table = pd.read_parquet(io.BytesIO(parts["animals/0/components.parquet"]))
    assert table["decision"].tolist() == ["", "", "reject"]
    C = np.load(io.BytesIO(parts["animals/0/refit/C.npy"]), allow_pickle=False)
    assert np.array_equal(C, AnimalResults(made.store, made.runs[0].keys).refit.C)
    assert not [name for name, content in parts.items() if b"secret place" in content or b"somebody" in content]
    assert json.loads(parts["run.json"])["data"] == "Mice"


def test_the_same_run_gives_the_same_bytes_but_for_the_time(made, tmp_path, monkeypatch):
    monkeypatch.setattr("calscope.jobs.bundles.write_bundle._now", lambda: "2026-01-01T00:00:00+00:00")
    with stored_run(made.store, made.run) as run:
        files = [write_bundle(run, made.store, tmp_path / f"{n}.calscope") for n in (1, 2)]
    assert files[0].read_bytes() == files[1].read_bytes()


def refused(path, tmp_path):
    store = Store(tmp_path / "other")
    with pytest.raises((RecordingError, StoreError)) as error:
        import_bundle(path, store)
    assert not store.sizes() and not list((store.root / "scratch").glob("*"))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("n_bytes", [0, 1, 100, 0.5, -30])
def test_one_that_was_not_copied_whole_says_so(made, tmp_path, n_bytes):
    path = tmp_path / "cut.calscope"
    whole = made.path.read_bytes()
    path.write_bytes(whole[: int(n_bytes * len(whole)) if isinstance(n_bytes, float) else n_bytes])
    assert "was not copied whole" in refused(path, tmp_path)


def test_a_byte_that_changed_names_its_part(made, tmp_path):
    with zipfile.ZipFile(made.path) as file:
        entry = file.getinfo("animals/1/refit/YrA.npy")
    content = bytearray(made.path.read_bytes())
    content[entry.header_offset + 200] ^= 0xFF
    path = tmp_path / "damaged.calscope"
    path.write_bytes(content)
    assert "its part animals/1/refit/YrA.npy is damaged" in refused(path, tmp_path)
    assert open_bundle(path).problems() == [Problem("animals/1/refit/YrA.npy", "damaged")]


def test_what_was_exchanged_left_out_or_added_is_named(made, spoilt):
    name = "animals/0/after/mean.npy"
    path = spoilt(is_listed=False, **{name.replace("/", "__").replace(".", "_DOT_"): b"x", "extra": b"x"})
    assert open_bundle(path).problems() == [Problem(name, "changed"), Problem("extra", "not listed")]
    path = spoilt(is_listed=False, README_DOT_txt=None)
    assert open_bundle(path).problems() == [Problem("README.txt", "missing")]
    assert open_bundle(made.path).problems() == []


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


LIES = {
    "an array left out": ({"animals__0__refit__C_DOT_npy": None}, "animals/0/refit, something is missing"),
    "traces too short": ({"animals__0__refit__C_DOT_npy": npy(np.zeros((3, 39), "f4"))}, "refit: C is 3 x 39 and not"),
    "footprints that lead out": (
        {"animals__0__refit__A_indices_DOT_npy": npy(np.full(10**4, 2**30, "i4"))},
        "its part animals/0",
    ),
    "numbers for words": ({"animals__0__before__mean_DOT_npy": npy(np.full((32, 28), "x"))}, "holds no numbers"),
    "infinite": ({"animals__0__before__mean_DOT_npy": npy(np.full((32, 28), np.inf, "f4"))}, "infinite numbers"),
    "no array": ({"animals__0__before__mean_DOT_npy": b"hello"}, "animals/0/before/mean.npy, it is no array"),
    "objects": (
        {
            "animals__0__before__mean_DOT_npy": b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, "
            b"'shape': (1,), }".ljust(127)
            + b"\n\x80\x04N."
        },
        "animals/0/before/mean.npy, it is no array",
    ),
    "a larger array than it holds": (
        {"animals__0__before__mean_DOT_npy": npy(np.zeros((32, 28), "f4"))[:-4]},
        "animals/0/before/mean.npy, it is no array",
    ),
    "values of another kind": ({"animals__0__evaluation__values_DOT_json": b'{"values": []}'}, "it holds no values"),
    "no values at all": ({"animals__0__evaluation__values_DOT_json": b'{"values": {}}'}, "animals/0/evaluation"),
    "flags of components that are not there": (
        {"animals__0__flags__double_with_DOT_npy": npy(np.full(3, 7, "i4"))},
        "flags: double_with names components or frames that are not there",
    ),
    "marks beyond the recording": (
        {"animals__0__flags__marks_motion_DOT_npy": npy(np.array([[0, 5, 10**6]], "i4"))},
        "flags: motion names components or frames that are not there",
    ),
    "too few reasons": ({"animals__0__evaluation__values_DOT_json": b'{"values": {"reasons": []}}'}, "0 reasons for 3"),
    "no JSON": ({"animals__0__evaluation__values_DOT_json": b"["}, "values.json"),
    "deep JSON": ({"run_DOT_json": b"[" * 10**5}, "run.json"),
    "no record of each animal": ({"run_DOT_json": b'{"animals": [{}]}'}, "no record of each animal"),
    "a record of something else": ({"run_DOT_json": b'{"animals": [{}, {}]}'}, "none that this version knows"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_does_not_fit_together_is_refused_with_the_part(spoilt, tmp_path, lie):
    changes, told = LIES[lie]
    assert told in refused(spoilt(**changes), tmp_path)


@pytest.mark.parametrize("name", ["../../outside.npy", "/tmp/outside.npy", "animals/../../x", "C:\\x", "animals\\0"])
def test_paths_that_climb_out_are_refused(made, tmp_path, name):
    path = put_together(tmp_path / "climbs.calscope", parts_of(made.path) | {name: b"x"})
    assert "which no bundle has" in refused(path, tmp_path)


def test_animals_whose_names_are_paths_are_refused(made, tmp_path):
    parts = parts_of(made.path)
    manifest = json.loads(parts["manifest.json"])
    for names in (["../x", "b"], ["a", "a"], ["a", ""]):
        parts["manifest.json"] = json.dumps(manifest | {"animals": names}).encode()
        assert "not told apart" in refused(put_together(tmp_path / "names.calscope", parts), tmp_path)


def test_one_of_a_newer_version_says_what_to_install(made, tmp_path):
    parts = parts_of(made.path)
    newer = json.loads(parts["manifest.json"]) | {"format_version": 99, "calscope": "7.0", "animals": {"of": "another"}}
    parts["manifest.json"] = json.dumps(newer).encode()
    told = refused(put_together(tmp_path / "newer.calscope", parts), tmp_path)
    assert "newer format (99" in told and "Install Calscope 7.0 or newer" in told


@pytest.mark.parametrize(
    ("content", "told"), [(b"{}", "not that of a bundle"), (b"\xff", "manifest.json"), (b"[1", "manifest")]
)
def test_another_zip_file_is_no_bundle(tmp_path, content, told):
    path = tmp_path / "other.calscope"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("manifest.json", content)
    assert told in refused(path, tmp_path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", b"")
    assert "it has no manifest.json" in refused(path, tmp_path)


def test_a_zip_bomb_is_not_unpacked(made, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_reading, "FREE_OF_RATIO_BYTES", 1 << 20)
    parts = parts_of(made.path) | {"animals/0/refit/bomb.npy": bytes(300 << 20)}
    path = put_together(tmp_path / "bomb.calscope", parts)
    begin = time.monotonic()
    assert "says that it unpacks to" in refused(path, tmp_path)
    assert time.monotonic() - begin < 5


def test_a_bomb_that_says_it_is_small_ends_where_it_said(made, tmp_path):
    parts = parts_of(made.path) | {"animals/0/refit/bomb.npy": bytes(30 << 20)}
    parts["manifest.json"] = (
        parts["manifest.json"]
        .replace(
            b'"parts": {', b'"parts": {"animals/0/refit/bomb.npy": {"bytes": 100, "sha256": "' + b"0" * 64 + b'"},'
        )
        .replace(b'"parts":{', b'"parts":{"animals/0/refit/bomb.npy": {"bytes": 100, "sha256": "' + b"0" * 64 + b'"},')
    )
    path = put_together(tmp_path / "bomb.calscope", parts, is_listed=False)
    assert "its part animals/0/refit/bomb.npy is changed" in refused(path, tmp_path)


def test_a_list_of_a_million_entries_is_not_even_read(tmp_path):
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, *[0] * 4, *[0] * 3, 1, *[0] * 4, 0, 0) + b"x"
    path = tmp_path / "million.calscope"
    n = 1_000_000
    with path.open("wb") as file:
        file.write(b"PK\x03\x04" + bytes(26))
        begin = file.tell()
        for _ in range(100):
            file.write(entry * (n // 100))
        n_bytes = file.tell() - begin
        end = file.tell()
        file.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, n, n, n_bytes, begin))
        file.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1))
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    started = time.monotonic()
    assert "lists 1000000 entries" in refused(path, tmp_path)
    assert time.monotonic() - started < 1


def test_a_bundle_that_is_stopped_or_meets_a_full_disk_leaves_nothing(made, tmp_path):
    calls = []

    def stop(fraction, note="", /):
        calls.append(fraction)
        if len(calls) > 5:
            raise Cancelled

    with stored_run(made.store, made.run) as run:
        with pytest.raises(Cancelled):
            write_bundle(run, made.store, tmp_path / "out" / "x.calscope", stop)
        assert not list((tmp_path / "out").iterdir())
        with small_disk(tmp_path / "small", 16384) as place:
            with pytest.raises(StoreError, match="the disk is full"):
                write_bundle(run, made.store, place / "x.calscope")
            assert not list(place.iterdir())


def test_a_store_without_room_takes_nothing(made, tmp_path):
    with small_disk(tmp_path / "small", 65536) as place:
        assert "Free some space" in refused(made.path, place)


def test_what_is_no_bundle_is_never_replaced(made, tmp_path):
    path = tmp_path / "mine.calscope"
    path.write_text("my own notes")
    with stored_run(made.store, made.run) as run, pytest.raises(StoreError, match="left alone"):
        write_bundle(run, made.store, path)
    assert path.read_text() == "my own notes"


def test_components_merged_by_hand_go_out_as_they_are(tmp_path, monkeypatch):
    store, engine = Store(tmp_path / "store"), stand_in.StandIn(n=4)
    monkeypatch.setitem(ENGINES, engine.name, engine)
    recording = stand_in.MemoryRecording(fingerprint="a" * 32)
    run = run_animal(recording, Parameters(), engine=engine, store=store, workers=1)
    refit = AnimalResults(store, run.keys).refit
    entries = [
        new_entry(
            "merge",
            who="Ada",
            recording="a" * 32,
            target=target_of(run.keys["refit"], refit, k),
            group="M" * 16,
            entry_id=f"{'M' * 16}.{k}",
        )
        for k in (0, 1)
    ]
    open_log(store.root, "a" * 32).append(lambda _: entries)
    folder = JobFolder(store.jobs / "0123456789abcdef-aaaaaa")
    folder.path.mkdir(parents=True)
    folder.write_spec(JobSpec(data="/nowhere/Mice"))
    folder.write_results([run])
    write_status(folder.path, JobStatus(state="done"))
    with stored_run(store, folder.id) as shown:
        assert shown.animals[0].n_components == 3
        wanted = shown.animals[0].traces("dff").copy()
        path = write_bundle(shown, store, tmp_path / "x.calscope")
    other = Store(tmp_path / "other")
    (opened,) = import_bundle(path, other)
    found = AnimalResults(other, opened.keys)
    assert found.refit.n == len(found.evaluation.accepted) == opened.counts["refit"] == 3
    assert np.array_equal(found.dff.dff, wanted, equal_nan=True)
