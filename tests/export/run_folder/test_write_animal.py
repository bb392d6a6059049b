"""The files of `calscope run` as other programs read them: with pandas, numpy, scipy and tifffile alone."""

import importlib.util
import json
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
import stand_in
import tifffile
from repository import SHARED

from calscope.algorithms.curation.rater_agreement import agreements
from calscope.algorithms.injection.detection_limit import with_curves
from calscope.export.report.agreement_section import agreement_paragraphs
from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.motion_record import from_plain
from calscope.export.run_folder.write_animal import FILES, write_animal
from calscope.export.stored_animal import StoredAnimal
from calscope.io.readers.reader_registry import open_recording
from calscope.model.curation.component_flags import FLAG_KINDS, FlagMeasures
from calscope.model.curation.curation_entry import new_entry
from calscope.model.curation.flag_arrays import flag_arrays
from calscope.model.curation.judgements import Judgement, Judgements
from calscope.model.curation.ratings import Rating
from calscope.model.detection import Detection
from calscope.model.errors import Cancelled, StoreError
from calscope.model.events import Event, EventFile
from calscope.model.movie import Movie
from calscope.model.note_texts.all_texts import text, with_text
from calscope.model.notes import Note
from calscope.model.results import (
    ComponentQuality,
    CorrectedMovie,
    Estimate,
    Evaluation,
    MotionEstimate,
    MotionGain,
    MotionMeasures,
    MotionQuality,
    RelativeFluorescence,
    SummaryImages,
)

FR, T, H, W, K = 10.0, 30, 24, 16, 3
SOMA = np.array([[0.2, 1, 1, 1, 1], [1, 0.3, 1, 1, 1], [1, 1, 1, 0.4, 1]], "f4")
RECORD = {
    "name": "Animal_1",
    "info": {"name": "Animal_1", "path": "/d", "shape": [T, H, W], "dtype": "uint16", "fingerprint": "f"},
    "requested": {"dataset": {"fr": None}},
    "effective": {"dataset": {"fr": FR}},
    "engine": "builtin",
    "stages": [{"stage": "estimate", "key": "k", "seconds": 1.0, "cached": False}],
    "error": "",
}
REASONS = [Note("sentence", {"text": text}) for text in ("a", "b “quoted”, with comma", "c")]


@dataclass
class Found:
    before: SummaryImages | None = None
    motion_estimate: MotionEstimate | None = None
    corrected: CorrectedMovie | None = None
    after: SummaryImages | None = None
    motion_quality: MotionQuality | None = None
    refit: object = None
    component_quality: ComponentQuality | None = None
    evaluation: Evaluation | None = None
    dff: RelativeFluorescence | None = None
    injected: Detection | None = None
    flags: FlagMeasures | None = None


@pytest.fixture
def found():
    rng = np.random.default_rng(0)
    images = [SummaryImages(*rng.random((3, H, W)).astype(np.float32)) for _ in range(2)]
    codes = rng.integers(0, 60000, (T, H, W)).astype(np.uint16)
    motion = MotionEstimate(
        template=images[0].mean,
        shifts_rig=rng.random((T, 2)).astype(np.float32),
        corr_raw=rng.random(T).astype(np.float32),
        rim_px=2,
        shifts_els=rng.random((T, 4, 2)).astype(np.float32),
        centers_px=rng.random((4, 2)).astype(np.float32),
    )
    return Found(
        images[0],
        motion,
        CorrectedMovie(Movie(codes, scale=0.5, offset=-100.0), rng.random(T).astype(np.float32), border_px=2),
        images[1],
        None,
        stand_in.make_components((H, W), K, T, nb=2),
        ComponentQuality(np.array([1, 2, 3], "f4"), np.array([0.1, 0.2, 0.3], "f4"), np.full(K, np.nan, "f4"), SOMA),
        Evaluation(
            np.array([True, False, True]),
            tuple(REASONS),
        ),
        RelativeFluorescence(*rng.random((2, K, T)).astype(np.float32)),
    )


def write(folder, record, found, **more):
    return write_animal(folder, StoredAnimal(record, found), **more)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_files_of_a_whole_run(tmp_path, found):
    written = write(tmp_path / "A", RECORD, found, save_movie=True)
    # Nobody said anything, nor put cells in, nor looked for flags; there are no events.
    expected = {*FILES, "run.json"} - {"curation.jsonl", "injected.parquet", "flags.npz", "events.csv"}
    assert names_in(tmp_path / "A") == sorted(expected)
    assert written[-1].name == "run.json" and {path.name for path in written} == expected


def test_motion(tmp_path, found):
    write(tmp_path, RECORD, found)
    table = pd.read_parquet(tmp_path / "motion.parquet")
    assert list(table) == ["frame", "time_s", "shift_y_px", "shift_x_px", "corr_before", "corr_after"]
    assert table["frame"].tolist() == list(range(T)) and table["time_s"][10] == 1.0
    np.testing.assert_allclose(table[["shift_y_px", "shift_x_px"]], found.motion_estimate.shifts_rig)
    patches = np.load(tmp_path / "motion_patches.npz")
    assert patches["shifts"].shape == (T, 4, 2) and patches["centers"].shape == (4, 2)
    np.testing.assert_array_equal(patches["shifts"], found.motion_estimate.shifts_els)


def test_images(tmp_path, found):
    write(tmp_path, RECORD, found)
    images = np.load(tmp_path / "images.npz")
    assert sorted(images) == sorted(f"{n}_{when}" for n in ("mean", "max", "corr") for when in ("before", "after"))
    assert all(images[name].shape == (H, W) and images[name].dtype == np.float32 for name in images)
    np.testing.assert_array_equal(images["corr_after"], found.after.corr)


def test_components_and_footprints(tmp_path, found):
    write(tmp_path, RECORD, found)
    table = pd.read_parquet(tmp_path / "components.parquet")
    assert list(table) == [
        *("component", "y_px", "x_px", "area_px", "snr", "r_value", "cnn", "accepted", "reason", "soma"),
        *("decision", "decided_by", "tag", "note", "carried_over", "accepted_by_thresholds", "reason_by_thresholds"),
        *("flags", "flags_not_told", "flags_why"),
    ]
    assert set(table["flags"]) == {""} and set(table["flags_not_told"]) == {";".join(FLAG_KINDS)}, "no run looked"
    assert (table["accepted_by_thresholds"] == table["accepted"]).all() and set(table["decision"]) == {""}
    assert table["accepted"].dtype == bool and table["accepted"].tolist() == [True, False, True]
    assert table["reason"][1] == "b “quoted”, with comma" and table["component"].tolist() == [0, 1, 2]
    assert table["cnn"].isna().all()
    assert table["soma"].tolist() == pytest.approx([0.2, 0.3, 0.4])
    A = sp.load_npz(tmp_path / "footprints.npz")
    assert A.format == "csc" and A.shape == (H * W, K) and A.dtype == np.float32
    for k in range(K):
        image = A[:, [k]].toarray().reshape(W, H).T  # index = y + x * H
        y, x = np.nonzero(image)
        weight = image[y, x]
        assert table["y_px"][k] == pytest.approx((y * weight).sum() / weight.sum(), abs=1e-4)
        assert table["x_px"][k] == pytest.approx((x * weight).sum() / weight.sum(), abs=1e-4)
        assert table["area_px"][k] == len(y)
    background = np.load(tmp_path / "background.npz")
    assert background["b"].shape == (H * W, 2) and background["f"].shape == (2, T)


def test_flags_and_what_could_not_be_told_are_written_and_read_back(tmp_path, found):
    names = [field.name for field in fields(FlagMeasures) if field.name != "marks"]
    none = dict.fromkeys(names, np.zeros(K, np.float32)) | {"motion_p": np.ones(K, np.float32)}
    none |= dict.fromkeys(("overlap_with", "double_with"), np.full(K, -1, np.int32))
    measured = {"drift": np.array([0, 0.9, np.nan], np.float32), "transients": np.array([1, 1, 7], np.float32)}
    found.flags = FlagMeasures(**none | measured, marks={"one_transient": np.array([[0, 2, 5]], np.int32)})
    write(tmp_path, RECORD, found)
    for table in (pd.read_parquet(tmp_path / "components.parquet"), AnimalFolder(tmp_path).components):
        assert table["flags"].tolist() == ["one_transient", "one_transient;drift", ""]
        assert table["flags_not_told"].tolist() == ["", "", "drift"]
    for name, array in flag_arrays(AnimalFolder(tmp_path).flag_measures).items():
        np.testing.assert_array_equal(array, flag_arrays(found.flags)[name], err_msg=name, strict=True)
    found.flags = None
    write(tmp_path, RECORD, found)
    assert AnimalFolder(tmp_path).flag_measures is None, "of an earlier run"


def test_events_of_the_recording_go_along(tmp_path, found):
    events = EventFile("stimuli.csv", "ms", (Event(1500, "tone, high", 250), Event(100, "<b>lick</b>")))
    write_animal(tmp_path, StoredAnimal(RECORD, found, events=events))
    read = AnimalFolder(tmp_path).events
    assert (read.unit, read.events) == ("s", (Event(1.5, "tone, high", 0.25), Event(0.1, "<b>lick</b>")))
    write_animal(tmp_path, StoredAnimal(RECORD, found))
    assert AnimalFolder(tmp_path).events is None, "of an earlier run"


def test_what_the_fit_rests_on_is_kept(tmp_path, found):
    write(tmp_path, RECORD, found)
    values = np.load(tmp_path / "cnmf.npz")
    assert values["g"].shape[0] == values["bl"].size == values["c1"].size == values["neurons_sn"].size == K
    np.testing.assert_array_equal(values["bl"], found.refit.bl)
    assert values["sn"].shape == (H, W) and values["sn"][5, 3] == found.refit.sn[5 + 3 * H]
    np.testing.assert_array_equal(values["f0"], found.dff.f0)
    read = AnimalFolder(tmp_path).model_values
    np.testing.assert_array_equal(read["g"], found.refit.g)
    found.dff = None
    write(tmp_path, RECORD, found)
    assert "f0" not in np.load(tmp_path / "cnmf.npz")


def test_traces_are_tidy_with_a_row_group_for_each_component(tmp_path, found):
    write(tmp_path, RECORD, found)
    file = pq.ParquetFile(tmp_path / "traces.parquet")
    assert file.num_row_groups == K
    one = file.read_row_group(1).to_pandas()
    assert list(one) == ["component", "frame", "time_s", "raw", "denoised", "spikes", "dff"]
    assert (one["component"] == 1).all() and one["frame"].tolist() == list(range(T))
    np.testing.assert_allclose(one["raw"], found.refit.C[1] + found.refit.YrA[1], rtol=1e-6)
    np.testing.assert_array_equal(one["denoised"].to_numpy(), found.refit.C[1])
    np.testing.assert_array_equal(one["dff"].to_numpy(), found.dff.dff[1])
    np.testing.assert_allclose(one["time_s"], np.arange(T) / FR)


def test_the_movie_is_a_bigtiff_in_the_raw_type(tmp_path, found):
    write(tmp_path, RECORD, found, save_movie=True)
    with tifffile.TiffFile(tmp_path / "corrected.tif") as tiff:
        assert tiff.is_bigtiff and tiff.series[0].shape == (T, H, W) and tiff.series[0].axes == "TYX"
        pixels = tiff.asarray()
    wanted = np.clip(np.rint(found.corrected.movie.read(0, T)), 0, 65535)
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, wanted.astype(np.uint16))
    assert (wanted == 0).any(), "some values must have been below the type's range"


@pytest.mark.parametrize("fr_hz, dxy_um", [(14.7, (1.5, 300 / 256)), (30.0, None), (None, (0.8, 0.8)), (None, None)])
def test_the_movie_opens_again_with_its_rate_and_pixel_size(tmp_path, found, fr_hz, dxy_um):
    record = RECORD | {"effective": {"dataset": {"fr": fr_hz, "dxy": dxy_um}}}
    write(tmp_path, record, found, save_movie=True)
    recording = open_recording(tmp_path / "corrected.tif")
    assert recording.shape == (T, H, W) and recording.dtype == np.uint16
    assert recording.info.fr_hz == (fr_hz and pytest.approx(fr_hz, rel=1e-8))
    assert recording.info.dxy_um == (dxy_um and pytest.approx(dxy_um, rel=1e-6))
    np.testing.assert_array_equal(recording.read(0, T), tifffile.imread(tmp_path / "corrected.tif"))


def test_a_movie_of_floats_stays_one(tmp_path, found):
    record = RECORD | {"info": RECORD["info"] | {"dtype": "float64"}}
    write(tmp_path, record, found, save_movie=True)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "corrected.tif"), found.corrected.movie.read(0, T))


def test_a_run_until_motion_leaves_motion_only_and_takes_older_files_away(tmp_path, found):
    write(tmp_path, RECORD, found, save_movie=True)
    (tmp_path / "notes of a person.txt").write_text("mine")
    rigid = replace(found.motion_estimate, shifts_els=None, centers_px=None)
    write(tmp_path, RECORD, Found(found.before, rigid, found.corrected, found.after))
    assert names_in(tmp_path) == sorted(["images.npz", "motion.parquet", "run.json", "notes of a person.txt"])


def test_files_of_somebody_else_are_neither_replaced_nor_removed(tmp_path, found):
    theirs = tmp_path / "background.npz"
    theirs.write_text("mine")
    with pytest.raises(StoreError, match="left alone"):
        write(tmp_path, RECORD, Found(found.before))
    assert names_in(tmp_path) == ["background.npz"] and theirs.read_text() == "mine"


def test_the_verdict_on_the_motion_correction_stands_in_the_record(tmp_path, found):
    measures = MotionMeasures(*(Estimate(k + 0.5, k + 0.25, k + 1.0) for k in range(4)))
    gain = MotionGain("crispness", "raw", "rigid", Estimate(0.1, 0.05, 0.2), 0.01, "better")
    quality = MotionQuality(
        shift_px=np.zeros(T, np.float32),
        margin_to_max_shift_px=np.zeros(T, np.float32),
        clipped=np.arange(T) < 3,
        got_worse=np.arange(T) < 1,
        brightness_r=0.25,
        brightness_p=0.5,
        measures={"raw": measures, "rigid": measures},
        gains=(gain,),
        verdict="use rigid",
        why=Note("sentence", {"text": "Use rigid: “quoted”, +10 %."}),
        n_evaluated=48,
        flags=(Note("frames_got_worse", {"n": 3, "n_frames": 50}),),
    )
    write(tmp_path, RECORD, replace(found, motion_quality=quality))
    written = json.loads((tmp_path / "run.json").read_text())["motion_quality"]
    assert (written["verdict"], written["sentence"]) == ("use rigid", "Use rigid: “quoted”, +10 %.")
    assert written["flags"] == [with_text(quality.flags[0])]
    assert written["measures"]["rigid"]["residual_flow_px"] == {"value": 3.5, "low": 3.25, "high": 4.0}
    assert written["gains"][0]["gain"] == {"value": 0.1, "low": 0.05, "high": 0.2}
    assert (written["n_clipped"], written["n_got_worse"], written["n_evaluated"]) == (3, 1, 48)
    assert "shift_px" not in written
    read = from_plain(written)
    assert (read.verdict, read.flags, read.n_evaluated) == ("use rigid", (text(quality.flags[0]),), 48)
    assert read.measures["raw"]["correlation"] == measures.correlation


def test_before_evaluation_nothing_is_accepted_or_rejected(tmp_path, found):
    write(tmp_path, RECORD, replace(found, component_quality=None, evaluation=None, dff=None))
    table = pd.read_parquet(tmp_path / "components.parquet")
    assert table["accepted"].isna().all() and table["snr"].isna().all()
    assert set(table["reason"]) == {"not evaluated"}
    assert pd.read_parquet(tmp_path / "traces.parquet")["dff"].isna().all()


def test_no_component_gives_empty_tables(tmp_path, found):
    none = replace(
        found,
        refit=stand_in.make_components((H, W), 0, T),
        component_quality=ComponentQuality(*np.zeros((3, 0), "f4")),
        evaluation=Evaluation(np.zeros(0, bool)),
        dff=RelativeFluorescence(*np.zeros((2, 0, T), "f4")),
    )
    write(tmp_path, RECORD, none)
    assert pd.read_parquet(tmp_path / "components.parquet").shape == (0, 20)
    traces = pd.read_parquet(tmp_path / "traces.parquet")
    assert len(traces) == 0 and traces["raw"].dtype == np.float32
    assert sp.load_npz(tmp_path / "footprints.npz").shape == (H * W, 0)


def test_run_json_has_the_record_and_the_recording(tmp_path, found):
    write(tmp_path, RECORD, found)
    written = json.loads((tmp_path / "run.json").read_text())
    assert written["recording"] == RECORD["info"] and "info" not in written
    assert written["stages"] == RECORD["stages"] and written["effective"] == RECORD["effective"]
    assert "traces.parquet" in written["files"] and "corrected.tif" not in written["files"]


def test_run_json_gives_reasons_with_their_text(tmp_path, found):
    reasons = {"cnmf.rf": {"kind": "one_fit_patch", "values": {}}, "cnmf.K": "From an earlier version."}
    write(tmp_path, RECORD | {"reasons": reasons}, found)
    written = json.loads((tmp_path / "run.json").read_text())["reasons"]
    assert written["cnmf.rf"] == with_text(Note("one_fit_patch"))
    assert written["cnmf.K"]["text"] == "From an earlier version."


def test_a_stop_in_the_middle_is_told_by_run_json(tmp_path, found):
    write(tmp_path, RECORD, found)

    def progress(fraction, note="", /):
        raise Cancelled

    with pytest.raises(Cancelled):
        write(tmp_path, RECORD, found, save_movie=True, progress=progress)
    told = json.loads((tmp_path / "run.json").read_text())
    assert "Run again" in told["error"]
    assert not [name for name in names_in(tmp_path) if name.startswith(".") or name == "corrected.tif"]


def test_a_folder_that_can_not_be_written_is_told_in_words(tmp_path, found):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="can't be written"):
        write(tmp_path / "file" / "A", RECORD, found)


SCORE = SHARED / "score.py"


@pytest.mark.skipif(not SCORE.exists(), reason="the scoring program lies beside the checkout only")
def test_the_scoring_program_reads_it(tmp_path, found):
    spec = importlib.util.spec_from_file_location("score", SCORE)
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    rng = np.random.default_rng(1)
    A = found.refit.A.toarray()
    truth = {
        "masks": 100 * A.T.reshape(K, W, H).transpose(0, 2, 1),
        "traces": found.refit.C,
        "spikes": np.ones((K, T), np.float32),
        "warp": np.zeros((T, 4, 4, 2)),
        "shifts": rng.random((T, 2)),
    }
    still = replace(
        found.motion_estimate, shifts_els=None, centers_px=None, shifts_rig=-truth["shifts"].astype(np.float32)
    )
    write(tmp_path, RECORD, replace(found, motion_estimate=still))
    result = score.score(tmp_path, truth)
    assert result["motion"]["rmse_px"] == pytest.approx(0, abs=1e-3) and result["motion"]["uncorrected_px"] > 0.1
    assert result["all"]["found"] == K and result["accepted"]["found"] == 2
    assert result["all"]["trace_r"] == pytest.approx(1)


def test_what_persons_decided_stands_beside_what_the_thresholds_did(tmp_path, found):
    said = {0: Judgement((Rating("Ada", "reject"),), tag="blood", note='"quoted", <b>')}
    said |= {1: Judgement((Rating("Bob <x>", "accept"),))}
    said |= {2: Judgement((Rating("Ada", "unsure", is_carried=True),))}
    log = (new_entry("undo", who="Ada", recording="f"),)
    write_animal(tmp_path, StoredAnimal(RECORD, found, judgements=Judgements(said, log=log)))
    for table in (pd.read_parquet(tmp_path / "components.parquet"), AnimalFolder(tmp_path).components):
        assert table["accepted"].tolist() == [False, True, True]
        assert table["accepted_by_thresholds"].tolist() == [True, False, True]
        assert table["decision"].tolist() == ["reject", "accept", "unsure"]
        assert table["decided_by"].tolist() == ["Ada", "Bob <x>", "Ada"]
        assert (table["tag"][0], table["note"][0]) == ("blood", '"quoted", <b>')
        assert table["carried_over"].tolist() == [False, False, True]
        assert table["reason"][0] == "rejected by hand by Ada (otherwise: a)" and table["reason"][2] == "c"
        assert table["reason_by_thresholds"].tolist() == [text(reason) for reason in REASONS]
    assert AnimalFolder(tmp_path).accepted.tolist() == [False, True, True]
    assert AnimalFolder(tmp_path).curation == log
    write(tmp_path, RECORD, found)
    assert "curation.jsonl" not in names_in(tmp_path), "nothing of it is left when nothing is said any more"


def test_judgements_of_another_recording_are_refused_with_the_file_s_name(tmp_path, found):
    log = (new_entry("undo", who="Ada", recording="another"),)
    write_animal(tmp_path, StoredAnimal(RECORD, found, judgements=Judgements(log=log)))
    with pytest.raises(StoreError, match=r"curation.jsonl holds judgements of another recording"):
        _ = AnimalFolder(tmp_path).curation


def test_a_folder_of_an_older_version_has_no_decisions(tmp_path, found):
    write(tmp_path, RECORD, found)
    table = pd.read_parquet(tmp_path / "components.parquet")
    table.iloc[:, :10].to_parquet(tmp_path / "components.parquet")
    read = AnimalFolder(tmp_path)
    assert set(read.components["decision"]) == {""} and not read.components["carried_over"].any()
    assert read.components["accepted_by_thresholds"].tolist() == table["accepted"].tolist()
    assert read.components["reason_by_thresholds"].tolist() == table["reason"].tolist() and read.curation == ()


def a_detection(n=64):
    levels = np.tile(np.float32([2, 4, 8, 16]), n // 4)[:n]
    seen = levels > 5
    places = np.stack([np.arange(n) % H, np.arange(n) % W], axis=1).astype(np.float32)
    put_in = Detection(levels, seen, seen & (levels > 10), np.where(seen, 0.9, np.nan).astype("f4"), places)
    return with_curves(replace(put_in, round=np.arange(n) // 32, decay_time_s=0.4, gain=2.5))


def test_known_cells_that_were_put_in_are_written_and_read_back(found, tmp_path):
    put_in = a_detection()
    write_animal(tmp_path / "Animal_1", StoredAnimal(RECORD, replace(found, injected=put_in)))
    table = pd.read_parquet(tmp_path / "Animal_1/injected.parquet")
    assert list(table)[:6] == ["peak_snr", "found", "accepted", "trace_r", "y_px", "x_px"]
    assert np.array_equal(table["found"], put_in.found)
    said = json.loads((tmp_path / "Animal_1/run.json").read_text(encoding="utf-8"))["injected"]
    assert said["n"] == 64
    assert said["limits"]["found_50"]["value"] == put_in.limits.found_50.value
    assert "half were found from a peak SNR of" in said["text"]
    again = AnimalFolder(tmp_path / "Animal_1").injected
    assert again.curves == put_in.curves
    assert np.array_equal(again.centers_px, put_in.centers_px)
    assert np.array_equal(again.accepted, put_in.accepted)
    write_animal(tmp_path / "Animal_1", StoredAnimal(RECORD, found))
    assert not (tmp_path / "Animal_1/injected.parquet").exists(), "of an earlier run"
    assert AnimalFolder(tmp_path / "Animal_1").injected is None


def test_limits_beyond_the_ladder_and_no_cells_at_all_are_written_too(found, tmp_path):
    levels = np.tile(np.float32([2, 28]), 16)
    none = np.zeros(32, bool)
    unseen = with_curves(Detection(levels, none, none, np.full(32, np.nan, "f4"), np.zeros((32, 2), "f4")))
    nowhere = with_curves(a_detection(0))
    for put_in in (unseen, nowhere):
        write_animal(tmp_path / "Animal_1", StoredAnimal(RECORD, replace(found, injected=put_in)))
        again = AnimalFolder(tmp_path / "Animal_1").injected
        assert again.curves == put_in.curves
        assert again.n == put_in.n
    assert np.isinf(unseen.limits.found_50.value)
    assert nowhere.limits.found_50 is None


@pytest.mark.parametrize(
    "damage",
    [{"limits": {"found_50": {"value": "many"}}}, {"limits": 3}, {}, {"limits": {}, "found": 1, "accepted": 2}],
)
def test_a_damaged_entry_of_known_cells_is_named(found, tmp_path, damage):
    write_animal(tmp_path / "Animal_1", StoredAnimal(RECORD, replace(found, injected=a_detection())))
    path = tmp_path / "Animal_1/run.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**said, "injected": damage}), encoding="utf-8")
    with pytest.raises(StoreError, match=r"injected\.parquet is damaged"):
        _ = AnimalFolder(tmp_path / "Animal_1").injected


def test_what_raters_disagree_about_is_left_to_the_thresholds_and_said_in_every_file(tmp_path, found):
    ada, bob = Rating("Ada", "reject", at=0), Rating("Bob", "accept", "blind", at=1)
    said = {0: Judgement((ada, bob)), 1: Judgement((ada, bob, Rating("<b>Cleo", "accept", "settled", at=2)))}
    judgements = Judgements(said)
    judgements = replace(judgements, agreements=agreements(judgements))
    write_animal(tmp_path, StoredAnimal(RECORD, found, judgements=judgements))
    animal = AnimalFolder(tmp_path)
    table = animal.components
    assert table["accepted"].tolist() == [True, True, True] == [True, *table["accepted"][1:]]
    assert table["decision"].tolist() == ["disagree", "accept", ""]
    assert table["decided_by"].tolist() == ["", "<b>Cleo", ""]
    assert table["reason"][0] == "raters disagree, not settled (Ada: reject, Bob: accept); otherwise: a"
    assert "who settled what raters said (Ada: reject, Bob: accept)" in table["reason"][1]
    (one,) = animal.agreements
    assert (one["raters"], one["n"], one["n_same"]) == (["Ada", "Bob"], 2, 0)
    assert [each["settled_by"] for each in one["disagreements"]] == ["", "<b>Cleo"]
    drawn = "".join(agreement_paragraphs(animal.agreements))
    assert "agree on 0 (0 %)" in drawn and "accept by &lt;b&gt;Cleo" in drawn and "<b>" not in drawn
    assert "".join(agreement_paragraphs([])) == ""
