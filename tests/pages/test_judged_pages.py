"""What a person decided is what all pages count, also where the log can't be used."""

import json

import pytest

from calscope.io.curation_log import FOLDER
from calscope.jobs.manager import JobManager
from calscope.model.curation.curation_entry import new_entry
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.kept_judgements import open_log, target_of
from calscope.pipeline.store import Store


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
    found = [json.loads(one.proto.json or "{}") for one in app.get("bidi_component")]
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
