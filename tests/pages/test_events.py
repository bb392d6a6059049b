"""Events of a recording on the page Traces: from the file beside it or a chosen one, with what is wrong said."""

import pytest
from sent_views import sent_data


@pytest.fixture
def beside(lab):
    path = lab.good / "Animal_1" / "events.csv"
    yield path
    path.unlink(missing_ok=True)


def sent(app):
    found = sent_data(app)
    return next(data for data in found if "events" in data)


def test_events_beside_the_recording_are_sent_and_what_is_wrong_is_said(open_page, lab, beside):
    app = open_page("traces", data=lab.good, animal="Animal_1")
    assert sent(app) == {**sent(app), "labels": [], "events": []}
    beside.write_text("frame,label\n20,<b>tone</b>\n7,lick\n900,late\n")
    app = open_page("traces", data=lab.good, animal="Animal_1")
    assert not app.exception
    assert sent(app)["labels"] == ["lick", "<b>tone</b>"] and sent(app)["events"] == [[7, 7, 0], [20, 20, 1]]
    assert any("1 of 3 events lies outside" in one.value for one in app.caption)
    beside.write_text("time_ms,label\n1,a\n")
    app = open_page("traces", data=lab.good, animal="Animal_1")
    assert not app.exception and sent(app)["events"] == []
    assert any("milliseconds, say so" in one.value for one in app.warning)


def test_a_chosen_file_and_its_unit_are_kept_and_paths_outside_are_refused(open_page, lab):
    other = lab.good / "stimuli.csv"
    other.write_text("time_s,label\n2000,tone\n")
    app = open_page("traces", data=lab.good, animal="Animal_1")
    box = next(one for one in app.text_input if one.label == "Path of another file")
    box.set_value(str(other)).run()
    assert any("in milliseconds all" in one.value for one in app.caption) and sent(app)["events"] == []
    next(one for one in app.toggle if one.label == "Times are milliseconds").set_value(True).run()
    assert not app.warning and len(sent(app)["events"]) == 1
    next(one for one in app.text_input if one.label == "Path of another file").set_value("/etc/passwd").run()
    assert any("not one of the folders" in one.value for one in app.warning) and not app.exception
    other.unlink()
