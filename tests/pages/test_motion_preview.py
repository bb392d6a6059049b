"""The preview and the movie player on the pages, and that a page by itself compiles nothing."""

import json
import struct

import pytest

from calscope.jobs.manager import JobManager
from calscope.jobs.worker_processes import WorkerProcesses
from calscope.ui.frame import beside_pages
from calscope.ui.motion import motion_view
from calscope.ui.motion.preview_panel import BUTTON
from calscope.ui.session import places


@pytest.fixture
def previewed(lab, open_page, settle):
    """The Motion page of recordings that nothing was run on, with a preview made by its button."""
    app = open_page("motion", data=lab.fresh)
    assert not app.exception
    next(button for button in app.button if button.label == BUTTON).click().run()
    assert not app.exception and not app.error, [error.value for error in app.error]
    manager = JobManager(lab.store)
    job = next(job for job in manager.jobs() if job.spec.until == "preview")
    assert settle(manager, job.id).status.state == "done"
    yield app.run(), job
    manager.remove(job.id)
    places._jobs.clear()


def test_a_preview_is_made_before_anything_was_run(previewed):
    app, job = previewed
    assert not app.exception
    table = next(table.value for table in app.dataframe if "Version" in table.value)
    assert table["Version"].tolist()[:2] == ["raw", "rigid"]
    assert job.spec.animals == ("movie",) or len(job.spec.animals) == 1
    assert any("processed this animal yet" in text.value for text in app.markdown), "a preview is no run to go on from"


def test_the_old_preview_stays_and_says_what_is_different_now(previewed):
    app, _ = previewed
    next(box for box in app.number_input if box.key == "parameter motion.max_deviation_rigid").set_value(2)
    app.run()
    assert any(
        "other parameters" in text.value and "3 px, now 2 px" in text.value.replace("\\", "") for text in app.caption
    )
    assert any("Version" in table.value for table in app.dataframe)


def test_a_preview_with_parameters_that_this_version_does_not_know_is_not_shown(lab, open_page, previewed):
    job = previewed[1]
    spec = json.loads((job.folder / "spec.json").read_text())
    spec["params"]["motion"]["tau_of_old"] = 3
    (job.folder / "spec.json").write_text(json.dumps(spec))
    places._jobs.clear()  # or what was read a moment ago would be used
    app = open_page("data", data=lab.fresh)
    app.session_state["parameter motion.max_deviation_rigid"] = 2
    app.switch_page("pages/motion.py").run()
    assert not app.exception and not app.error
    assert not any("Version" in table.value for table in app.dataframe)


def film_of(app):
    films = [found.proto.bytes for found in app.get("bidi_component") if found.proto.bytes]
    assert films, "no film on the page"
    length = struct.unpack("<I", films[0][:4])[0]
    return json.loads(films[0][4 : 4 + length])


def test_original_and_corrected_play_beside_each_other(lab, open_page):
    app = open_page("motion", run=lab.good_run)
    app.session_state["motion: tab Animal_1"] = motion_view.MOVIE_TAB
    app.run()
    assert not app.exception and not app.error, [error.value for error in app.error]
    film = film_of(app)
    assert film["titles"] == ["raw", "corrected"] and film["fr_hz"] > 0 and len(film["curve"]) == film["n"]
    jumps = [button for button in app.button if str(button.key).startswith("motion: moment") and "px" in button.label]
    assert jumps
    seconds = float(jumps[-1].label.split()[0])
    jumps[-1].click().run()
    assert not app.exception
    film = film_of(app)
    assert film["frames"][0] / film["fr_hz"] <= seconds <= film["frames"][-1] / film["fr_hz"] + 0.2


def test_the_raw_movie_plays_on_the_page_data(lab, open_page):
    app = open_page("data", data=lab.fresh)
    assert not app.exception
    film = film_of(app)
    assert film["titles"] == ["raw"] and film["fr_hz"] is None and film["n"] == 40


def test_a_page_without_a_server_starts_nothing(lab, open_page, monkeypatch):
    monkeypatch.setattr(beside_pages.compile_kernels, "start", lambda root: pytest.fail("started"))
    monkeypatch.setattr(WorkerProcesses, "keep_ready", lambda workers: pytest.fail("kept ready"))
    assert not open_page("home").exception
