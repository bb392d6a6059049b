import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import stand_in

from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import Cancelled, EngineError, ParameterError, StoreError
from calscope.model.note_texts.all_texts import text
from calscope.model.notes import Note
from calscope.pipeline import store as store_module
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import AnimalRun, RunError
from calscope.pipeline.runner import expect_run, plan_keys, run_animal
from calscope.pipeline.stages import stages_until

ALL = [stage.name for stage in stages_until("evaluation")]


@pytest.fixture
def run(recording, params, engine, store):
    def go(changes=None, **kwargs):
        chosen = params.replace(changes or {})
        return run_animal(kwargs.pop("recording", recording), chosen, engine=engine, store=store, workers=1, **kwargs)

    return go


def left_half_made(store):
    return [*store.results.glob("??/.*"), *(store.root / "scratch").glob("*"), *store.root.glob("leases/*")]


def test_a_run_goes_through_all_stages_and_its_results_can_be_opened(run, store, recording):
    record = run()
    assert [stage.stage for stage in record.stages] == ALL
    assert set(record.keys) == {"source", *ALL} and not record.error
    results = AnimalResults(store, record.keys)
    np.testing.assert_allclose(results.before.mean, recording.frames.mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(results.corrected.movie.read(3, 5), recording.frames[3:5])
    assert results.first.n == 4 and results.refit.n == 3 and results.dff.dff.shape == (3, 40)
    assert results.evaluation.accepted.tolist() == [False, False, True]
    assert record.counts == {"first": 4, "refit": 3, "accepted": 1, "rejected": 2}
    assert record.notes[0] == Note("stand_in_moved") and record.peak_memory_bytes > 1e7
    assert results.corrected is results.corrected and left_half_made(store) == []


def test_the_second_run_comes_from_the_store(run, engine, recording):
    first = run()
    calls, reads = list(engine.calls), recording.n_reads
    second = run()
    assert engine.calls == calls and recording.n_reads == reads
    assert all(stage.cached for stage in second.stages) and not any(stage.cached for stage in first.stages)
    assert second.keys == first.keys and second.counts == first.counts and second.notes == first.notes


def computed(record):
    return [stage.stage for stage in record.stages if not stage.cached]


def test_only_what_a_change_concerns_is_computed_again(run):
    run()
    assert computed(run({"evaluation.min_SNR": 0.5})) == ["evaluation"]
    after_refit = ["residual", "component_quality", "evaluation", "flags", "dff"]
    assert computed(run({"cnmf.gSig": 5})) == ["fit", "refit", *after_refit]
    assert computed(run({"cnmf.dff_window_s": 2})) == ["dff"]
    assert computed(run()) == [], "going back is free"


def test_seeds_reach_the_refit_only(run, engine, store):
    run()
    record = run(inputs=AnimalInputs(seeds=[[7, 8], [3, 4]]))
    assert engine.seeds == ((3, 4), (7, 8)) == record.inputs.seeds
    assert {"refit", "dff"} <= set(computed(record)) and "fit" not in computed(record)
    assert AnimalRun.from_dict(record.to_dict()).inputs == record.inputs
    assert store.open(record.keys["refit"]).provenance["inputs"] == {"seeds": [[3, 4], [7, 8]]}
    assert store.open(record.keys["fit"]).provenance["inputs"] == {}
    assert computed(run(inputs=AnimalInputs(seeds=((7, 8), (3, 4))))) == [] and computed(run()) == []


def test_an_animals_own_parameters_count_in_place_of_those_for_all(run, store):
    inputs = AnimalInputs(parameters={"cnmf.gSig": (5, 6)})
    record = run({"cnmf.K": 7}, inputs=inputs)
    assert record.requested["cnmf"]["gSig"] == record.effective["cnmf"]["gSig"] == [5, 6]
    assert record.requested["cnmf"]["K"] == 7 and record.inputs == inputs and "cnmf.gSig" not in record.reasons
    assert store.open(record.keys["fit"]).provenance["parameters"]["cnmf.gSig"] == [5, 6]
    assert computed(run({"cnmf.K": 7, "cnmf.gSig": (5, 6)})) == [], "the same values for all are the same results"
    assert AnimalRun.from_dict(record.to_dict()) == record


def test_a_frame_rate_of_its_own_is_enough(run):
    nameless = stand_in.MemoryRecording(fr_hz=None)
    record = run(recording=nameless, until="motion", inputs=AnimalInputs({"dataset.fr": 12.5}))
    assert record.effective["dataset"]["fr"] == 12.5


def test_the_record_of_an_earlier_version_is_read_with_its_seeds(run):
    values = run(until="summary").to_dict()
    del values["inputs"]
    assert AnimalRun.from_dict(values | {"seeds": [[3, 4]]}).inputs == AnimalInputs(seeds=((3, 4),))
    with pytest.raises(StoreError, match="not the record of a run"):
        AnimalRun.from_dict(values | {"inputs": {"sedes": [[3, 4]]}})


def test_reasons_that_an_earlier_version_saved_as_sentences_are_read(run):
    values = run(until="summary").to_dict() | {"reasons": {"cnmf.rf": "The field is small."}}
    read = AnimalRun.from_dict(values)
    assert text(read.reasons["cnmf.rf"]) == "The field is small."
    assert AnimalRun.from_dict(read.to_dict()) == read


def test_seeds_that_can_not_be_used_are_refused_before_anything_runs(run, engine):
    with pytest.raises(ParameterError, match=r"\(40, 1\) lies outside of the field of 32 x 28 px"):
        run(inputs=AnimalInputs(seeds=((40, 1),)))
    engine.takes_seeds = False
    with pytest.raises(EngineError, match=r"stand-in can't begin components at seeds.*Run the built-in engine"):
        run(inputs=AnimalInputs(seeds=((3, 4),)))
    assert engine.calls == []


@pytest.mark.parametrize(
    "until, stages",
    [
        ("summary", ["before"]),
        ("motion", ["before", "check", "estimate", "apply", "after", "motion_quality"]),
        ("extraction", ["before", "check", "estimate", "apply", "after", "motion_quality", "fit", "refit", "residual"]),
    ],
)
def test_a_run_may_end_early_and_go_on_later(run, store, until, stages):
    record = run(until=until)
    assert [stage.stage for stage in record.stages] == stages and record.until == until
    results = AnimalResults(store, record.keys)
    assert results.evaluation is None and (results.motion is None) == (until == "summary")
    assert computed(run()) == [name for name in ALL if name not in stages]


def test_counts_are_of_this_run_not_of_an_earlier_longer_one(run):
    run()
    assert run(until="motion").counts == {}


def test_without_a_frame_rate_only_the_summary_runs(run):
    nameless = stand_in.MemoryRecording(fr_hz=None)
    with pytest.raises(ParameterError, match="frame rate"):
        run(recording=nameless, until="motion")
    assert computed(run(recording=nameless, until="summary")) == ["before"]


def test_progress_rises_to_one_and_names_stage_by_stage(run):
    seen, begun = [], []
    run(progress=lambda fraction, note="", /: seen.append((fraction, note)), on_stage=begun.append)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1
    assert begun == ALL
    assert any(note == "corrected movie: begins" for _, note in seen)


def test_stages_from_the_store_take_no_share_of_the_progress(run):
    run(until="motion")
    seen = {}
    run(progress=lambda fraction, note="", /: seen.setdefault(note, fraction))
    assert seen["first fit"] == 0


@pytest.mark.parametrize("stop_in", ["summary of the raw movie", "corrected movie", "refit"])
def test_cancel_leaves_nothing_half_made_and_keeps_what_is_done(run, store, stop_in):
    def progress(fraction, note="", /):
        if note.startswith(stop_in):
            raise Cancelled

    with pytest.raises(Cancelled):
        run(progress=progress)
    assert left_half_made(store) == []
    done = {"summary of the raw movie": [], "corrected movie": ["before", "check", "estimate"], "refit": ALL[:7]}[
        stop_in
    ]
    assert sorted(item.stage for item in store.sizes()) == sorted(done)
    assert computed(run()) == [name for name in ALL if name not in done]


def test_a_stage_that_can_not_be_done_says_so_and_what_was_done_stays(run, engine, store):
    engine.fails["fit"] = EngineError("No pixel is left. Use a smaller rf.")
    with pytest.raises(RunError, match=r"^Animal_1, first fit: No pixel is left\. Use a smaller rf\.$") as caught:
        run()
    record = caught.value.run
    assert [stage.stage for stage in record.stages] == ALL[:6] and record.error == str(caught.value)
    assert AnimalResults(store, record.keys).motion is not None and left_half_made(store) == []
    engine.fails.clear()
    assert computed(run()) == ALL[6:]


def test_an_error_in_the_program_is_one_sentence_for_people_and_a_traceback_in_the_log(run, engine, store, caplog):
    engine.fails["estimate"] = ZeroDivisionError("division by zero")
    with pytest.raises(RunError, match="an error in the program, ZeroDivisionError: division by zero"):
        run()
    assert "Traceback" in caplog.text and "estimate_motion" in caplog.text
    assert left_half_made(store) == []


def test_too_little_memory_is_told_with_what_helps(run, engine):
    engine.fails["refit"] = MemoryError()
    with pytest.raises(RunError, match=r"refit: .*memory.*--frames"):
        run()


def test_the_scratch_folder_goes_with_its_stage(run, engine):
    run()
    assert len(engine.scratches) >= 4
    assert not any(scratch.exists() for scratch in engine.scratches)


def test_one_frame_can_be_corrected_but_not_extracted_from(run):
    one = stand_in.MemoryRecording(shape=(1, 32, 28))
    record = run(recording=one, until="motion")
    assert not record.error and record.counts == {}
    with pytest.raises(RunError, match=r"has 1 frame; at least 11 are needed.*p = 1\..*--until motion"):
        run(recording=one)
    for n_frames in (9, 10):
        with pytest.raises(RunError, match=f"has {n_frames} frames; at least 11 are needed"):
            run(recording=stand_in.MemoryRecording(shape=(n_frames, 32, 28)))
    assert not run(recording=stand_in.MemoryRecording(shape=(11, 32, 28))).error


def test_no_component_at_all_is_a_result(run, engine, store):
    engine.n = 0
    record = run()
    assert record.counts == {"first": 1, "refit": 0, "accepted": 0, "rejected": 0}
    results = AnimalResults(store, record.keys)
    assert results.dff.dff.shape == (0, 40) and results.refit.A.shape == (32 * 28, 0)


def test_a_recording_that_changes_while_it_is_read_is_not_kept(run, store):
    with pytest.raises(RunError, match="changed while it was read"):
        run(is_unchanged=lambda: False)
    assert store.sizes() == [] and left_half_made(store) == []


def test_requested_and_effective_parameters(run, engine):
    engine.tells = {"estimate": {"motion.overlaps": (20, 20), "stand-in.inner": 7}}
    record = run({"motion.strides": (31, 31)})
    assert record.requested["motion"]["strides"] == [31, 31] and record.requested["dataset"]["fr"] is None
    assert record.effective["motion"]["strides"] == [32, 32], "what the engine foretells"
    assert record.effective["motion"]["overlaps"] == [20, 20], "what it read back"
    assert record.effective["dataset"]["fr"] == 10.0 and record.effective["cnmf"]["gSiz"] == [9, 9]
    assert record.engine_values == {"stand-in.inner": 7}
    assert record.reasons["motion.strides"] == Note("strides_cut_to_field")
    assert "the recording says it" in text(record.reasons["dataset.fr"])
    assert record.reasons["motion.overlaps"].kind == "reported_by_engine", "the engine gives no reason"
    assert "motion.max_shifts" not in record.reasons
    again = run({"motion.strides": (31, 31)})
    assert again.effective == record.effective and again.engine_values == record.engine_values, "also from the store"


@pytest.mark.parametrize(
    ("decides", "asked", "used"), [(True, None, True), (False, None, False), (False, True, True), (True, False, False)]
)
def test_the_engine_decides_whether_somata_are_asked_for_unless_a_person_did(  # noqa: PLR0917
    run, engine, store, decides, asked, used
):
    engine.defaults = {"evaluation.use_soma": decides}
    record = run({"evaluation.use_soma": asked})
    assert record.requested["evaluation"]["use_soma"] is asked and record.effective["evaluation"]["use_soma"] is used
    assert store.open(record.keys["evaluation"]).provenance["parameters"]["evaluation.use_soma"] is used
    assert ("evaluation.use_soma" in record.reasons) == (asked is None)


def test_the_record_goes_through_plain_values(run):
    record = run(until="motion")
    assert AnimalRun.from_dict(record.to_dict()) == record
    assert record.versions["calscope"] and record.engine_version == "1"


def test_what_a_run_would_cost_is_nothing_when_all_is_there(run, recording, params, engine, store):
    def cost(until):
        return expect_run(recording.info, params, engine=engine, store=store, until=until).seconds

    assert cost("evaluation") > cost("motion") > 0
    run(until="motion")
    assert cost("motion") == 0 < cost("evaluation")


def test_pruning_in_the_middle_of_a_run_takes_nothing_away_from_it(run, store):
    def progress(fraction, note="", /):
        store.prune(max_bytes=0)

    assert not run(progress=progress).error
    store.prune(max_bytes=0)
    assert store.sizes() == []


def test_pruning_as_soon_as_the_lease_ends_takes_nothing_from_the_record(run, store, monkeypatch):
    leased = store.lease

    @contextmanager
    def then_pruned(keys):
        with leased(keys):
            yield
        store.prune(max_bytes=0)

    monkeypatch.setattr(store, "lease", then_pruned)
    record = run()
    assert store.sizes() == [], "the test must leave nothing to read"
    assert record.counts == {"first": 4, "refit": 3, "accepted": 1, "rejected": 2} and record.notes[0] == Note(
        "stand_in_moved"
    )
    assert set(record.keys) == {"source", *ALL}


def test_results_that_were_pruned_read_as_absent(run, store):
    record = run()
    store.prune(max_bytes=0)
    assert AnimalResults(store, record.keys).motion is None


def test_every_result_knows_how_it_came_about(run, store, recording, params, engine):
    run()
    told = store.open(plan_keys(recording.info, params, engine)["fit"]).provenance
    assert told["stage"] == "fit" and told["fingerprint"] == recording.info.fingerprint
    assert told["parameters"]["cnmf.K"] == 4 and told["engine"] == "stand-in" and "numpy" in told["versions"]
    assert told["parents"] == {
        stage: plan_keys(recording.info, params, engine)[stage] for stage in ("estimate", "apply")
    }


def test_a_fit_that_can_not_work_is_refused_before_anything_runs(run, engine):
    with pytest.raises(ParameterError, match=r"cnmf\.K to 217 or less"):
        run({"cnmf.K": 2000})
    assert engine.calls == []
    assert not run({"cnmf.K": 2000}, until="motion").error, "motion correction does not use it"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells which maps are open")
def test_no_map_of_a_result_is_open_when_its_folder_moves(run, monkeypatch):
    moved, really = [], store_module.move

    def move(source, target):
        moved.append(str(source) in Path("/proc/self/maps").read_text())
        really(source, target)

    monkeypatch.setattr(store_module, "move", move)
    assert not run().error
    assert len(moved) > 8 and not any(moved)
