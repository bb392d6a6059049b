"""The list of runs: what failed in each, and what sets it apart from the one before it."""

from dataclasses import replace
from pathlib import Path

from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus
from calscope.jobs.manager import Job
from calscope.model.animal_inputs import AnimalInputs
from calscope.pipeline.records import AnimalRun
from calscope.ui.runs.run_tables import run_animals, run_list


def job(number, *, data="/data/week", **spec):
    spec = JobSpec(**{"data": data, "animals": ("Ada", "Bo"), "until": "motion", **spec})
    return Job(f"{number:016x}-aaaaaa", Path(), spec, JobStatus(state="done"), {})


def test_a_run_in_which_an_animal_failed_says_so():
    results = {"Ada": AnimalRun("Ada", None), "Bo": AnimalRun("Bo", None, error="It can't be read.")}
    row = run_list([replace(job(1), results=results)]).iloc[0]
    assert (row["State"], row["Animals"]) == ("done, 1 failed", "1 of 2")
    row = run_list([replace(job(1), results=dict.fromkeys(("Ada", "Bo"), results["Ada"]))]).iloc[0]
    assert (row["State"], row["Animals"]) == ("done", "2 of 2")


def test_each_run_says_what_differs_from_the_one_before_it_on_its_folder():
    jobs = [
        job(7, params={"motion": {"max_shifts": [9, 9]}}, animals=("Bo",), n_frames=300),
        job(6, params={"motion": {"max_shifts": [9, 9]}}, until="preview"),
        job(5, params={"motion": {"max_shifts": [9, 9]}}, engine="caiman"),
        job(4, data="/data/other"),
        job(3, params={"motion": {"max_shifts": [9, 9]}}),
        job(2, inputs={"Ada": AnimalInputs({"cnmf.gSig": [6, 6]}, ((1, 2), (3, 4)))}),
        job(1),
    ]
    assert run_list(jobs)["Changed"].tolist() == [
        "first 300 frames; engine builtin; Bo",
        "",
        "engine caiman",
        "nothing",
        "max_shifts 9 px; Ada: gSig as all; no seeds",
        "Ada: gSig 6 px; 2 seeds",
        "nothing",
    ]


def test_a_run_like_the_one_before_it_and_one_of_another_version_say_so():
    jobs = [job(3, params={"motion": {"tau_of_old": 1}}), job(2), job(1)]
    assert run_list(jobs)["Changed"].tolist() == ["parameters of another version", "nothing", "nothing"]


def test_animals_that_ran_with_values_of_their_own_say_so():
    ran = {
        "Ada": AnimalRun("Ada", None, inputs=AnimalInputs({"cnmf.gSig": [6, 6], "gone.of_old": 3})),
        "Bo": AnimalRun("Bo", None),
    }
    assert run_animals(replace(job(1), results=ran))["Own values"].tolist() == ["gSig 6 px, of_old 3", ""]
