"""What a bundle may hold beside results: events of the recordings, and short films. They are read where they lie."""

from pathlib import Path

from calscope.io.bundles.bundle_reading import Bundle, is_bundle, open_bundle
from calscope.io.event_files import parse_events, read_events
from calscope.io.safe_paths import allowed_roots
from calscope.jobs.bundles.bundle_parts import EVENTS, FILM, part_of
from calscope.model.errors import RecordingError
from calscope.model.events import EventFile
from calscope.model.notes import Note
from calscope.pipeline.by_hand.kept_events import chosen_file, event_choice_of
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store
from calscope.plots.film_sheet import check_film


def events_of_animal(store: Store, data: str, run: AnimalRun) -> EventFile | Note | None:
    """Give the events of an animal of the folder `data`, as the pages show them; None where it has none.

    Of a file that can't be used a note says why, so that who opens the bundle or the report is told.
    """
    recording = Path(run.info.path if run.info else "")
    chosen = event_choice_of(store.root, data, run.name)
    try:
        if is_bundle(recording.parent) and not chosen.path:
            return events_in(recording.parent, run.name)
        path = chosen_file(chosen, recording, (*allowed_roots(), (store.root / "demo").resolve(), Path(data).resolve()))
        return None if path is None else read_events(path, in_ms=chosen.in_ms)
    except RecordingError as error:
        return Note("events_not_bundled", {"why": str(error)})


def events_in(path: Path, animal: str) -> EventFile | None:
    """Give the events of an animal of the bundle at `path`; None where it has none.

    Raises
    ------
    RecordingError
        When they, or the bundle, are damaged.
    """
    bundle = open_bundle(path)
    return read_events_of(bundle, bundle.manifest.animals.index(animal)) if animal in bundle.manifest.animals else None


def film_in(path: Path, animal: str) -> bytes | None:
    """Give the packed film of an animal of the bundle at `path`; None where it has none; errors as `events_in`."""
    bundle = open_bundle(path)
    return read_film_of(bundle, bundle.manifest.animals.index(animal)) if animal in bundle.manifest.animals else None


def read_events_of(bundle: Bundle, number: int) -> EventFile | None:
    """Give the events of an animal by its number, checked; None where it has none; errors as `events_in`."""
    part = part_of(number, EVENTS)
    if part not in bundle.manifest.parts:
        return None
    text = bundle.read_text(part)
    try:
        return parse_events(EVENTS, text)
    except RecordingError as error:
        raise bundle.damaged(part, str(error).rstrip(".")) from None


def read_film_of(bundle: Bundle, number: int) -> bytes | None:
    """Give the packed film of an animal by its number, checked; None where it has none; errors as `events_in`."""
    part = part_of(number, FILM)
    if part not in bundle.manifest.parts:
        return None
    film = bundle.read_bytes(part)
    try:
        check_film(film)
    except ValueError as error:
        raise bundle.damaged(part, str(error)) from None
    return film
