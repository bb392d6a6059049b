"""The events of the recording that a page shows: from the file beside it, or from one that a person chose."""

from functools import partial
from pathlib import Path

import streamlit as st

from calscope.io.bundles.bundle_reading import is_bundle
from calscope.io.event_files import changed_at, read_events
from calscope.io.file_names import EVENTS_FILE
from calscope.io.server_rights import Right, server_rights
from calscope.jobs.bundles.bundled_extras import events_in
from calscope.model.errors import CalscopeError
from calscope.model.events import EventFile, PlacedEvents, placed
from calscope.model.note_texts.all_texts import texts
from calscope.pipeline.by_hand.kept_events import EventChoice, chosen_file, event_choice_of, keep_event_choice
from calscope.ui.frame import box_changes, keys, messages
from calscope.ui.session import places, selection, shown_run
from calscope.ui.session.lately import remembered
from calscope.ui.session.shown_run import ShownAnimal

BOX_PX = 440
FORMAT = (
    "A CSV file with `time_s` (seconds from the first frame on) or `frame` (counted from 0), `label`, and `duration_s` "
    f"where events last. `{EVENTS_FILE}` in the folder of the recording, or `<name>.{EVENTS_FILE}` beside its file, is "
    "found by itself."
)


def of(animal: ShownAnimal, n_frames: int) -> PlacedEvents:
    """Give the events of an animal; none where it has none.

    Raises
    ------
    RecordingError
        When there is a file that can't be used.
    """
    found = _file_of(animal.name)
    return PlacedEvents() if found is None else placed(found, n_frames, animal.fr_hz)


def _file_of(name: str) -> EventFile | None:
    project, ref = places.project(), next((one for one in shown_run.refs() if one.name == name), None)
    if project is None or ref is None:
        return None
    chosen = event_choice_of(places.store().root, str(project.root), name)
    if is_bundle(project.root) and not chosen.path:
        return _bundled(str(project.root), changed_at(project.root), name)
    path = chosen_file(chosen, ref.path, places.roots())
    return None if path is None else _read(str(path), changed_at(path), chosen.in_ms)


@remembered()
def _bundled(bundle: str, changed_ns: int, name: str) -> EventFile | None:
    return events_in(Path(bundle), name)


@remembered()
def _read(path: str, changed_ns: int, in_ms: bool) -> EventFile:  # noqa: FBT001
    return read_events(Path(path), in_ms=in_ms)


def show_box() -> None:
    """Offer to choose the file of events of the animal that the page shows, and say what is wrong with it."""
    project, ref = places.project(), shown_run.current()
    if project is None or ref is None or selection.shows_all():
        return
    data = str(project.root)
    chosen = event_choice_of(places.store().root, data, ref.name)
    why = server_rights().why_not(Right.KEEP)
    with st.popover("Events", icon=":material/flag:", width="content", type="tertiary"):
        st.caption(FORMAT)
        path_key, unit_key = keys.events(data, ref.name, chosen.path), keys.events_unit(data, ref.name)
        keep = partial(_keep, data, ref.name, path_key, unit_key)
        st.text_input(
            "Path of another file",
            value=chosen.path,
            placeholder="the one beside the recording" if not is_bundle(project.root) else "those in the bundle",
            key=path_key,
            on_change=box_changes.pass_on,
            args=(path_key, chosen.path, keep),
            width=BOX_PX,
            disabled=bool(why),
            help=why or None,
        )
        st.toggle(
            "Times are milliseconds",
            value=chosen.in_ms,
            key=unit_key,
            on_change=box_changes.pass_on,
            args=(unit_key, chosen.in_ms, keep),
            disabled=bool(why),
            help=why or "Off: the column time_s holds seconds. Nothing is guessed.",
        )


def _keep(data: str, animal: str, path_key: str, unit_key: str, _changed: object) -> None:
    chosen = EventChoice(str(st.session_state.get(path_key) or "").strip(), bool(st.session_state.get(unit_key)))
    try:
        keep_event_choice(places.store().root, data, animal, chosen)
    except CalscopeError as error:
        messages.show_error(error)


def say(found: PlacedEvents) -> None:
    """Say what of the events is not shown, and why."""
    for line in texts(found.notes):
        st.caption(f":material/flag: {messages.plain(line)}")
