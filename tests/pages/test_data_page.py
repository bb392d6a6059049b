"""The page Data: recordings that can't be read, and what is given where files leave it open."""

import json
import re
import shutil
import struct

import pytest

from calscope.model.errors import RecordingError
from calscope.ui.data import recording_viewer
from calscope.ui.session import places


def plainly(text):
    return text.replace("\\", "")


def errors(app):
    return [plainly(error.value) for error in app.error]


def film_of(app):
    film = next(found.proto.bytes for found in app.get("bidi_component") if found.proto.bytes)
    return json.loads(film[4 : 4 + struct.unpack("<I", film[:4])[0]])


@pytest.fixture
def damaged(lab):
    """A folder whose first animal ends early, whose second is no TIFF file at all, and whose third is well."""
    root = lab.good.parent / "damaged"
    for name in ("A_short", "B_junk", "C_well"):
        (root / name).mkdir(parents=True)
    whole = (lab.good / "Animal_1" / "movie.tif").read_bytes()
    (root / "A_short" / "movie.tif").write_bytes(whole[: len(whole) // 3])
    (root / "B_junk" / "movie.tif").write_bytes(b"no picture at all " * 100)
    (root / "C_well" / "movie.tif").write_bytes(whole)
    yield root
    shutil.rmtree(root)


def test_a_recording_that_cannot_be_read_is_told_once_and_in_full(open_page, damaged):
    app = open_page("data", data=damaged)
    assert not app.exception
    said = errors(app)
    assert len(said) == 2
    for text, name in zip(said, ("A_short", "B_junk"), strict=True):
        assert name in text and "Copy the file again" in text
    table = app.dataframe[0].value.set_index("Animal")
    assert table["Warnings"].tolist()[:2] == ["can't be read"] * 2
    app.session_state["animal"] = "C_well"
    assert film_of(app.run())["n"]


def test_the_first_frames_of_one_that_ends_early_can_be_looked_at(open_page, damaged):
    app = open_page("data", data=damaged)
    readable = int(re.search(r"only the first (\d+) frames", errors(app)[0])[1])
    next(box for box in app.number_input if box.label == "First frames only").set_value(readable).run()
    assert not app.exception
    assert len(errors(app)) == 1 and "B_junk" in errors(app)[0]
    assert app.dataframe[0].value.set_index("Animal").loc["A_short", "Frames"] == readable
    assert film_of(app)["n"] == readable


def test_a_folder_of_which_nothing_can_be_read_says_so(open_page, damaged):
    shutil.rmtree(damaged / "C_well")
    places.recordings_in.clear()  # a folder is listed again after a while only
    app = open_page("data", data=damaged)
    assert not app.exception and len(errors(app)) == 2


def test_frames_that_cannot_be_read_when_they_are_asked_for_are_told_where_they_would_stand(
    open_page, lab, monkeypatch
):
    def torn(*given):
        raise RecordingError("Frame 7 is torn.")

    monkeypatch.setattr(recording_viewer.film_clips, "of_recording", torn)
    app = open_page("data", data=lab.good)
    assert not app.exception and errors(app) == ["Frame 7 is torn."]


def test_the_column_of_warnings_does_not_part_rates_from_where_they_come_from(open_page, lab):
    columns = open_page("data", data=lab.good).dataframe[0].value.columns.tolist()
    assert columns[:2] == ["Animal", "Warnings"]


def enter(app, key, value):
    next(box for box in app.number_input if box.key == key).set_value(value)


def test_what_is_given_by_hand_stands_in_the_table_and_settles_the_warnings(open_page, lab):
    app = open_page("data", data=lab.fresh)
    before = [plainly(warning.value) for warning in app.warning]
    assert any("frame rate" in text for text in before) and any("pixel size" in text for text in before)
    enter(app, "parameter dataset.fr", 30.0)
    enter(app, "parameter dataset.dxy 0", 1.5)
    app.run()
    assert not app.exception
    row = app.dataframe[0].value.iloc[0]
    assert (row["Rate (Hz)"], row["Pixel (µm)"]) == ("30, given", "1.5 × 1.5, given")
    settled = [text for text in before if "frame rate" in text or "pixel size" in text]
    assert [plainly(warning.value) for warning in app.warning] == [text for text in before if text not in settled]
    assert row["Warnings"] == ("1 warning" if len(before) == 3 else "none")
    said = plainly(" ".join(text.value for text in app.markdown))
    assert film_of(app)["fr_hz"] == 30
    assert "Runs use the 30 Hz" in said and "never guessed" not in said


def test_a_run_that_lacks_the_rate_leads_to_where_it_is_entered(open_page, lab):
    app = open_page("motion", data=lab.fresh)
    next(button for button in app.button if button.label == "Correct motion").click().run()
    assert "frame rate" in errors(app)[0]
    assert "Enter it on Data" in [link.proto.label for link in app.get("page_link")]


def test_a_run_that_failed_for_an_animal_is_told_with_the_reason(open_page, lab):
    app = open_page("data", data=lab.bad, animal="Broken_1")
    assert [error for error in errors(app) if error.startswith("The newest run failed for Broken_1: ")]
    app = open_page("data", data=lab.good)
    assert not errors(app)
