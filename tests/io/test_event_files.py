import pytest

from calscope.io import event_files
from calscope.io.event_files import beside, read_events
from calscope.model.errors import RecordingError
from calscope.model.events import Event, placed
from calscope.model.note_texts.all_texts import texts


@pytest.fixture
def written(tmp_path):
    def write(text, name="events.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("text", [
    "time_s,label,duration_s\n1.5,tone,2\n0.25,lick,\n",
    "\ufefflabel;time_s;duration_s\r\ntone;1.5;2\r\nlick;0.25;\r\n\r\n",
    'duration_s\ttime_s\tlabel\n2\t1.5\t"tone"\n0\t0.25\tlick',
])  # fmt: skip
def test_events_are_read_whatever_the_order_of_columns_and_what_parts_them(written, text):
    found = read_events(written(text))
    assert found.unit == "s" and found.events == (Event(1.5, "tone", 2.0), Event(0.25, "lick"))


def test_frames_are_events_as_well(written):
    found = read_events(written("frame,label\n0,first\n99,last\n"))
    placed_ones = placed(found, 100, None)
    assert [event.start_frame for event in placed_ones.events] == [0, 99] and placed_ones.notes == ()


@pytest.mark.parametrize(("text", "said"), [
    ("", "no columns"),
    ("when,label\n1,a\n", "'when', 'label'"),
    ("time,label\n1,a\n", "Name it 'time_s'"),
    ("time_ms,label\n1,a\n", "milliseconds, say so"),
    ("time_s,frame,label\n1,2,a\n", "It needs"),
    ("time_s\n1\n", "'label'"),
    ("time_s,label,colour\n1,a,b\n", "'colour' is not known"),
    ("frame,label,duration_s\n1,a,2\n", "give 'time_s'"),
    ("time_s,label\n1,a\n2\n", "line 3, has 1 values"),
    ("time_s;label\n1,5;a\n", "'1,5', which is no number"),
    ("time_s,label\nnan,a\n", "no number"),
    ("time_s,label\n1,\n", "line 2, has no label"),
    ("time_s,label,duration_s\n1,a,-2\n", "0 or more"),
    ('time_s,label\n1,"a\n', "no CSV"),
])  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_what_to_do(written, text, said):
    with pytest.raises(RecordingError, match=r"events\.csv") as error:
        read_events(written(text))
    assert said in str(error.value)


def test_files_that_are_no_text_or_too_large_are_refused(written, monkeypatch):
    with pytest.raises(RecordingError, match="UTF-8"):
        read_events(written("time_s,label\n1,ä\n", encoding="latin-1"))
    monkeypatch.setattr(event_files, "MOST_EVENTS", 1)
    with pytest.raises(RecordingError, match="2 events"):
        read_events(written("time_s,label\n1,a\n2,b\n"))
    monkeypatch.setattr(event_files, "MOST_BYTES", 3)
    with pytest.raises(RecordingError, match="no list of events"):
        read_events(written("time_s,label\n1,a\n"))
    with pytest.raises(RecordingError, match="gone"):
        read_events(written("", "other.csv").with_name("events.csv.gone"))


def test_times_are_laid_on_frames_and_those_outside_are_told(written):
    found = read_events(written("time_s,label,duration_s\n9,end,5\n2,go,1\n-1,before,\n10.1,after,\n"))
    events = placed(found, 101, 10.0)
    assert [(one.start_frame, one.stop_frame, one.label) for one in events.events] == [(20, 30, "go"), (90, 140, "end")]
    assert texts(events.notes) == [
        "2 of 4 events lie outside of the recording (0 to 10.0 s) and are not shown ('events.csv')."
    ]


def test_milliseconds_are_asked_for_and_never_guessed(written):
    path = written("time_s,label\n500,a\n7000,b\n9000,c\n")
    asked = placed(read_events(path), 101, 10.0)
    assert asked.events == () and [note.kind for note in asked.notes] == ["events_outside", "events_maybe_ms"]
    told = placed(read_events(path, in_ms=True), 101, 10.0)
    assert [one.start_frame for one in told.events] == [5, 70, 90] and told.notes == ()
    beyond = placed(read_events(written("time_s,label\n50000,a\n")), 101, 10.0)
    assert [note.kind for note in beyond.notes] == ["events_outside"], "nor in milliseconds would it lie within"


def test_times_without_a_frame_rate_are_not_placed(written):
    events = placed(read_events(written("time_s,label\n1,a\n")), 100, None)
    assert events.events == () and "frame rate is unknown" in texts(events.notes)[0]


def test_the_file_beside_a_recording_is_found_in_its_folder_or_by_its_name(tmp_path):
    (tmp_path / "Ada").mkdir()
    (tmp_path / "bo.tif").touch()
    assert beside(tmp_path / "Ada") is None and beside(tmp_path / "bo.tif") is None
    (tmp_path / "Ada" / "events.csv").touch()
    (tmp_path / "bo.events.csv").touch()
    assert beside(tmp_path / "Ada") == tmp_path / "Ada" / "events.csv"
    assert beside(tmp_path / "bo.tif") == tmp_path / "bo.events.csv"
