"""Evaluation's box on how dim a cell would be found: what the button runs, and what is said of a search."""

import pytest
from known_cells import known_cells

from calscope.model.groups import Thresholds
from calscope.ui.evaluation import detection_panel
from calscope.ui.frame import keys
from calscope.ui.session import places

BOX = keys.on_page("evaluation", "detection box")


def words(app):
    return "\n".join(str(element.value) for element in [*app.markdown, *app.caption]).replace("\\", "")


@pytest.fixture
def opened(open_page, lab):
    def shown():
        app = open_page("evaluation", run=lab.good_run, animal="Animal_1")
        app.session_state[BOX] = True
        return app.run()

    return shown


def test_the_button_runs_the_search_for_this_animal_alone(opened, lab, monkeypatch):
    asked = []
    monkeypatch.setattr(places, "submit", lambda spec: asked.append(spec) or "1")
    app = opened()
    assert not app.exception
    runs = "Choice of known cells, search for known cells put into the movie, detection limit run"
    assert f"{runs}; the rest is in the store" in words(app)
    app.button(key=keys.on_page("evaluation", "put known cells in")).click().run()
    assert [(spec.until, spec.animals, spec.data) for spec in asked] == [("injected", ("Animal_1",), str(lab.good))]


def test_a_search_is_said_and_drawn(opened, monkeypatch):
    shown = detection_panel.Shown(known_cells(), "key", is_as_run=True)
    monkeypatch.setattr(detection_panel, "search_of", lambda animal: shown)
    app = opened()
    assert not app.exception
    assert "Of 64 known cells put into this movie, half were found from a peak SNR of" in words(app)
    assert "Accepted by the thresholds of the run" in words(app)
    assert len(app.get("plotly_chart")) == 3


def test_a_field_without_places_is_said_in_words(opened, monkeypatch):
    nowhere = detection_panel.Shown(known_cells(0), "none", is_as_run=True)
    monkeypatch.setattr(detection_panel, "search_of", lambda animal: nowhere)
    app = opened()
    assert not app.exception
    assert "no limit can be told" in words(app)
    assert not app.get("plotly_chart")


def test_moved_thresholds_change_which_known_cells_are_accepted_and_that_is_said():
    cells = known_cells(accepted_from=8.0)
    as_run = Thresholds(min_SNR=1.7, use_soma=False, SNR_lowest=0)
    assert detection_panel.with_thresholds("key", cells, as_run).is_as_run
    moved = detection_panel.with_thresholds("key", cells, as_run.model_copy(update={"min_SNR": 3.0}))
    assert not moved.is_as_run
    assert (moved.detection.accepted == (cells.peak_snr > 15)).all()
    assert moved.detection.limits.accepted_50.value > cells.limits.accepted_50.value
    assert moved.detection.limits.found_50 == cells.limits.found_50
    assert detection_panel.with_thresholds("key", cells, None).detection is cells
