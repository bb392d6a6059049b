"""Components changed by hand in all that a run leaves: keys, files, counts, another run, undo."""

import numpy as np
import pandas as pd
import pytest
import stand_in
from scipy.sparse import csc_matrix, load_npz

from calscope.algorithms.evaluation import measure_changed
from calscope.engines.engine_registry import ENGINES
from calscope.export.run_folder.write_animal import write_animal
from calscope.export.stored_animal import StoredAnimal
from calscope.jobs.import_run_folder import import_run_folder
from calscope.model.curation.curation_entry import Target, new_entry
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.model.errors import StoreError
from calscope.model.note_texts.all_texts import texts
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.by_hand.edited_results import is_made, with_edits
from calscope.pipeline.by_hand.judged_run import judged_run
from calscope.pipeline.kept_judgements import entries_of, open_log, place_of, target_of
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store

PRINT = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def recording():
    return stand_in.MemoryRecording(fingerprint=PRINT)


@pytest.fixture
def run(recording, params, engine, store, monkeypatch):
    monkeypatch.setitem(ENGINES, engine.name, engine)

    def go(n=4):
        engine.n, engine.version = n, str(n)
        record = run_animal(recording, params, engine=engine, store=store, workers=1)
        return record, AnimalResults(store, record.keys)

    return go


def say(record, results, action, *components, act=""):
    """One act of a person on the components as they are now."""
    key = {"who": "Ada", "recording": PRINT}
    targets = [target_of(*_named(results, k)) for k in components] or [None]
    group = act if len(targets) > 1 else ""
    entries = [
        new_entry(action, target=one, group=group, entry_id=f"{act}.{i}" if group else act, **key)
        for i, one in enumerate(targets)
    ]
    open_log(results.store.root, PRINT).append(lambda _: entries)


def _named(results, k):
    run, number = place_of(results, k)
    return run, results.refit, k, number


def now(record, results):
    return judged_run(record, results, workers=1)


def test_where_nothing_was_changed_nothing_is_another_one(run):
    record, results = run()
    say(record, results, "accept", 0)
    entries, _ = entries_of(record, results)
    assert with_edits(record, results, entries) is results
    assert now(record, results)[1].keys == record.keys


def test_a_merge_is_in_everything_that_the_run_gives(run, tmp_path):
    record, results = run()
    say(record, results, "merge", 0, 1, act="M" * 16)
    edited, found, told = now(record, results)
    assert found.refit.n == 3 and found.component_quality.snr.size == found.dff.dff.shape[0] == 3
    assert len(found.evaluation.accepted) == 3 and edited.counts["refit"] == 3
    assert edited.counts["accepted"] + edited.counts["rejected"] == 3
    assert np.array_equal(found.refit.C[0], results.refit.C[2]), "what shares no pixel stays as it is"
    assert "Changed by hand: 1 merged." in texts(edited.notes)
    write_animal(tmp_path / "A", StoredAnimal(edited.to_dict(), found, judgements=told))
    table = pd.read_parquet(tmp_path / "A" / "components.parquet")
    traces = pd.read_parquet(tmp_path / "A" / "traces.parquet")
    A = load_npz(tmp_path / "A" / "footprints.npz")
    assert len(table) == A.shape[1] == traces["component"].nunique() == 3
    last = traces[traces["component"] == 2]
    assert np.allclose(last["denoised"], found.refit.C[2]) and np.allclose(
        last["dff"], found.dff.dff[2], equal_nan=True
    )
    area = np.union1d(results.refit.A[:, [0]].indices, results.refit.A[:, [1]].indices).size
    assert table["area_px"].iloc[2] == area and results.refit.n == 4


def test_only_what_a_change_concerns_is_measured_again(run, engine, monkeypatch):
    monkeypatch.setattr(measure_changed, "surroundings_px", lambda gSig: (0, 0))
    engine.measures_locally = True
    record, results = run()
    numbers = []

    def measure(movie, components, params, context, whole=engine.measure):
        numbers.append(components.n)
        return whole(movie, components, params, context)

    monkeypatch.setattr(engine, "measure", measure)
    say(record, results, "merge", 0, 1, act="M" * 16)
    found = now(record, results)[1]
    assert numbers == [1], "the merged one, which shares no pixel with others"
    assert found.component_quality.snr.tolist() == [3, 4, 1], "two as the run measured them, and the new one"
    say(record, found, "merge", 0, 1, act="N" * 16)
    assert now(record, results)[1].component_quality.snr.tolist() == [1, 1], "what the first merge gave stays"


def test_the_light_of_all_components_changes_only_under_the_merged_ones(run):
    record, results = run()
    before = results.refit.A @ results.refit.C
    say(record, results, "merge", 0, 1, act="M" * 16)
    after = now(record, results)[1].refit
    changed = np.flatnonzero(np.abs(after.A @ after.C - before).max(axis=1) > 1e-4)
    assert changed.size and set(changed) <= set(results.refit.A[:, [0, 1]].indices)


def test_undo_gives_the_run_back_and_redo_serves_what_was_made(run, engine):
    record, results = run()
    say(record, results, "merge", 0, 1, act="M" * 16)
    keys = now(record, results)[1].keys
    say(record, results, "undo")
    assert now(record, results)[1].keys == record.keys
    say(record, results, "redo")
    calls = len(engine.calls)
    entries, _ = entries_of(record, results)
    again = with_edits(record, results, entries)
    assert again.keys == keys and is_made(again) and now(record, results)[1].refit.n == 3
    assert len(engine.calls) == calls


def test_decisions_stay_with_their_components_whatever_is_changed(run):
    record, results = run()
    say(record, results, "accept", 3)
    say(record, results, "merge", 0, 1, act="M" * 16)
    _, found, told = now(record, results)
    assert told.of(1).decision == "accept" and not told.of(1).is_carried and not told.lost
    say(record, found, "reject", 2)
    say(record, found, "merge", 0, 1, act="N" * 16)
    _, found, told = now(record, results)
    assert found.component_places == (("M" * 16, 0), ("N" * 16, 0))
    assert [told.of(k).decision for k in range(2)] == ["reject", None] and not told.lost
    say(record, found, "delete", 0)
    _, found, told = now(record, results)
    assert found.refit.n == 3 and [told.of(k).decision for k in range(3)] == [None, None, None]


def test_in_another_run_a_merge_is_made_again_or_said_to_be_lost(run):
    record, results = run()
    say(record, results, "merge", 0, 1, act="M" * 16)
    say(record, results, "merge", 2, 3, act="N" * 16)
    edited, found, told = now(*run(n=3))
    assert found.refit.n == 2 and edited.counts["refit"] == 2
    assert texts(told.notes) == ["A merge by Ada is not made here: Not all of its components are found in this run."]


def test_a_place_that_is_drawn_is_refused_in_words_where_nothing_is(run):
    record, results = run()
    lone = csc_matrix(([1.0], ([31 + 27 * 32], [0])), shape=(results.refit.A.shape[0], 1))
    target = Target(record.keys["refit"], 0, 31, 27, pack_footprint(lone, 0, results.refit.dims))
    entry = new_entry("draw", who="Ada", recording=PRINT, target=target)
    open_log(results.store.root, PRINT).append(lambda _: [entry])
    _, found, told = now(record, results)
    assert found.refit.n in (4, 5) and len(texts(told.notes)) == 5 - found.refit.n


def test_without_the_movie_it_is_said_and_not_left_out(run, store):
    record, results = run()
    say(record, results, "merge", 0, 1, act="M" * 16)
    store._to_trash(store._folder(record.keys["apply"]))
    with pytest.raises(StoreError, match="corrected movie of Animal_1 is no longer in the store"):
        now(record, AnimalResults(store, record.keys))


def test_a_run_folder_with_merged_components_is_opened_as_it_was_written(run, tmp_path):
    record, results = run()
    say(record, results, "accept", 3)
    say(record, results, "merge", 0, 1, act="M" * 16)
    _, found, _ = now(record, results)
    say(record, found, "reject", 2)
    edited, found, told = now(record, results)
    out = tmp_path / "OUT"
    write_animal(out / record.name, StoredAnimal(edited.to_dict(), found, judgements=told))
    (out / "run.json").write_text("{}")
    other = Store(tmp_path / "other")
    (opened,) = import_run_folder(out, other)
    _, again, said = judged_run(opened, AnimalResults(other, opened.keys))
    assert again.refit.n == 3 and [said.of(k).decision for k in range(3)] == [None, "accept", "reject"]
    assert not said.lost and not texts(said.notes)
