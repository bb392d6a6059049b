"""What a person decided is what all pages count, also where the log can't be used."""

import json
import re

import pytest
import streamlit as st
from sent_views import sent_data

from calscope.io.curation_log import FOLDER
from calscope.jobs.manager import JobManager
from calscope.model.curation.curation_entry import new_entry
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import open_log, target_of
from calscope.pipeline.project_file import ProjectFile
from calscope.pipeline.store import Store
from calscope.ui.runs.run_tables import run_animals
from calscope.ui.session import blind_rater


@pytest.fixture
def judged(lab):
    """Animal_1 with everything that the thresholds accepted rejected by hand."""
    record = JobManager(lab.store).get(lab.good_run).results["Animal_1"]
    found = AnimalResults(Store(lab.store), record.keys)
    log = open_log(lab.store, record.info.fingerprint)
    entries = [
        new_entry(
            "reject",
            who='<script>alert("x")</script>',
            recording=record.info.fingerprint,
            target=target_of(record.keys["refit"], found.refit, int(k)),
        )
        for k in found.evaluation.accepted.nonzero()[0]
    ]
    log.append(lambda _: entries)
    yield found, log.path
    for path in (lab.store / FOLDER).iterdir():
        path.unlink()
    open_log.cache_clear()


def sent(app, part):
    """The data of the component on the page that has such a part."""
    found = sent_data(app)
    return next(data for data in found if part in data)


def test_pages_count_as_persons_decided_and_views_keep_what_the_thresholds_say(open_page, lab, judged):
    found, _ = judged
    app = open_page("evaluation", data=lab.good, animal="Animal_1")
    assert not app.exception
    assert sent(app, "counts")["counts"] == {"all": found.refit.n, "accepted": 0, "rejected": found.refit.n}
    assert any("No component was accepted" in one.value for one in app.info)
    (tile,) = (one for one in sent(app, "animals")["animals"] if one["value"] == "Animal_1")
    assert tile["line"].startswith(f"0 of {found.refit.n}")
    assert sent(app, "accepted")["accepted"] == found.evaluation.accepted.tolist(), "laid over in the browser"
    entries = sent(app, "entries")["entries"]
    assert len(entries) == found.evaluation.n_accepted and all(one[0] == "reject" for one in entries.values())
    assert next(iter(entries.values()))[5].startswith('by hand by <script>alert("x")</script> (thresholds: accepted')
    assert not any("<script>" in one.value for one in (*app.markdown, *app.caption))


def test_a_log_of_another_recording_is_said_and_the_thresholds_decide(open_page, lab, judged):
    found, path = judged
    path.write_text(path.read_text().replace(path.stem, "f" * 32))
    open_log.cache_clear()
    app = open_page("traces", data=lab.good, animal="Animal_1")
    assert not app.exception
    assert "another recording" in sent(app, "entries")["closed"]
    assert sent(app, "counts")["counts"]["accepted"] == found.evaluation.n_accepted


def test_a_decision_changes_the_means_above_the_raster_and_nothing_of_the_raster_itself(open_page, lab, judged):
    _, path = judged
    with_decisions = open_page("traces", data=lab.good, animal="Animal_1", view="Raster")
    path.unlink()
    open_log.cache_clear()
    without = open_page("traces", data=lab.good, animal="Animal_1", view="Raster")
    assert sent(with_decisions, "orders") == sent(without, "orders")
    now, before = (sent(app, "means")["means"] for app in (with_decisions, without))
    assert now["all"] == before["all"] and now["accepted"] != before["accepted"] and now["rejected"] == now["all"]


def test_runs_count_the_accepted_as_persons_decided(open_page, lab, judged):
    found, path = judged
    assert not open_page("runs", data=lab.good).exception
    job = JobManager(lab.store).get(lab.good_run)
    table = run_animals(job).set_index("Animal")
    assert table.loc["Animal_1", "Accepted"] == 0 < found.evaluation.n_accepted
    assert table.loc["Animal_2", "Accepted"] == job.results["Animal_2"].counts["accepted"]
    path.write_text(path.read_text().replace(path.stem, "f" * 32))
    open_log.cache_clear()
    table = run_animals(job).set_index("Animal")
    assert table.loc["Animal_1", "Accepted"] == found.evaluation.n_accepted
    assert "another recording" in table.loc["Animal_1", "Error"], "that the thresholds count is said"


def test_who_judges_blind_is_shown_and_counted_nothing_that_another_one_said(open_page, lab, judged, monkeypatch):
    found, _ = judged
    record = JobManager(lab.store).get(lab.good_run).results["Animal_1"]
    target = target_of(record.keys["refit"], found.refit, 0)
    entry = new_entry("unsure", who="Bob", recording=record.info.fingerprint, target=target, blind=True)
    open_log(lab.store, record.info.fingerprint).append(lambda _: [entry])
    monkeypatch.setattr(type(st.context), "cookies", {blind_rater.COOKIE: "Bob"})
    for page in ("evaluation", "traces"):
        app = open_page(page, data=lab.good, animal="Animal_1")
        assert not app.exception
        sent_judgements = sent(app, "entries")
        assert sent_judgements["entries"] == {"0": ["unsure", "Bob", False, "", "", ""]}
        assert sent_judgements["agreements"] == [] and sent_judgements["blind"] == "Bob"
        assert sent(app, "counts")["counts"]["accepted"] == found.evaluation.n_accepted
        (tile,) = (one for one in sent(app, "animals")["animals"] if one["value"] == "Animal_1")
        assert tile["line"].startswith(f"{found.evaluation.n_accepted} of {found.refit.n}")
        told = json.dumps(sent_data(app))
        assert "<script>" not in told, "the name of the other one"


def test_what_is_left_is_said_in_one_line_with_the_doubt_of_each_until_it_is_switched_off(open_page, lab, judged):
    found, path = judged
    path.write_text(path.read_text().splitlines()[0] + "\n")
    open_log.cache_clear()
    seen = json.loads(path.read_text())["target"]["component"]
    for page in ("evaluation", "traces"):
        app = open_page(page, data=lab.good, animal="Animal_1")
        left = sent(app, "entries")["left"]
        assert re.match(rf"{found.refit.n - 1} unseen; expected wrong among them [\d.]+ \(\d+ to \d+\)", left["words"])
        assert [doubt is None for doubt in left["wrong"]] == [k == seen for k in range(found.refit.n)], "it was judged"
        assert "after one decision" in left["about"]
        assert "doubt" in [column["name"] for column in sent(app, "accepted")["columns"]]
    ProjectFile(lab.store, str(lab.good)).update(settings={"left_to_judge": "off"})
    app = open_page("evaluation", data=lab.good, animal="Animal_1")
    assert sent(app, "entries")["left"] is None
    assert "doubt" not in [column["name"] for column in sent(app, "accepted")["columns"]]


def test_unknown_newer_and_torn_lines_are_said_on_the_page(open_page, lab, judged):
    _, path = judged
    line = json.loads(path.read_text().splitlines()[0])
    strange = [line | {"id": "m1", "action": "praise"}, {"version": 99, "what": "nobody knows"}]
    path.write_text(path.read_text() + "".join(json.dumps(one) + "\n" for one in strange) + '{"torn')
    open_log.cache_clear()
    app = open_page("evaluation", data=lab.good, animal="Animal_1")
    assert not app.exception
    told = " ".join(sent(app, "entries")["notes"])
    assert "“praise”, which this version does not know" in told and "newer version" in told and "form 99" in told
    assert "One line is left out" in told
    assert sent(app, "counts")["counts"]["accepted"] == 0, "what is known counts"
