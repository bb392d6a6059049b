"""The events of the recording for the views over time, sent once for all of them."""

import streamlit as st

from calscope.model.errors import RecordingError
from calscope.model.events import PlacedEvents, labelled
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.frame import messages
from calscope.ui.linked import mounting
from calscope.ui.session import recording_events

NAME = "trace_events"


def show(view: EvaluatedAnimal, page: str) -> None:
    """Bring the events to the views over time, and say what of them can't be shown; they draw them themselves."""
    try:
        found = recording_events.of(view.animal, view.components.n_frames)
    except RecordingError as error:
        st.warning(messages.plain(str(error)), icon=":material/flag:")
        found = PlacedEvents()
    recording_events.say(found)
    mounting.mount(NAME, view, page, labelled(found))
