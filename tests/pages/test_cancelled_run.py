"""A run that was cancelled leaves a word on the page on which that was done."""

from dataclasses import replace

import pytest

from calscope.jobs.manager import JobManager
from calscope.ui.session import places


@pytest.fixture
def state(lab, monkeypatch):
    """Let the pages see a run in a state that is set here."""
    job = JobManager(lab.store).get(lab.good_run)
    job = replace(job, id=f"{2**62:016x}-5ee111", spec=replace(job.spec, until="motion"))
    others = JobManager(lab.store).jobs()

    def set_to(state):
        kept = [replace(job, status=replace(job.status, state=state, fraction=0.5)), *others]
        monkeypatch.setattr(places, "jobs", lambda: kept)

    return set_to


def told(app):
    return [caption.value for caption in app.caption if "Cancelled: Motion correction" in caption.value]


def cancel_button(app):
    return next(button for button in app.button if button.label == "Cancel")


def test_it_is_told_until_another_page_is_looked_at(open_page, lab, state):
    state("running")
    app = open_page("motion", data=lab.fresh)
    cancel_button(app).click().run()
    assert not app.exception and not app.error, [error.value for error in app.error]
    assert not told(app) and cancel_button(app).disabled, "it stops, but has not stopped yet"
    state("cancelled")
    assert len(told(app.run())) == 1
    assert len(told(app.run())) == 1
    assert not told(app.switch_page("pages/data.py").run())
    assert not told(app.switch_page("pages/motion.py").run())


def test_a_run_that_was_through_before_it_could_stop_was_not_cancelled(open_page, lab, state):
    state("running")
    app = open_page("motion", data=lab.fresh)
    cancel_button(app).click().run()
    state("done")
    assert not told(app.run())
    assert "cancelled" not in app.session_state
