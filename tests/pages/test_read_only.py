"""A server that only shows: all pages draw, and no button, address or made-up message leaves anything in the store."""

import json
import shutil
from types import SimpleNamespace

import pytest
from repository import ROOT

from calscope.io.curation_log import FOLDER
from calscope.io.server_rights import READ_ONLY
from calscope.jobs.manager import JobManager
from calscope.model.curation.curation_entry import new_entry
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import open_log, target_of
from calscope.pipeline.store import Store
from calscope.ui.frame import act_button, keys
from calscope.ui.linked import kept_acts
from calscope.ui.session.shown_run import ShownAnimal

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
RUNS = {"data", "motion", "extraction", "evaluation"}
"""Pages with a button in the sidebar that runs something."""
ACTS = RUNS | {"home", "parameters", "runs", "share", "sweep"}
"""Pages on which something can be done beside looking."""
MARK = "complete.json"
"""Its time says when a result was looked at last, also on a server that only shows."""


def contents(store):
    """What is in a store: files with their times and sizes."""
    found = {}
    for path in store.rglob("*"):
        if path.is_file() and "owners" not in path.parts:
            stat = path.stat()
            found[str(path.relative_to(store))] = (stat.st_size, 0 if path.name == MARK else stat.st_mtime_ns)
    return found


@pytest.fixture
def open_read_only(open_page, monkeypatch):
    monkeypatch.setenv(READ_ONLY, "1")
    return open_page


def press(app, buttons):
    """Press buttons at once."""
    for button in buttons:
        button.click()
    app.run()
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_nothing_changes_whatever_is_pressed_even_where_a_page_forgot_to_forbid_it(
    page, open_read_only, lab, left, monkeypatch
):
    before = contents(lab.store)
    app = open_read_only(page, data=lab.good, animal="Animal_1")
    assert not app.exception
    assert any("Everything can be looked at" in one.value for one in app.sidebar.caption)
    off = [button.label for button in app.button if button.disabled and "only shows results" in button.help]
    assert bool(off) == (page in ACTS)
    press(app, [button for button in app.button if not button.disabled])
    monkeypatch.setattr(act_button, "why_not", lambda _: "")
    app = open_read_only(page, data=lab.good, animal="Animal_1")
    press(app, [button for button in app.button if button.label in off and not button.disabled])
    if page in RUNS:
        assert any("nothing is started" in one.value for one in app.error)
    assert contents(lab.store) == before and not left()


def test_other_folders_are_looked_at_without_being_remembered(open_read_only, lab):
    before = contents(lab.store)
    app = open_read_only("data", data=lab.fresh)
    assert not app.exception and not app.error
    app.number_input(key=keys.FRAMES).set_value(20).run()
    assert app.session_state[keys.FRAMES] == 20
    assert contents(lab.store) == before


def test_nothing_is_tried_on_tune_and_it_says_why(open_read_only, lab):
    app = open_read_only("tune", data=lab.good, animal="Animal_1")
    assert any("Trying parameters is off here" in one.value for one in app.markdown)
    assert any("only shows results" in one.value for one in app.markdown)


@pytest.fixture
def view(lab, monkeypatch):
    """What the page Evaluation shows of an animal, as far as judging goes; nobody judged yet."""
    shutil.rmtree(lab.store / FOLDER, ignore_errors=True)
    open_log.cache_clear()
    monkeypatch.setenv("CALSCOPE_STORE", str(lab.store))
    record = JobManager(lab.store).get(lab.good_run).results["Animal_1"]
    results = AnimalResults(Store(lab.store), record.keys)
    animal = ShownAnimal("Animal_1", record, results)
    yield SimpleNamespace(animal=animal, components=results.refit, keys=("", "", ""))
    shutil.rmtree(lab.store / FOLDER, ignore_errors=True)
    open_log.cache_clear()


def act(n, action, number=0, who="Ada"):
    told = {"acts": [{"id": f"{n:032x}", "who": who, "said": [[action, number, ""]]}]}
    return kept_acts.parsed(json.loads(json.dumps(told)))


def test_judgements_are_refused_or_taken_by_name_alone(view, lab, monkeypatch):
    monkeypatch.setenv(READ_ONLY, "1")
    (answer,) = kept_acts.keep(view, act(1, "reject")).values()
    assert "components are not judged here" in answer["error"] and not (lab.store / FOLDER).exists()
    monkeypatch.setenv(READ_ONLY, "curation")
    (answer,) = kept_acts.keep(view, act(2, "reject", who="  ")).values()
    assert "has a name" in answer["error"]
    (answer,) = kept_acts.keep(view, act(3, "reject")).values()
    assert answer["error"] == ""
    for n, action in enumerate(("split", "draw", "delete"), start=4):
        (answer,) = kept_acts.keep(view, act(n, action)).values()
        assert answer["error"]
    log = open_log(lab.store, view.animal.record.info.fingerprint)
    assert [(one.who, one.action) for one in log.entries()] == [("Ada", "reject")]


def test_a_change_that_was_made_elsewhere_is_not_taken_back_where_only_judging_is_allowed(view, lab, monkeypatch):
    monkeypatch.delenv(READ_ONLY, raising=False)
    log = open_log(lab.store, view.animal.record.info.fingerprint)
    meant = target_of(view.animal.record.keys["refit"], view.components, 0)
    log.append(lambda _: [new_entry("split", who="Ada", recording=log.recording, target=meant)])
    monkeypatch.setenv(READ_ONLY, "curation")
    (answer,) = kept_acts.keep(view, act(2, "undo", None)).values()
    assert "not merged, split, drawn or deleted here" in answer["error"] and len(log.entries()) == 1
