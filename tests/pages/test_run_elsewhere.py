"""A run of a folder that is not open says when it has ended, with a way to its results."""

from dataclasses import replace

import pytest

from calscope.jobs.manager import JobManager
from calscope.ui.frame import keys
from calscope.ui.session import places


@pytest.fixture
def elsewhere(lab, monkeypatch):
    """Let the pages see a run of a folder in a state that is set here."""
    job = JobManager(lab.store).get(lab.good_run)
    others = JobManager(lab.store).jobs()

    def set_to(state, data=None, **changes):
        spec = replace(job.spec, data=str(data or lab.good), until=changes.pop("until", "evaluation"))
        newer = replace(job, id=f"{2**62:016x}-e15e", spec=spec, status=replace(job.status, state=state), **changes)
        monkeypatch.setattr(places, "jobs", lambda: [newer, *others])

    return set_to


def told(app):
    return [text.value.replace("\\", "") for text in app.markdown if "has ended" in text.value]


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return app.run()


def test_its_end_is_told_on_every_page_until_it_is_put_away(open_page, lab, elsewhere):
    elsewhere("running")
    app = open_page("data", data=lab.fresh)
    assert not told(app)
    elsewhere("done")
    assert told(app.run()) == [":material/check_circle: The run of good has ended: 2 animals evaluated"]
    assert len(told(app.switch_page("pages/motion.py").run())) == 1
    app = press(app, "Put away")
    assert not app.exception and not told(app) and not told(app.run())


def test_one_press_leads_to_what_it_found(open_page, lab, elsewhere):
    elsewhere("running", until="extraction")
    app = open_page("data", data=lab.fresh)
    elsewhere("done", until="extraction")
    app = press(app.run(), "Look at it")
    assert app.title[0].value == "Extraction" and app.session_state[keys.PROJECT] == str(lab.good)
    assert not told(app)


def test_animals_that_failed_are_counted(open_page, lab, elsewhere):
    elsewhere("running")
    app = open_page("data", data=lab.fresh)
    good = JobManager(lab.store).get(lab.good_run).results
    elsewhere("failed", results=good | {"Animal_2": replace(good["Animal_2"], error="The disk was pulled out.")})
    assert told(app.run()) == [":material/error: The run of good has ended: 1 animal evaluated, 1 failed"]


@pytest.mark.parametrize(
    ("state", "until", "opened"),
    [("cancelled", "evaluation", "fresh"), ("done", "preview", "fresh"), ("done", "evaluation", "good")],
)
def test_what_a_person_cancelled_previewed_or_looks_at_is_no_news(  # noqa: PLR0917 - fixtures
    open_page, lab, elsewhere, state, until, opened
):
    elsewhere("running", until=until)
    app = open_page("data", data=getattr(lab, opened))
    elsewhere(state, until=until)
    assert not told(app.run())
