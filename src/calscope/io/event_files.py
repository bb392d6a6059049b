"""Files of events: CSV with the columns `time_s` or `frame`, `label`, and `duration_s` where they last."""

import csv
import math
from io import StringIO
from pathlib import Path

from calscope.io.file_names import EVENTS_FILE
from calscope.io.readers.file_errors import in_words
from calscope.model.errors import RecordingError
from calscope.model.events import Event, EventFile, TimeUnit
from calscope.model.remark import one_line

MOST_BYTES, MOST_EVENTS, MOST_LABEL = 5_000_000, 20_000, 60
_DELIMITERS = ",;\t"
_WANTED = (
    "It needs 'time_s' (seconds from the first frame on) or 'frame' (counted from 0), and 'label'; 'duration_s' may be "
    "there."
)


def beside(recording: Path) -> Path | None:
    """Give the file beside a recording: `events.csv` in its folder, or `<name>.events.csv` beside its file."""
    place = recording / EVENTS_FILE if recording.is_dir() else recording.with_name(f"{recording.stem}.{EVENTS_FILE}")
    return place if place.is_file() else None


def changed_at(path: Path) -> int:
    """Give when a file was changed last, ns; RecordingError where it can't be looked at."""
    with in_words(path):
        return path.stat().st_mtime_ns


def read_events(path: Path, *, in_ms: bool = False) -> EventFile:
    """Read a file of events.

    Parameters
    ----------
    in_ms
        Whether a person said that the column `time_s` holds milliseconds.

    Raises
    ------
    RecordingError
        When it can't be read, a column is missing or unknown, or a value is none.
    """
    with in_words(path):
        if path.stat().st_size > MOST_BYTES:
            raise RecordingError(f"'{path.name}' is larger than {MOST_BYTES // 1_000_000} MB: it is no list of events.")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise RecordingError(f"'{path.name}' is no text in UTF-8. Save it as CSV in UTF-8.") from None
    return parse_events(path.name, text, in_ms=in_ms)


def parse_events(name: str, text: str, *, in_ms: bool = False) -> EventFile:
    """Read the text of a file of events of that name; errors as `read_events`."""
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise RecordingError(f"'{name}' is no CSV: {error}. Save it as CSV again.") from None
    return _parsed(name, rows, in_ms=in_ms)


def events_text(file: EventFile) -> str:
    """Give the text of a file that `parse_events` reads as these events; milliseconds become seconds."""
    is_frame, a_unit = file.unit == "frame", 1000 if file.unit == "ms" else 1
    out = StringIO(newline="")
    write = csv.writer(out, lineterminator="\n").writerow
    write(("frame", "label") if is_frame else ("time_s", "label", "duration_s"))
    for event in file.events:
        lasts = () if is_frame else (repr(event.duration / a_unit),)
        write((repr(event.at / a_unit), event.label, *lasts))
    return out.getvalue()


def _parsed(name: str, rows: list[list[str]], *, in_ms: bool) -> EventFile:
    columns = [column.strip() for column in rows[0]] if rows else []
    unit = _checked_columns(name, columns)
    events = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(value.strip() for value in row):
            continue
        if len(row) != len(columns):
            raise RecordingError(f"'{name}', line {line}, has {len(row)} values; the first line names {len(columns)}.")
        values = dict(zip(columns, (value.strip() for value in row), strict=True))
        events.append(_event(name, line, values, unit))
    if len(events) > MOST_EVENTS:
        raise RecordingError(f"'{name}' has {len(events)} events; at most {MOST_EVENTS} can be shown.")
    return EventFile(name, "ms" if in_ms and unit == "s" else unit, tuple(events))


def _checked_columns(name: str, columns: list[str]) -> TimeUnit:
    """Give the unit of the times by their column; nothing about a unit is guessed."""
    named = ", ".join(f"'{column}'" for column in columns) or "no columns"
    times = [column for column in ("time_s", "frame") if column in columns]
    unclear = next((column for column in columns if column in ("time", "time_ms", "t", "times", "ms", "onset")), None)
    if not times and unclear:
        raise RecordingError(
            f"'{name}': the column '{unclear}' is not known. Name it 'time_s' and give seconds from the first frame "
            "on; if the values are milliseconds, say so under Events afterwards."
        )
    if len(times) != 1 or "label" not in columns or len(set(columns)) != len(columns):
        raise RecordingError(f"'{name}' has {named}. {_WANTED}")
    if unknown := [column for column in columns if column not in ("time_s", "frame", "label", "duration_s")]:
        raise RecordingError(f"'{name}': the column '{unknown[0]}' is not known. {_WANTED}")
    if times == ["frame"] and "duration_s" in columns:
        raise RecordingError(f"'{name}' has 'frame' with 'duration_s': give 'time_s' where events last.")
    return "s" if times == ["time_s"] else "frame"


def _event(name: str, line: int, values: dict[str, str], unit: TimeUnit) -> Event:
    at = _number(name, line, "time_s" if unit == "s" else "frame", values)
    duration = _number(name, line, "duration_s", values) if values.get("duration_s") else 0.0
    if duration < 0:
        raise RecordingError(f"'{name}', line {line}: duration_s is {duration:g}; it is 0 or more.")
    label = one_line(values["label"])[:MOST_LABEL]
    if not label:
        raise RecordingError(f"'{name}', line {line}, has no label. Name what happened.")
    return Event(at, label, duration)


def _number(name: str, line: int, column: str, values: dict[str, str]) -> float:
    try:
        found = float(values[column])
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise RecordingError(
            f"'{name}', line {line}: {column} is '{values[column][:40]}', which is no number. Write it with a point, "
            "as 12.5."
        )
    return found
