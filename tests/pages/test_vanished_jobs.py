"""Jobs that another window removed: for the pages they are not there, and nothing is said of an error."""

import json
import shutil
import threading

import pytest

from calscope.jobs.manager import JobManager
from calscope.ui.session import places


@pytest.fixture
def ended_job(lab):
    """Make jobs that have ended, newer than all others; those that are left are removed."""
    made = []

    def make(data, until, name="Animal_1"):
        folder = lab.store / "jobs" / f"{2**62 + len(made):016x}-e11ded"
        made.append(shutil.copytree(lab.store / "jobs" / lab.good_run, folder))
        spec = json.loads((folder / "spec.json").read_text())
        spec |= {"data": str(data), "until": until, "animals": [name]}
        (folder / "spec.json").write_text(json.dumps(spec))
        places._jobs.clear()
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
    places._jobs.clear()


@pytest.fixture
def stale(monkeypatch):
    """Let the pages go on with the list of jobs as it is now."""

    def hold():
        kept = places.jobs()
        monkeypatch.setattr(places, "jobs", lambda: kept)

    return hold


def test_a_preview_begins_though_the_one_before_it_was_removed_meanwhile(open_page, lab, ended_job, stale, settle):
    gone = ended_job(lab.fresh, "preview", "Still__1__here")
    app = open_page("motion", data=lab.fresh)
    stale()
    shutil.rmtree(gone)
    next(button for button in app.button if button.label == "Preview").click().run()
    manager = JobManager(lab.store)
    newest = manager.jobs()[0]
    assert not app.exception and not app.error, [error.value for error in app.error]
    assert newest.spec.until == "preview"
    settle(manager, newest.id)
    manager.remove(newest.id)


def test_the_page_runs_shows_a_job_that_is_gone_without_its_log(open_page, lab, ended_job, stale):
    gone = ended_job(lab.good, "motion")
    app = open_page("home")
    stale()
    shutil.rmtree(gone)
    app.switch_page("pages/runs.py").run()
    assert not app.exception and not app.error, [error.value for error in app.error]
    assert app.code[0].value == "(empty)"


@pytest.mark.parametrize("what", [places.remove, places.cancel])
def test_what_is_done_to_a_job_that_is_gone_is_done(lab, monkeypatch, what):
    monkeypatch.setenv("CALSCOPE_STORE", str(lab.store))
    what("0-gone")


def test_a_look_that_began_before_a_job_was_removed_is_not_used_after_it(lab, monkeypatch, ended_job):
    monkeypatch.setenv("CALSCOPE_STORE", str(lab.store))
    gone = ended_job(lab.good, "motion").name
    looked, go_on = threading.Event(), threading.Event()
    honest = JobManager.jobs

    def slow(self):
        found = honest(self)
        looked.set()
        assert go_on.wait(20)
        return found

    monkeypatch.setattr(JobManager, "jobs", slow)
    thread = threading.Thread(target=places.jobs)
    thread.start()
    assert looked.wait(20)
    places.remove(gone)
    go_on.set()
    thread.join()
    assert gone not in [job.id for job in places.jobs()]
