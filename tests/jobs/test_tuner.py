"""Parameters tried on a crop by a process that stays: served from what it keeps, overtaken, and ended."""

import time

import processes
import psutil
import pytest

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.tune_messages import TuneAnswer, TuneRequest
from calscope.jobs.tuner import Trial, Tuner
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.crop import Crop
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.trials import trial_store

LIMIT_S = 120
CROP = Crop(20, 200, 8, 72, 0, 64)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_demo(folder / "demo", animals=1, frames=240, size=80)
    return str(folder / "demo" / "Animal_1")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def tuner(root):
    tuner = Tuner(root)
    yield tuner
    tuner.end()


def whole_answer(tuner, who, number):
    """Wait for the last answer to a request."""
    seen, end = None, time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        seen = tuner.wait(who, seen, 1.0)
        if seen is not None and seen.number == number and seen.is_over:
            return seen
    raise AssertionError(f"no whole answer within {LIMIT_S} s, only {seen}")


def test_messages_come_back_as_they_were():
    request = TuneRequest(3, "a", "/x", {"cnmf": {"K": 5}}, 10, CROP, AnimalInputs({"cnmf.p": 2}, ((1, 2),)))
    assert TuneRequest.from_line(request.to_line()) == request
    answer = TuneAnswer(3, "a", CROP, 0.5, "fit", {"check": "ab" * 8})
    assert TuneAnswer.from_line(answer.to_line()) == answer


def test_results_are_those_of_the_crop_and_served_again_from_the_store(tuner, root, recording):
    first = whole_answer(tuner, "a", tuner.ask("a", Trial(recording, {}, crop=CROP)))
    assert not first.error
    assert first.crop == CROP
    results = AnimalResults(trial_store(root), first.keys)
    assert results.after.mean.shape == (64, 64)
    assert results.refit.n_frames == 180
    assert results.refit.n == first.record.counts["refit"] > 0
    assert results.evaluation.n_accepted == first.record.counts["accepted"]

    again = whole_answer(tuner, "a", tuner.ask("a", Trial(recording, {}, crop=CROP)))
    assert again.keys == first.keys
    assert all(stage.cached for stage in again.record.stages)

    other = {"evaluation": {"min_SNR": 4.0}}
    moved = whole_answer(tuner, "a", tuner.ask("a", Trial(recording, other, crop=CROP)))
    assert [stage.stage for stage in moved.record.stages if not stage.cached] == ["evaluation"]


def test_a_crop_is_chosen_where_none_is_given_and_own_parameters_are_used(tuner, recording):
    own = AnimalInputs({"cnmf.K": 2})
    answer = whole_answer(tuner, "a", tuner.ask("a", Trial(recording, {}, inputs=own)))
    assert answer.crop == Crop(0, 240, 0, 80, 0, 80)
    assert answer.record.requested["cnmf"]["K"] == 2


def test_a_newer_request_of_a_window_replaces_its_older_one_and_not_that_of_another(tuner, recording):
    tuner.ask("a", Trial(recording, {"cnmf": {"K": 6}}, crop=CROP))
    theirs = tuner.ask("b", Trial(recording, {"cnmf": {"K": 3}}, crop=CROP))
    newer = tuner.ask("a", Trial(recording, {"cnmf": {"K": 7}}, crop=CROP))
    assert whole_answer(tuner, "b", theirs).record.requested["cnmf"]["K"] == 3
    assert whole_answer(tuner, "a", newer).record.requested["cnmf"]["K"] == 7


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"params": {"cnmf": {"gSig": [500, 5]}}}, "cnmf.gSig must be"),
        ({"params": {"no": {"such": 1}}}, "no"),
        ({"crop": Crop(0, 240, 0, 300, 0, 64)}, "rows 0 to 300 is not inside"),
        ({"path": "/nowhere/at/all"}, "nowhere"),
    ],
)
def test_what_is_not_allowed_is_told_and_the_next_request_is_served(tuner, recording, change, said):
    wrong = Trial(**{"path": recording, "params": {}, "crop": CROP} | change)
    assert said in whole_answer(tuner, "a", tuner.ask("a", wrong)).error
    assert not whole_answer(tuner, "a", tuner.ask("a", Trial(recording, {}, crop=CROP))).error


def test_a_killed_process_costs_a_word_and_starts_again(tuner, recording):
    assert not whole_answer(tuner, "a", tuner.ask("a", Trial(recording, {}, crop=CROP))).error
    worker = next(child for child in processes.children() if "calscope.jobs.tune_worker" in child.cmdline())
    worker.suspend()  # else it may have answered before it is killed
    number = tuner.ask("a", Trial(recording, {"cnmf": {"K": 8}}, crop=CROP))
    worker.kill()
    assert "Change a value to try again" in whole_answer(tuner, "a", number).error
    psutil.wait_procs([worker], timeout=5)
    assert not whole_answer(tuner, "a", tuner.ask("a", Trial(recording, {"cnmf": {"K": 8}}, crop=CROP))).error


def test_it_ends_with_the_server_also_in_the_middle_of_its_work(root, recording):
    tuner = Tuner(root)
    tuner.ask("a", Trial(recording, {"motion": {"max_shifts": [4, 4]}}, crop=CROP))
    worker = tuner._process.running
    started = time.monotonic()
    tuner.end()
    assert time.monotonic() - started < 30  # imports alone take long where much else runs
    assert worker.returncode == 0
    trial_store(root).sweep()
    for made in ("scratch", "leases"):
        assert not list((root / "trials" / made).glob("*"))  # the folder is made with the first that lies in it
