"""Events of a recording, such as stimuli, licks or changes of a state: when, what, and for how long."""

from dataclasses import dataclass
from typing import Literal

from calscope.model.notes import Note

TimeUnit = Literal["s", "ms", "frame"]


@dataclass(frozen=True)
class Event:
    """One event as its file has it."""

    at: float
    """In the unit of the file, from the first frame on."""
    label: str
    duration: float = 0.0
    """In the unit of the file; 0 for a moment."""


@dataclass(frozen=True)
class EventFile:
    """The events of a file, in its order."""

    name: str
    """Of the file."""
    unit: TimeUnit
    """Frames are counted from 0."""
    events: tuple[Event, ...]


@dataclass(frozen=True)
class PlacedEvent:
    """One event on the frames of a recording."""

    start_frame: float
    stop_frame: float
    label: str


@dataclass(frozen=True)
class PlacedEvents:
    """Those of a recording, in the order of their beginning."""

    events: tuple[PlacedEvent, ...] = ()
    notes: tuple[Note, ...] = ()
    """What lies outside of the recording, and whether times may be in another unit."""


def placed(file: EventFile, n_frames: int, fr_hz: float | None) -> PlacedEvents:
    """Lay events on the frames of a recording; those that begin outside of it are left out and told.

    Parameters
    ----------
    fr_hz
        Without it, times can't be laid on frames: none is placed, and that is told.
    """
    if file.unit != "frame" and not fr_hz:
        return PlacedEvents(notes=(Note("events_without_rate", {"file": file.name}),))
    per_unit = 1.0 if file.unit == "frame" else (fr_hz or 0.0) / (1000 if file.unit == "ms" else 1)
    inside = [event for event in file.events if 0 <= event.at * per_unit <= n_frames - 1]
    found = [PlacedEvent(event.at * per_unit, (event.at + event.duration) * per_unit, event.label) for event in inside]
    return PlacedEvents(
        tuple(sorted(found, key=lambda event: event.start_frame)), _notes(file, len(inside), n_frames, fr_hz)
    )


def labelled(found: PlacedEvents) -> dict[str, list]:
    """Give `labels` in the order of their first events, and `events`: start frame, stop frame, number of the label."""
    labels = list(dict.fromkeys(event.label for event in found.events))
    number = {label: at for at, label in enumerate(labels)}
    digits = 2
    events = [
        [round(event.start_frame, digits), round(event.stop_frame, digits), number[event.label]]
        for event in found.events
    ]
    return {"labels": labels, "events": events}


def _notes(file: EventFile, n_inside: int, n_frames: int, fr_hz: float | None) -> tuple[Note, ...]:
    n = len(file.events)
    if n_inside == n:
        return ()
    end = n_frames - 1.0 if file.unit == "frame" or not fr_hz else (n_frames - 1) / fr_hz
    notes = [
        Note(
            "events_outside", {"file": file.name, "n": n - n_inside, "of": n, "end": end, "is_s": file.unit != "frame"}
        )
    ]
    if file.unit == "s" and 2 * n_inside < n and all(event.at <= 1000 * end for event in file.events):
        notes.append(Note("events_maybe_ms", {"file": file.name}))
    return tuple(notes)
