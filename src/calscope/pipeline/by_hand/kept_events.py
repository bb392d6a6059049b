"""Which file of events a person chose for an animal, kept in the project's file, and the events in it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calscope.io.event_files import beside
from calscope.io.safe_paths import leads_out, resolve_path
from calscope.model.errors import RecordingError
from calscope.pipeline.project_file import ProjectFile

_ENTRY = "events"


@dataclass(frozen=True)
class EventChoice:
    """What a person said of the events of one animal."""

    path: str = ""
    """Of the file; empty for the one beside the recording."""
    in_ms: bool = False
    """Whether the times in it are milliseconds."""


def event_choice_of(store_root: Path, data: str, animal: str) -> EventChoice:
    """Give what is kept of an animal of the folder `data`."""
    own = _entries(ProjectFile(store_root, data)).get(animal)
    if not isinstance(own, dict) or not isinstance(own.get("path"), str):
        return EventChoice()
    return EventChoice(own["path"], own.get("in_ms") is True)


def keep_event_choice(store_root: Path, data: str, animal: str, chosen: EventChoice) -> None:
    """Replace what is kept of an animal; StoreError where the store can't be written."""
    kept = ProjectFile(store_root, data)
    kept.update(**{_ENTRY: {**_entries(kept), animal: asdict(chosen)}})


def chosen_file(chosen: EventChoice, recording: Path, roots: Sequence[Path]) -> Path | None:
    """Give the file that was chosen, or the one beside the recording; None where there is none.

    Raises
    ------
    RecordingError
        When it lies outside of the folders that may be opened, or is not there.
    """
    path = resolve_path(chosen.path, roots) if chosen.path else beside(recording)
    if path is not None and leads_out(path, roots):
        raise RecordingError(f"'{path}' is a link that leads out of the folders that may be opened.")
    return path


def _entries(kept: ProjectFile) -> dict[str, Any]:
    found = kept.read().get(_ENTRY)
    return found if isinstance(found, dict) else {}
