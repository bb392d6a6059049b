"""What is said of jobs that start, run and wait."""

from pathlib import Path

import pytest

from calscope.jobs.job_spec import JobSpec
from calscope.jobs.job_status import JobStatus
from calscope.jobs.manager import Job
from calscope.ui.frame import jobs_panel
from calscope.ui.frame.wording import folder, progress
from calscope.ui.session import places


def job(number, *, state="queued", until="motion", animals=("Ada",), data="/data/week 3", **status):
    spec = JobSpec(data=data, animals=tuple(animals), until=until)
    return Job(f"{number:016x}-aaaaaa", Path(), spec, JobStatus(state=state, **status), {})


def test_a_job_that_waits_for_nothing_starts():
    assert progress(job(1)) == "Motion correction · starting"


def test_of_two_jobs_each_says_whose_it_is_and_for_which_one_it_waits():
    first = job(1, state="running", note="reading", fraction=0.25, eta_s=0)
    second = job(2, until="extraction", animals=["Bo", "Cleo"])
    assert "Motion correction of Ada in week 3" in progress(first, alone=False)
    said = progress(second, first, alone=False)
    assert "Extraction of Bo, Cleo in week 3" in said and said.partition("waits for")[2].endswith(
        progress(first, alone=False).partition(" · ")[0]
    )


@pytest.mark.parametrize(
    ("data", "name"),
    [(r"C:\\Users\\Ada\\week 3", "week 3"), ("C:\\\\", "C:"), ("/data/week 3//", "week 3"), ("/", "/"), ("", "")],
)
def test_a_folder_is_called_by_its_own_name_whichever_system_it_is_of(data, name):
    assert folder(job(1, data=data)) == name


def test_many_animals_are_counted():
    assert "of 5 animals in week 3" in progress(job(1, animals="abcde"), alone=False)


def test_the_same_run_ordered_twice_is_told_apart_by_its_time():
    same = [progress(job(number), alone=False) for number in (0, 120_000_000_000)]
    assert same[0] != same[1]


def test_jobs_are_listed_in_the_order_of_their_turns(monkeypatch):
    """Newest first is how they lie in the store; the one whose turn it is may have begun as a later one."""
    listed = [job(4), job(3, state="running"), job(2), job(1, state="done")]
    monkeypatch.setattr(places, "jobs", lambda: listed)
    assert jobs_panel.busy_jobs() == [listed[1], listed[2], listed[0]]


def test_the_only_job_says_whose_it_is_where_another_folder_is_open(monkeypatch):
    drawn, state = [], {"active jobs": jobs_panel._digest([job(1)]), "project": "/data/week 3"}
    monkeypatch.setattr(jobs_panel.st, "session_state", state)
    monkeypatch.setattr(places, "jobs", lambda: [job(1)])
    monkeypatch.setattr(jobs_panel, "show_job", lambda job, ahead, *, alone: drawn.append(alone))
    jobs_panel._draw()
    state["project"] = "/data/week 4"
    jobs_panel._draw()
    assert drawn == [True, False]


def test_a_page_is_drawn_again_for_what_a_job_is_at_only_when_the_job_is_no_longer_young(monkeypatch):
    begun = job(1, state="running", animal="Ada")
    further = job(1, state="running", animal="Bo")
    monkeypatch.setattr(jobs_panel.time, "time", lambda: begun.created_at + 1)
    young = jobs_panel._digest([begun])
    assert young == jobs_panel._digest([further]) != jobs_panel._digest([]), "its end is seen at once"
    monkeypatch.setattr(jobs_panel.time, "time", lambda: begun.created_at + 10)
    assert jobs_panel._digest([begun]) not in (young, jobs_panel._digest([further]))
