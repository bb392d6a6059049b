"""A sweep as a job: its points, what they share, and what stays of one that was cancelled."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile

from calscope.algorithms.comparison.recurrence import NONE
from calscope.algorithms.comparison.truth_scores import cropped_truth, found_cells
from calscope.algorithms.injection import known_cells
from calscope.engines.engine_registry import get_engine
from calscope.io.cropped_recording import read_crop
from calscope.io.demo.demo_files import write_demo
from calscope.io.readers.reader_registry import open_recording
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import WORKER, JobManager
from calscope.jobs.sweep_job import POINTS_FILE, read_points, read_search, swept_animal
from calscope.model.animal_inputs import AnimalInputs
from calscope.model.crop import Crop
from calscope.model.errors import Cancelled, ParameterError, RecordingError, StoreError
from calscope.model.sweeps.search_plan import SearchPlan, SearchRange
from calscope.model.sweeps.sweep_plan import Over, SweepPlan, at_point, over
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.records import RunError
from calscope.pipeline.runner import plan_keys, run_animal
from calscope.pipeline.stages import Stage
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.find_values import ranked
from calscope.pipeline.sweeps.recurring_points import recurring_at
from calscope.pipeline.sweeps.run_points import SweepResults, run_sweep
from calscope.pipeline.trials import trial_store
from calscope.pipeline.truth_file import read_truth

CROP = Crop(10, 170, 4, 68, 0, 64)
PARAMS = {"cnmf": {"rf": 20, "stride": 8}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "demo"
    write_demo(folder, animals=1, frames=180, size=72)
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("store"))


def spec(data, *overs, crop=CROP, **more):
    return JobSpec("sweep", str(data), ("Animal_1",), params=PARAMS, workers=2, sweep=SweepPlan(overs, crop), **more)


def points(store, job, report=lambda step: None, told=None):
    told = [] if told is None else told
    animal = swept_animal(store, job)
    run_sweep(animal, job.sweep_plan(), report=report, log=lambda line: None, on_point=told.append)
    return told


@pytest.fixture(scope="module")
def thresholds(store, data):
    """A sweep over K and a threshold, which has no part in what is fitted."""
    return points(store, spec(data, over("evaluation.min_SNR", [1, 8]), over("cnmf.K", [2, 4])))


def test_what_points_share_is_computed_once(thresholds):
    ran = [{stage.stage for stage in point.record.stages if not stage.cached} for point in thresholds[-1].points]
    assert "estimate" in ran[0] and "fit" in ran[0]
    assert ran[1] == {"evaluation"}, "another threshold"
    assert {"fit", "evaluation"} <= ran[2] and not ran[2] & {"check", "estimate", "apply"}, "another K"
    assert ran[3] == {"evaluation"}
    assert [point.number for point in thresholds[-1].points] == [0, 1, 2, 3]
    assert [len(results.points) for results in thresholds] == [0, 1, 2, 3, 4]


def test_the_time_left_is_learnt_from_points_that_ended(data, tmp_path, monkeypatch):
    monkeypatch.setattr(Stage, "rough_seconds", lambda self, shape: 1000.0)
    steps = []
    points(Store(tmp_path), spec(data, over("cnmf.K", [2, 3, 4])), report=steps.append)
    of_point = {at: [step for step in steps if step.note.startswith(f"point {at} ")] for at in (1, 3)}
    assert of_point[1][0].eta_s > 1000, "nothing was measured"
    assert of_point[3][0].eta_s < 100, "what the first point took is known"
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions), "no bar goes back"


def test_measures_are_those_of_the_stored_results_and_of_the_truth_in_the_crop(thresholds, store, data):
    truth = cropped_truth(read_truth(data / "Animal_1", 180), CROP)
    for point in thresholds[-1].points:
        results = AnimalResults(trial_store(store.root), point.record.keys)
        accepted = results.evaluation.accepted
        assert point.measures.components == results.refit.n == len(accepted)
        assert point.measures.accepted == accepted.sum()
        assert point.measures.f1 == found_cells(truth, results.refit.A[:, accepted], results.refit.C[accepted]).f1
        if accepted.any():
            assert point.measures.median_snr == pytest.approx(np.median(results.component_quality.snr[accepted]))
    assert thresholds[-1].points[0].measures.f1 > 0.5
    assert thresholds[-1].points[0].measures.accepted >= thresholds[-1].points[1].measures.accepted


def test_cells_that_are_accepted_at_several_points_are_told_from_those_of_one(thresholds, store):
    ran = thresholds[-1].points
    found = recurring_at(ran, trial_store(store.root))
    assert found.points == ran
    counts = (found.cells.members != NONE).sum(axis=0)
    assert counts.tolist() == [point.measures.accepted for point in ran]
    assert recurring_at(ran[:1], trial_store(store.root)) is None
    gone = [replace(point, record=replace(point.record, keys={})) for point in ran]
    assert recurring_at(gone, trial_store(store.root)) is None


def test_a_point_is_what_tune_would_find_with_the_same_values(thresholds, store, data):
    request = swept_animal(store, spec(data, over("cnmf.K", [2, 4])))
    cropped = read_crop(open_recording(data / "Animal_1"), CROP)
    params = request.params.replace({"cnmf.K": 2, "evaluation.min_SNR": 1})
    record = run_animal(
        cropped, params, engine=get_engine("builtin"), store=trial_store(store.root), until="tuning", workers=2
    )
    assert all(stage.cached for stage in record.stages)
    assert record.keys["evaluation"] == thresholds[-1].points[0].record.keys["evaluation"]


@pytest.mark.slow
def test_points_on_the_whole_recording_are_those_of_runs_and_motion_is_measured_where_it_varies(store, data):
    whole = spec(data, over("motion.pw_rigid", [True, False]), crop=None)
    whole = JobSpec(**{**vars(whole), "sweep": SweepPlan(whole.sweep.over, whole=True)})
    done = points(store, whole)[-1]
    assert done.crop is None
    assert all(store.has(point.record.keys["evaluation"]) for point in done.points)
    assert all(point.measures.residual_flow_px > 0 and point.measures.crispness > 0 for point in done.points)
    assert all(point.measures.motion_verdict for point in done.points)
    assert done.points[0].measures.residual_flow_px != done.points[1].measures.residual_flow_px


def test_all_points_are_judged_by_the_known_cells_of_the_values_in_use(store, data, monkeypatch):
    monkeypatch.setattr(known_cells, "ENOUGH_CELLS", 2)
    job = spec(data, over("cnmf.gSig", [3, 5]), over("evaluation.min_SNR", [2, 50]))
    job = replace(job, sweep=replace(job.sweep, injected=True))
    in_use = swept_animal(store, job)
    source = read_crop(open_recording(data / "Animal_1"), CROP)
    done, trials = points(store, job)[-1].points, trial_store(store.root)
    keys = plan_keys(source.info, in_use.params, in_use.engine)
    assert {point.record.keys["known_cells"] for point in done} == {keys["known_cells"]}
    found = [AnimalResults(trials, point.record.keys).injected for point in done]
    chosen = AnimalResults(trials, keys).known_cells
    assert all(np.array_equal(one.centers_px, chosen.centers_px) for one in found)
    ran = [{stage.stage for stage in point.record.stages if not stage.cached} for point in done]
    assert ran[1] == ran[3] == {"evaluation", "injected"}, "another threshold"
    assert "known_found" in ran[0] and "known_found" in ran[2]
    of_itself = run_animal(source, at_point(in_use.params, done[3].values), engine=in_use.engine, store=trials)
    assert of_itself.keys["evaluation"] == done[3].record.keys["evaluation"], "what Tune shows is the same"


def test_known_cells_that_are_no_longer_in_the_store_are_not_replaced_by_others(store, data):
    animal = swept_animal(store, spec(data, over("cnmf.K", [2, 4])))
    source, gone = read_crop(open_recording(data / "Animal_1"), CROP), AnimalInputs(known_cells="ab" * 20)
    given = {"engine": animal.engine, "store": trial_store(store.root), "until": "tuning with known cells"}
    with pytest.raises(RunError, match="no longer in the store"):
        run_animal(source, animal.params, **given, inputs=gone)


def test_the_animals_own_values_count_where_they_are_not_swept(store, data):
    own = {"Animal_1": AnimalInputs({"cnmf.K": 3, "evaluation.min_SNR": 7.0})}
    request = swept_animal(store, spec(data, over("cnmf.K", [2, 4]), inputs=own))
    assert (request.params.cnmf.K, request.params.evaluation.min_SNR) == (3, 7.0)
    assert request.inputs == AnimalInputs()


def test_what_is_done_stays_when_it_is_cancelled_and_is_not_done_again(store, data):
    job, told = spec(data, over("cnmf.p", [0, 1, 2])), []

    def report(step):
        if told and told[-1].points:
            raise Cancelled

    with pytest.raises(Cancelled):
        points(store, job, report, told)
    assert len(told[-1].points) == 1
    again = points(store, job)[-1]
    assert all(stage.cached for stage in again.points[0].record.stages)
    assert again.points[0].measures == told[-1].points[0].measures
    assert len(again.points) == 3


def test_a_point_that_fails_does_not_stop_the_others(store, data):
    done = points(store, spec(data, over("cnmf.K", [4, 900])))[-1]
    assert not done.points[0].error
    assert "cnmf.K = 900 components can't be found" in done.points[1].error
    assert done.points[1].record is None


def test_a_crop_without_a_cell_gives_points_without_components(store, tmp_path):
    frames = np.random.default_rng(0).poisson(40, (120, 40, 40)).astype(np.uint16)
    (tmp_path / "dark").mkdir()
    tifffile.imwrite(tmp_path / "dark" / "movie.tif", frames, photometric="minisblack")
    job = spec(tmp_path / "dark", over("cnmf.K", [1, 2]), crop=None)
    job = JobSpec(**{**vars(job), "animals": ("dark",), "params": {"dataset": {"fr": 10.0}}})
    done = points(store, job)[-1]
    assert [point.measures.accepted for point in done.points] == [0, 0]
    assert all(point.measures.median_snr is None and not point.error for point in done.points)


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"animals": ("Nobody",)}, RecordingError, "There is no animal 'Nobody'"),
        ({"animals": None}, StoreError, "its one animal"),
        ({"sweep": SweepPlan((Over("cnmf.K", (4,)),))}, ParameterError, "has 1 value"),
        ({"sweep": None}, StoreError, "lacks the points"),
    ],
)
def test_what_can_not_be_swept_is_refused_before_it_starts(store, data, change, kind, said):
    wrong = JobSpec(**{**vars(spec(data, over("cnmf.K", [2, 4]))), **change})
    with pytest.raises(kind, match=said):
        swept_animal(store, wrong)
        wrong.sweep_plan()


@pytest.mark.slow
def test_a_search_is_a_job_that_proposes_the_best_of_what_it_tried(data, store):
    manager = JobManager(store.root, worker=WORKER)
    ranges = (SearchRange("cnmf.K", 2, 5), SearchRange("evaluation.min_SNR", 1, 4))
    plan = SearchPlan(ranges, n_points=4, crop=CROP, on_whole=False)
    job = JobSpec("search", str(data), ("Animal_1",), params=PARAMS, workers=2, search=plan)
    assert JobSpec.from_json(job.to_json()) == job
    job_id = manager.submit(job)
    ended = manager.wait(job_id, 300)
    assert ended.status.state == "done", (ended.status.error, manager.log_tail(job_id))
    found = read_search(ended.folder)
    assert found.is_over and len(found.rounds[0].points) == 4
    assert found.rounds[0].points[0].values == {"cnmf.K": 4, "evaluation.min_SNR": 2.0}
    for point in found.points:
        assert point.measures.injected_cells > 0 and 0 <= point.measures.injected_recall <= 1
        assert 0 <= point.measures.unconfirmed <= point.measures.in_halves
    best = ranked(found.rounds[-1].points, None)[0]
    assert (found.proposal.number if found.proposal else 0) == best


def test_a_search_without_ranges_is_refused_before_it_starts(data, store):
    wrong = JobSpec("search", str(data), ("Animal_1",), search=SearchPlan((SearchRange("cnmf.K", 5, 5),)))
    with pytest.raises(ParameterError, match="must begin below its end"):
        JobManager(store.root, worker=WORKER).submit(wrong)


def test_a_sweep_is_a_job_that_keeps_its_points_when_it_is_cancelled(data, store, wait_until):
    manager = JobManager(store.root, worker=WORKER)
    before = manager.jobs()
    with pytest.raises(ParameterError, match="is there twice"):
        manager.submit(spec(data, over("cnmf.K", [2, 4]), over("cnmf.K", [3, 5])))
    assert manager.jobs() == before
    job = spec(data, over("cnmf.merge_thr", [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]))
    assert JobSpec.from_json(job.to_json()) == job
    job_id = manager.submit(job)
    folder = manager.get(job_id).folder
    wait_until(lambda: read_points(folder).points or not manager.get(job_id).status.is_active, 120)
    manager.cancel(job_id)
    ended = manager.wait(job_id, 60)
    kept = read_points(folder)
    assert ended.status.state == "cancelled", (ended.status.error, manager.log_tail(job_id))
    assert 1 <= len(kept.points) < 6
    assert kept.crop == CROP
    assert kept.points[0].values == {"cnmf.merge_thr": 0.5}
    (folder / POINTS_FILE).write_text("{")
    assert read_points(folder) == SweepResults()
