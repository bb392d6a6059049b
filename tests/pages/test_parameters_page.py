"""The page Parameters: what is said of each one; files and presets, whose changes are listed before they are taken."""

import json

import pytest

from calscope.model.caiman_params import to_caiman
from calscope.model.parameter_file import read_parameter_file
from calscope.model.params import Parameters
from calscope.pipeline.presets import FOLDER, Presets
from calscope.pipeline.project_file import ProjectFile
from calscope.ui.frame import keys

NAME = '<script>alert("x")</script> */ 🐭 ../dim'


def words(app):
    kinds = (app.markdown, app.caption, app.error, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def rows(app):
    return [tuple(row) for row in app.dataframe[0].value.to_numpy().tolist()] if app.dataframe else []


def upload(app, content, name="mine.json"):
    text = content if isinstance(content, bytes | str) else json.dumps(content)
    data = text.encode() if isinstance(text, str) else text
    app.file_uploader[0].set_value((name, data, "application/json"))
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def page(open_page, lab):
    yield lambda **address: open_page("parameters", **address)
    for one in Presets(lab.store).all():
        Presets(lab.store).remove(one.name)
    assert not list((lab.store / FOLDER).glob("*"))


@pytest.mark.parametrize(
    ("name", "again"),
    [("dxy", "computes again: nothing."), ("max_shifts", "preview where it moves most, and what follows.")],
)
def test_what_a_change_runs_again(open_page, name, again):
    app = open_page("parameters")
    app.text_input(key=keys.SEARCH_PARAMETERS).set_value(f".{name}").run()
    said = [caption.value.replace("\\", "") for caption in app.caption]
    assert any(text.endswith(again) for text in said), said


def test_an_upload_changes_nothing_until_its_changes_were_seen_and_taken(page, lab):
    app = page(data=lab.good)
    app.session_state[keys.parameter("cnmf.K")] = 9
    app.session_state[keys.OWN_VALUES] = {"Animal_1": {"cnmf.p": 2}}
    app.run()
    animals = {"Animal_2": {"cnmf.gSig": [6, 6]}, "Animal_9": {"cnmf.K": 3}}
    upload(app, {"cnmf": {"gSig": [5, 5], "tau": 1}, "animals": animals})
    assert app.session_state[keys.parameter("cnmf.K")] == 9
    assert sorted(rows(app)) == [
        ("Components per patch (K)", "9", "4", "all animals"),
        ("Order of the transient model (p)", "2", "as all", "Animal_1"),
        ("Soma half-size (gSig)", "4 px", "5 px", "all but Animal_2"),
        ("Soma half-size (gSig)", "as all", "6 px", "Animal_2"),
    ]
    assert "**mine.json** would change 4 values." in words(app)
    assert "no parameter has these names: cnmf.tau" in words(app)
    assert "no such animal: Animal_9" in words(app)
    app.button(key=keys.TAKE_PROPOSED).click().run()
    assert not app.exception and "mine.json was taken: 4 values changed" in words(app)
    assert app.session_state[keys.parameter("cnmf.K")] == 4
    kept = ProjectFile(lab.store, str(lab.good)).read()["settings"]
    assert kept["own_values"] == {"Animal_2": {"cnmf.gSig": [6, 6]}}
    assert kept["parameters"] == {"cnmf.gSig": [5, 5]}


def test_what_a_file_would_change_can_be_left(page, lab):
    app = page(data=lab.good)
    app.session_state[keys.OWN_VALUES] = {"Animal_1": {"cnmf.p": 2}}
    upload(app, to_caiman(Parameters().replace({"cnmf.K": 7})), "caiman.json")
    assert ("Components per patch (K)", "4", "7", "all animals") in rows(app)
    assert "use_soma is off" in words(app), "what follows from CaImAn's rule is said"
    assert "What Animal_1 has of its own stays." in words(app)
    app.button(key=keys.DROP_PROPOSED).click().run()
    assert not app.dataframe and app.session_state[keys.parameter("cnmf.K")] == 4


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not valid JSON"),
        (b"\x89PNG\r\n\x1a\n\xff", "not a text file"),
        (b" " * 1_200_000, "It has 1.2 MB, and a parameter file has 1 MB at most."),
        ({"type": "FeatureCollection"}, "no parameter of Calscope or CaImAn in it"),
        ([1], "must be a JSON object"),
        ({"cnmf": {"K": "many"}}, "cnmf.K must be a whole number"),
        ({"cnmf": {"K": 8}, "animals": {"Animal_1": {"cnmf.rf": 3}}}, "Animal_1: cnmf.rf 3 makes patches"),
        ({"cnmf": dict.fromkeys(("K", "rf", "p", "nb", "gSig", "stride"), "x")}, "more don't fit."),
    ],
)
def test_a_file_that_does_not_fit_is_a_sentence(page, content, why):
    app = upload(page(), content)
    assert "mine.json was not loaded; nothing is changed." in words(app) and why in words(app)
    assert not app.dataframe
    assert app.session_state[keys.parameter("cnmf.K")] == 4


def test_presets_are_saved_listed_as_changes_taken_and_never_replaced(page, lab):
    app = page(data=lab.good)
    app.session_state[keys.parameter("cnmf.K")] = 9
    app.text_input(key=keys.PRESET_NAME).set_value(NAME)
    save = next(button for button in app.button if button.label == "Save preset")
    save.click().run()
    assert f"Saved as the preset {NAME}." in words(app)
    app.session_state[keys.parameter("cnmf.K")] = 2
    app.text_input(key=keys.PRESET_NAME).set_value(NAME)
    next(button for button in app.button if button.label == "Save preset").click().run()
    assert "There is a preset" in words(app)
    assert [one.groups["cnmf"]["K"] for one in Presets(lab.store).all()] == [9]
    app.selectbox(key=keys.PRESET).set_value(NAME).run()
    assert rows(app) == [("Components per patch (K)", "2", "9", "all animals")]
    app.button(key=keys.TAKE_PROPOSED).click().run()
    assert not app.exception and app.session_state[keys.parameter("cnmf.K")] == 9
    app.selectbox(key=keys.PRESET_TO_REMOVE).set_value(NAME).run()
    app.button(key=keys.REMOVE_PRESET).click().run()
    assert not app.exception and Presets(lab.store).all() == []


def test_the_download_holds_what_single_animals_have_of_their_own(page, lab, monkeypatch):
    import streamlit as st

    given = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, **_: given.update({label: data}))
    app = page(data=lab.good)
    app.session_state[keys.parameter("cnmf.K")] = 9
    app.session_state[keys.OWN_VALUES] = {"Animal_1": {"cnmf.gSig": [6, 6]}}
    assert "no place for what Animal_1 has" in words(app.run())
    found = read_parameter_file(given["Download as JSON"])
    assert found.params == Parameters().replace({"cnmf.K": 9})
    assert found.animals == {"Animal_1": {"cnmf.gSig": [6, 6]}}
