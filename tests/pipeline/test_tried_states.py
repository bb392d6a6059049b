"""States that were tried are found again by short keys, and by nothing else."""

import os

import pytest

from calscope.model.crop import Crop
from calscope.model.params import Parameters
from calscope.pipeline import trials
from calscope.pipeline.trials import TriedState, TriedStates, keep_small, trial_store

STATE = TriedState("/data/A", Parameters().replace({"cnmf.gSig": (5, 6)}), Crop(0, 500, 0, 128, 64, 192))


def test_a_state_is_found_by_its_key_which_is_short_and_the_same_for_the_same_state(tmp_path):
    key = TriedStates(tmp_path).keep(STATE)
    assert len(key) == 16 and TriedStates(tmp_path).keep(STATE) == key
    assert TriedStates(tmp_path).read(key) == STATE


def test_sweeping_the_results_leaves_the_states(tmp_path):
    key = TriedStates(tmp_path).keep(STATE)
    store = trial_store(tmp_path)
    store.sweep()
    keep_small(store)
    store.prune(max_bytes=0)
    assert TriedStates(tmp_path).read(key) == STATE


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "{}", '{"path": 3}', '{"path": "/a", "parameters": {"cnmf": {"K": 0}}}']
)
def test_a_damaged_state_and_one_of_another_version_are_none(tmp_path, text):
    states = TriedStates(tmp_path)
    key = states.keep(STATE)
    (states.folder / f"{key}.json").write_text(text)
    assert states.read(key) is None


@pytest.mark.parametrize("key", ["", "../states/x", "0" * 15, "G" * 16, "0" * 16, "0" * 17])
def test_what_is_no_key_reads_no_file(tmp_path, key):
    assert TriedStates(tmp_path).read(key) is None


def test_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "KEPT", 2)
    states, kept = TriedStates(tmp_path), []
    for at in range(3):
        kept.append(states.keep(TriedState(f"/data/{at}", STATE.params, STATE.crop)))
        os.utime(states.folder / f"{kept[-1]}.json", (at, at))
    states.keep(TriedState("/data/9", STATE.params, STATE.crop))
    assert [states.read(key) is not None for key in kept] == [False, False, True]
