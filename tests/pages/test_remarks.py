"""A remark on an animal: typed at the top of a page, kept with the folder, told in the strip and in tables."""

import shutil

import pytest
from sent_views import sent_data

from calscope.pipeline.kept_remarks import keep_remark, remarks_of
from calscope.ui.frame import keys

SAID = "dim, *few* <b>cells</b>"


def box(app):
    found = [one for one in app.text_input if one.label.startswith("Remark on ")]
    return found[0] if found else None


def tile(app, name):
    sent = sent_data(app)
    return next(one for one in next(data["animals"] for data in sent if "animals" in data) if one["value"] == name)


def show_all(app):
    app.session_state[keys.SHOWS_ALL] = True
    return app.run()


@pytest.mark.parametrize("page", ["motion", "extraction", "evaluation", "traces"])
def test_a_remark_is_kept_with_its_animal_and_told_in_the_strip(open_page, lab, page):
    app = open_page(page, data=lab.good, animal="Animal_2")
    box(app).set_value(SAID).run()
    assert not app.exception
    assert remarks_of(lab.store, str(lab.good)) == {"Animal_2": SAID}
    assert SAID in tile(app, "Animal_2")["told"] and SAID not in tile(app, "Animal_1")["told"]
    assert box(app).value == SAID
    app.query_params["animal"] = "Animal_1"
    assert box(app.run()).value == ""


def test_a_remark_comes_back_in_a_new_browser_and_reaches_no_other_folder(open_page, lab):
    app = open_page("evaluation", data=lab.good, animal="Animal_1")
    keep_remark(lab.store, str(lab.good), "Animal_1", SAID)
    assert box(app.run()).value == SAID
    other = lab.good.parent / "other"
    shutil.copytree(lab.good, other)
    app.query_params["data"] = str(other)
    app.run()
    assert app.session_state[keys.PROJECT] == str(other) and box(app).value == ""
    shutil.rmtree(other)


def test_a_remark_can_be_taken_back(open_page, lab):
    app = open_page("traces", data=lab.good, animal="Animal_1")
    box(app).set_value(SAID).run()
    box(app).set_value("").run()
    assert remarks_of(lab.store, str(lab.good)) == {}
    assert SAID not in tile(app, "Animal_1")["told"]


def test_tables_of_all_animals_have_the_remarks(open_page, lab):
    assert "Remark" not in open_page("data", data=lab.good).dataframe[0].value
    keep_remark(lab.store, str(lab.good), "Animal_2", SAID)
    for page in ("data", "motion", "extraction"):
        app = open_page("home")
        keep_remark(lab.store, str(lab.good), "Animal_2", SAID)
        app.switch_page(f"pages/{page}.py")
        app.query_params["data"] = str(lab.good)
        app = app.run() if page == "data" else show_all(app.run())
        assert app.dataframe[0].value.set_index("Animal").loc["Animal_2", "Remark"] == SAID, page
        assert box(app) is None


def test_a_store_that_cannot_be_written_is_told(open_page, lab, monkeypatch):
    app = open_page("evaluation", data=lab.good, animal="Animal_1")
    shutil.rmtree(lab.store / "projects", ignore_errors=True)
    (lab.store / "projects").write_text("a file in the way")
    try:
        box(app).set_value(SAID).run()
        assert not app.exception and app.error
    finally:
        (lab.store / "projects").unlink()
