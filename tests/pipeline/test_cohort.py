from dataclasses import replace

import numpy as np
import pytest
import stand_in
import tifffile

from calscope.io.project import find_recordings
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.errors import Cancelled, RecordingError
from calscope.pipeline.cohort import RunRequest, choose_animals, run_cohort


@pytest.fixture
def animals(tmp_path):
    """Three animals of 20 frames; the second one's file is cut short."""
    frames = np.random.default_rng(0).poisson(100, (20, 32, 28)).astype(np.uint16)
    for number in (1, 2, 3):
        folder = tmp_path / "data" / f"Animal_{number}"
        folder.mkdir(parents=True)
        tifffile.imwrite(folder / "movie.tif", frames + number)
    torn = tmp_path / "data" / "Animal_2" / "movie.tif"
    torn.write_bytes(torn.read_bytes()[:5000])
    return find_recordings(tmp_path / "data")


@pytest.fixture
def wanted(params, engine, store):
    return RunRequest(params.replace({"dataset.fr": 10}), engine, store, until="motion", workers=1)


def run(animals, wanted, report=lambda step: None):
    done = []
    runs = run_cohort(animals.recordings, wanted, report=report, log=lambda text: None, on_done=done.append)
    assert done == runs
    return {run.name: run for run in runs}


def test_an_animal_that_fails_does_not_stop_the_others(animals, wanted):
    runs = run(animals, wanted)
    assert [bool(run.error) for run in runs.values()] == [False, True, False]
    assert "Animal_2" in runs["Animal_2"].error and "Traceback" not in runs["Animal_2"].error
    assert len(runs["Animal_3"].stages) == 6


def test_a_fault_of_the_program_in_one_animal_does_not_stop_the_others(animals, wanted, monkeypatch):
    from calscope.pipeline import cohort

    def broken(recording, params, **kwargs):
        if recording.info.name == "Animal_1":
            raise KeyError("oops")
        return real(recording, params, **kwargs)

    real = cohort.run_animal
    monkeypatch.setattr(cohort, "run_animal", broken)
    runs = run(animals, wanted)
    assert "KeyError" in runs["Animal_1"].error and not runs["Animal_3"].error


def test_progress_is_over_all_animals_with_the_time_left(animals, wanted):
    steps = []
    run(animals, wanted, steps.append)
    fractions = [step.fraction for step in steps]
    assert min(np.diff(fractions)) > -1e-12 and fractions[-1] == pytest.approx(1)  # sums of parts are rounded
    assert [step.animal for step in steps if step.note == "opening the recording"] == [f"Animal_{n}" for n in (1, 2, 3)]
    assert {step.stage for step in steps if step.animal == "Animal_3"} >= {"before", "estimate", "apply", "after"}
    assert all(step.eta_s >= 0 for step in steps if step.animal) and steps[-1].eta_s == pytest.approx(0, abs=0.01)
    third = next(step.fraction for step in steps if step.animal == "Animal_3")
    assert third == pytest.approx(0.5, abs=0.05), "the one that can't be read has no share"


def test_animals_in_the_store_have_no_share_of_the_progress(animals, wanted):
    first = animals.recordings[:1]
    run_cohort(first, wanted, report=lambda step: None, log=lambda text: None, on_done=lambda run: None)
    steps = []
    run(animals, wanted, steps.append)
    assert next(step.fraction for step in steps if step.animal == "Animal_3") == 0


@pytest.mark.parametrize(("just_opened_s", "times"), [(600.0, 1), (0.0, 2)])
def test_a_recording_that_was_just_opened_is_not_opened_again_at_its_turn(
    animals, wanted, monkeypatch, just_opened_s, times
):
    from calscope.pipeline import cohort

    wanted = replace(wanted, until="summary")
    run(animals, wanted)
    opened, really = [], cohort.open_recording
    monkeypatch.setattr(cohort, "open_recording", lambda path, n: (opened.append(path.name), really(path, n))[1])
    monkeypatch.setattr(cohort, "JUST_OPENED_S", just_opened_s)
    assert all(stage.cached for record in run(animals, wanted).values() for stage in record.stages)
    assert [opened.count(f"Animal_{n}") for n in (1, 3)] == [times, times]


def test_no_recording_is_opened_more_than_once_before_its_turn(animals, wanted, monkeypatch):
    from calscope.pipeline import cohort

    opened, really = [], cohort.open_recording
    monkeypatch.setattr(cohort, "open_recording", lambda path, n: (opened.append(path.name), really(path, n))[1])
    before_its_turn = {}

    def report(step):
        before_its_turn.setdefault(step.animal, opened.count(step.animal))

    from calscope.pipeline import times

    monkeypatch.setitem(
        times._WEIGHTS, wanted.engine.name, {"before": 1.0}
    )  # nothing is known, so it is asked each time
    run(animals, replace(wanted, until="summary"), report)
    assert before_its_turn == {"": 0, "Animal_1": 1, "Animal_2": 1, "Animal_3": 1}


def test_only_the_first_frames(animals, wanted):
    from dataclasses import replace

    assert run(animals, replace(wanted, n_frames=12))["Animal_1"].info.shape == (12, 32, 28)


def test_cancel_goes_through(animals, wanted):
    def report(step):
        if step.animal == "Animal_3":
            raise Cancelled

    done = []
    with pytest.raises(Cancelled):
        run_cohort(animals.recordings, wanted, report=report, log=lambda text: None, on_done=done.append)
    assert [run.name for run in done] == ["Animal_1", "Animal_2"]


def test_unknown_animals_are_refused_with_the_known_ones(animals):
    with pytest.raises(RecordingError, match=r"'Animal_9'.*Animals there: Animal_1, Animal_2, Animal_3"):
        choose_animals(animals, ["Animal_1", "Animal_9"])
    assert [ref.name for ref in choose_animals(animals, ["Animal_3", "Animal_1"])] == ["Animal_1", "Animal_3"]
    assert choose_animals(animals, None) == animals.recordings


def test_files_that_change_under_way_are_noticed(animals, wanted, engine):
    class Meddler(stand_in.StandIn):
        def estimate_motion(self, source, params, context):
            path = animals.recordings[0].path
            file = path if path.is_file() else next(path.iterdir())
            tifffile.imwrite(file, np.full((20, 32, 28), 5, np.uint16))
            return super().estimate_motion(source, params, context)

    from dataclasses import replace

    runs = run(animals, replace(wanted, engine=Meddler()))
    assert "changed while it was read" in runs["Animal_1"].error


def test_an_engine_that_never_ran_here_has_no_time_left_until_its_first_animal_is_through(animals, wanted, monkeypatch):
    from calscope.pipeline import times

    monkeypatch.setitem(times._WEIGHTS, wanted.engine.name, {"estimate": 1.0, "apply": 1.0, "motion_quality": 1.0})
    steps = []
    run(animals, wanted, steps.append)
    assert {step.eta_s for step in steps if step.animal == "Animal_1"} == {None}
    assert all(step.eta_s is not None for step in steps if step.animal == "Animal_3")
    steps.clear()
    run(animals, replace(wanted, params=wanted.params.replace({"motion.max_shifts": [3, 3]})), steps.append)
    assert all(step.eta_s is not None for step in steps if step.animal), "known from the run before"


def test_inputs_belong_to_their_animal(animals, wanted, engine):
    own = AnimalInputs({"cnmf.gSig": [5, 5]}, ((5, 6),))
    runs = run(animals, replace(wanted, until="extraction", inputs={"Animal_3": own}))
    assert runs["Animal_1"].inputs.is_empty and runs["Animal_3"].inputs == own
    assert engine.seeds == ((5, 6),), "the last animal's"
    assert [runs[f"Animal_{n}"].effective["cnmf"]["gSig"] for n in (1, 3)] == [[4, 4], [5, 5]]
    assert runs["Animal_1"].keys["estimate"] != runs["Animal_3"].keys["estimate"], "other frames"


def test_inputs_that_do_not_fit_stop_their_animal_only(animals, wanted):
    runs = run(animals, replace(wanted, inputs={"Animal_1": AnimalInputs({"motion.max_shifts": [0, 0]})}))
    assert "Animal_1: motion.max_shifts must be" in runs["Animal_1"].error and not runs["Animal_3"].error
    assert runs["Animal_1"].inputs.parameters == {"motion.max_shifts": [0, 0]}
