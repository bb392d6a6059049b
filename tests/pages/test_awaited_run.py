"""The run that a person started is shown when it has ended, wherever they have been meanwhile."""

from dataclasses import replace

import pytest

from calscope.jobs.manager import JobManager
from calscope.ui.session import places, shown_run

FIRST, SECOND = f"{2**62:016x}-f125t0", f"{2**62 + 1:016x}-5ec0d0"


def address_of(app):
    return {name: app.query_params[name] for name in app.query_params}


@pytest.fixture
def newer(lab, monkeypatch):
    """Let the pages see runs newer than all others, each in the state that is given here."""
    others = JobManager(lab.store).jobs()
    one = next(job for job in others if job.id == lab.good_run)

    def set_to(**states):
        kept = [
            replace(one, id=name, status=replace(one.status, state=states[key]), results=results)
            for key, name in (("second", SECOND), ("first", FIRST))
            if key in states
            for results in [one.results if states[key] == "done" else {}]
        ]
        monkeypatch.setattr(places, "jobs", lambda: [*kept, *others])

    return set_to


@pytest.fixture
def started(open_page, lab, newer, monkeypatch):
    """The page Extraction of an older run, with a newer one just started on it."""
    app = open_page("extraction", run=lab.good_run)
    newer(first="running")
    app.session_state["awaited runs"] = (FIRST,)
    app.run()
    assert app.session_state["run"] == lab.good_run
    return app


def test_on_the_way_over_other_pages(started, newer):
    started.switch_page("pages/data.py").run()
    started.switch_page("pages/motion.py").run()
    newer(first="done")
    started.switch_page("pages/extraction.py").run()
    assert started.session_state["run"] == FIRST and address_of(started)["run"] == FIRST
    assert "awaits" not in started.query_params


def test_when_the_page_is_loaded_again_while_it_runs(started, open_page, newer):
    address = address_of(started)
    again = open_page("extraction", **address)
    assert again.session_state["run"] != FIRST
    newer(first="done")
    assert again.run().session_state["run"] == FIRST


def test_when_the_browser_goes_back_to_the_page_after_it_has_ended(started, newer):
    address = address_of(started)
    started.switch_page("pages/motion.py").run()
    newer(first="done")
    assert started.run().session_state["run"] == FIRST
    started.switch_page("pages/extraction.py")
    started.query_params.clear()
    for name, value in address.items():
        started.query_params[name] = value
    assert started.run().session_state["run"] == FIRST


def test_though_another_run_was_started_after_it_and_cancelled(started, newer, monkeypatch):
    newer(first="running", second="queued")
    state = started.session_state["awaited runs"]
    started.session_state["awaited runs"] = (*state, SECOND)
    started.run()
    newer(first="running", second="cancelled")
    started.run()
    newer(first="done", second="cancelled")
    assert started.run().session_state["run"] == FIRST


def test_a_second_start_does_not_make_the_first_one_forgotten(monkeypatch):
    state = {}
    monkeypatch.setattr(shown_run.st, "session_state", state)
    shown_run.wait_for("a")
    shown_run.wait_for("b")
    assert state["awaited runs"] == ("a", "b")


def test_an_address_that_awaits_what_is_not_there_does_no_harm(open_page, lab):
    app = open_page("extraction", run=lab.good_run, awaits="../../etc.none")
    assert not app.exception and app.session_state["run"] == lab.good_run
    assert "awaits" not in app.query_params
