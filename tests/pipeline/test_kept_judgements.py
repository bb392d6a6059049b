"""Judgements by hand through runs: thresholds that move, other parameters, pruning, export and another store."""

import os

import pandas as pd
import pytest
import stand_in

from calscope.export.run_folder.write_animal import write_animal
from calscope.export.stored_animal import StoredAnimal
from calscope.jobs.import_run_folder import import_run_folder
from calscope.model.curation.curation_entry import new_entry
from calscope.model.curation.judgements import judged
from calscope.model.note_texts.all_texts import texts
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import judgements_of, open_log, target_of, with_judged_counts
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store

PRINT = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def recording():
    return stand_in.MemoryRecording(fingerprint=PRINT)


@pytest.fixture
def run(recording, params, engine, store):
    def go(changes=None, n=3):
        engine.n = n
        engine.version = str(n)
        record = run_animal(recording, params.replace(changes or {}), engine=engine, store=store, workers=1)
        return record, AnimalResults(store, record.keys)

    return go


def say(record, results, action, component=None, **more):
    key = record.keys["refit"]
    target = None if component is None else target_of(key, results.refit, component)
    entry = new_entry(action, who="Ada", recording=record.info.fingerprint, target=target, **more)
    open_log(results.store.root, record.info.fingerprint).append(lambda _: [entry])


def accepted(record, results):
    return judged(results.evaluation, judgements_of(record, results)).accepted.tolist()


def test_a_moved_threshold_does_not_touch_what_was_judged(run):
    record, results = run()
    assert accepted(record, results) == [False, False, True]
    say(record, results, "accept", 0)
    say(record, results, "reject", 2)
    assert accepted(record, results) == [True, False, False]
    loose = run({"evaluation.min_SNR": 0.6})
    assert loose[1].evaluation.accepted.tolist() == [True] * 3 and accepted(*loose) == [True, True, False]
    strict = run({"evaluation.min_SNR": 100})
    assert strict[1].evaluation.accepted.tolist() == [False] * 3 and accepted(*strict) == [True, False, False]
    assert not judgements_of(*strict).of(0).is_carried, "the refit is the same"
    counted = with_judged_counts(*strict, judgements_of(*strict)).counts
    assert (counted["accepted"], counted["rejected"], counted["refit"]) == (1, 2, 3)


def test_in_another_refit_judgements_are_carried_over_or_said_to_be_lost(run):
    record, results = run()
    say(record, results, "accept", 0)
    say(record, results, "reject", 2)
    fewer = run(n=2)
    found = judgements_of(*fewer)
    assert found.of(0).decision == "accept" and found.of(0).is_carried
    assert [(one.target.component, one.judgement.decision) for one in found.lost] == [(2, "reject")]
    assert accepted(*fewer) == [True, False]
    assert accepted(record, results) == [True, False, False]


def test_emptying_the_store_and_sweeping_it_leave_judgements_alone(run, store):
    record, results = run()
    say(record, results, "accept", 0)
    path = open_log(store.root, PRINT).path
    os.utime(path, (0, 0))
    assert store.prune(max_bytes=0).n and store.sweep() == 0 and not store.sizes()
    assert path.is_file()
    assert accepted(*run()) == [True, False, True]


def test_a_run_of_nothing_found_and_one_without_evaluation_have_no_judgements_and_no_trouble(run, engine):
    record, results = run()
    say(record, results, "accept", 0)
    none = run(n=0)
    assert judgements_of(*none).by_component == {} and len(judgements_of(*none).lost) == 1
    assert accepted(*none) == []


def test_a_damaged_log_is_said(run):
    record, results = run()
    say(record, results, "accept", 0)
    path = open_log(results.store.root, PRINT).path
    with path.open("ab") as file:
        file.write(b'{"torn')
    assert "left out" in texts(judgements_of(record, results).notes)[0]


def test_a_run_folder_carries_its_judgements_into_another_store(run, tmp_path):
    record, results = run()
    say(record, results, "accept", 0)
    say(record, results, "note", 0, text="clear transients")
    say(record, results, "unsure", 1)
    judgements = judgements_of(record, results)
    out = tmp_path / "OUT"
    write_animal(out / record.name, StoredAnimal(record.to_dict(), results, judgements=judgements))
    (out / "run.json").write_text("{}")
    other = Store(tmp_path / "other")
    for _ in range(2):
        (opened,) = import_run_folder(out, other)
    found = AnimalResults(other, opened.keys)
    assert found.evaluation.accepted.tolist() == [False, False, True], "by thresholds"
    assert accepted(opened, found) == [True, False, True]
    kept = judgements_of(opened, found)
    assert (kept.of(0).note, kept.of(1).decision) == ("clear transients", "unsure")
    assert not kept.of(0).is_carried and len(kept.log) == 3
    write_animal(tmp_path / "AGAIN/Animal_1", StoredAnimal(opened.to_dict(), found, judgements=kept))
    tables = [pd.read_parquet(place / "Animal_1/components.parquet") for place in (out, tmp_path / "AGAIN")]
    same = ["accepted", "decision", "decided_by", "note", "accepted_by_thresholds", "reason_by_thresholds"]
    pd.testing.assert_frame_equal(tables[0][same], tables[1][same])
    say(opened, found, "reject", 0)
    assert accepted(record, results) == [True, False, True], "what is said of the folder stays with the folder"
