"""Settings belong to a folder: they come back with it, and reach no other one."""

import json

import pytest

from calscope.pipeline.project_file import PROJECTS, ProjectFile
from calscope.ui.frame import keys
from calscope.ui.session import places


def rate(app):
    return app.number_input(key=keys.parameter("dataset.fr"))


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def open_folder(app, folder):
    app.switch_page("pages/home.py").run()
    next(box for box in app.text_input if box.label.startswith("Path of a folder")).set_value(str(folder))
    next(button for button in app.button if button.label == "Open").click()
    return app.run()


def test_a_rate_of_one_folder_does_not_reach_another(open_page, lab):
    app = open_page("data", data=lab.fresh)
    rate(app).set_value(30.0).run()
    app = open_folder(app, lab.good)
    app.switch_page("pages/data.py").run()
    assert rate(app).value is None
    app = open_folder(app, lab.fresh)
    app.switch_page("pages/data.py").run()
    assert rate(app).value == 30.0


def test_edits_that_were_not_run_the_animals_and_the_engine_survive_a_new_browser(open_page, lab):
    app = open_page("extraction", data=lab.good)
    app.number_input(key=keys.parameter("cnmf.K")).set_value(9).run()
    app.multiselect(key=keys.ANIMALS).set_value(["Animal_2"]).run()
    app.number_input(key=keys.FRAMES).set_value(120).run()
    again = type(app).from_file(app._script_path, default_timeout=60)
    again.query_params["data"] = str(lab.good)
    again.run()
    again.switch_page("pages/extraction.py")
    again.query_params["data"] = str(lab.good)
    again.run()
    assert again.number_input(key=keys.parameter("cnmf.K")).value == 9
    assert again.multiselect(key=keys.ANIMALS).value == ["Animal_2"]
    assert again.number_input(key=keys.FRAMES).value == 120


def kept(lab):
    return ProjectFile(lab.store, str(lab.good)).read().get("settings")


def test_looking_at_a_folder_keeps_no_settings_and_a_link_brings_those_of_its_run(open_page, lab, monkeypatch):
    for page in ("data", "motion", "extraction", "evaluation", "traces"):
        app = open_page(page, data=lab.good)
        assert kept(lab) is None, page
    assert app.session_state[keys.parameter("cnmf.rf")] == 15
    for page in ("extraction", "evaluation"):
        app = open_page(page, run=lab.good_run)
        assert app.session_state[keys.parameter("cnmf.rf")] == 20 and kept(lab) is None, "also when it was looked at"
    monkeypatch.setattr(places, "submit", lambda spec: "a job")
    app.button(key=keys.run_button("evaluation")).click().run()
    assert kept(lab)["parameters"]["cnmf.rf"] == 20, "what was run is kept"
    app = open_page("extraction", data=lab.good)
    assert app.session_state[keys.parameter("cnmf.rf")] == 20


def test_a_choice_that_was_taken_back_is_kept_and_a_link_leaves_it(open_page, lab):
    app = open_page("extraction", data=lab.good)
    for rf in (30, 15):
        app.number_input(key=keys.parameter("cnmf.rf")).set_value(rf).run()
        assert (kept(lab)["parameters"].get("cnmf.rf") or 15) == rf
    app = open_page("extraction", run=lab.good_run)
    assert app.session_state[keys.parameter("cnmf.rf")] == 15


def test_a_rate_that_overrules_the_files_is_said_loudly(open_page, lab):
    app = open_page("motion", data=lab.good)
    assert "overrules" not in words(app)
    app.session_state[keys.parameter("dataset.fr")] = 30.0
    app.run()
    assert any(
        "30 Hz, overrules 14.7 Hz in the files of 2 animals" in text.value.replace("\\", "") for text in app.warning
    )


def test_the_run_button_names_what_differs_from_the_defaults(open_page, lab):
    app = open_page("motion", data=lab.good)
    assert any("All at their defaults" in text.proto.help for text in app.sidebar.caption)
    app.session_state[keys.parameter("evaluation.min_SNR")] = 4.0
    app.session_state[keys.parameter("motion.max_shifts", 0)] = 9
    app.run()
    told = next(text.proto.help for text in app.sidebar.caption if "Not at default" in text.proto.help)
    told = told.replace("\\", "")
    assert "max_shifts (9, 6) px" in told and "min_SNR" not in told, "a run of motion reads no threshold"


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        '{"data": "elsewhere", "settings": {"parameters": {"cnmf.K": 9}}}',
        '{"data": DATA, "settings": {"parameters": {"cnmf.K": "many", "cnmf.tau": 3, "motion.strides": 3}}}',
        '{"data": DATA, "settings": {"engine": "other", "first_frames": -3, "animals": "all", "parameters": [1]}}',
        '{"data": DATA, "settings": 5}',
    ],
)
def test_a_file_that_is_damaged_or_of_another_version_changes_nothing(open_page, lab, text):
    path = ProjectFile(lab.store, str(lab.good)).path
    app = open_page("home")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.replace("DATA", json.dumps(str(lab.good))))
    app.switch_page("pages/extraction.py")
    app.query_params["data"] = str(lab.good)
    app.run()
    assert not app.exception and not app.error
    assert app.number_input(key=keys.parameter("cnmf.K")).value == 4


def test_nothing_is_written_of_results_without_their_recording(open_page, lab):
    open_page("home")
    assert not (lab.store / PROJECTS).exists()


def test_a_folder_that_is_opened_again_shows_the_page_and_the_animal_of_before(open_page, lab):
    app = open_page("evaluation", data=lab.good, animal="Animal_2")
    app = open_folder(app, lab.fresh)
    assert app.title[0].value == "Data", "it was not looked at before"
    app = open_folder(app, lab.good)
    assert not app.exception and app.title[0].value == "Evaluation"
    assert app.session_state[keys.ANIMAL] == "Animal_2"
    app.switch_page("pages/runs.py").run()
    assert open_folder(app, lab.good).title[0].value == "Evaluation", "Runs is no step of a folder"


def test_an_address_with_an_animal_overrules_the_one_of_before(open_page, lab):
    open_page("traces", data=lab.good, animal="Animal_2")
    app = open_page("evaluation", data=lab.good, animal="Animal_1")
    assert app.session_state[keys.ANIMAL] == "Animal_1"


@pytest.mark.parametrize("kept", ["5", '{"page": "../home", "animal": 3}', '{"page": ["data"]}', '{"animal": "gone"}'])
def test_a_place_that_is_damaged_is_as_none(open_page, lab, kept):
    app = open_page("home")
    path = ProjectFile(lab.store, str(lab.good)).path
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'{{"data": {json.dumps(str(lab.good))}, "looked_at": {kept}}}')
    app = open_folder(app, lab.good)
    assert not app.exception and not app.error and app.title[0].value == "Data"
