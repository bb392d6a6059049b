"""`text` gives the sentence of a note, whoever reports it and wherever it is shown."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from calscope.model.note_texts.curation_texts import CURATION
from calscope.model.note_texts.evaluation_texts import (
    EVALUATION,
    accepted_briefly,
    accepted_why,
    by_hand_why,
    rejected_briefly,
    rejected_why,
)
from calscope.model.note_texts.event_texts import EVENTS
from calscope.model.note_texts.export_texts import EXPORTED
from calscope.model.note_texts.fit_texts import FIT
from calscope.model.note_texts.flag_texts import FLAGS
from calscope.model.note_texts.import_texts import IMPORTED
from calscope.model.note_texts.motion_quality_texts import MOTION_QUALITY
from calscope.model.note_texts.motion_texts import MOTION
from calscope.model.note_texts.parameter_texts import PARAMETERS
from calscope.model.note_texts.proposal_texts import PROPOSALS
from calscope.model.note_texts.recording_texts import RECORDING
from calscope.model.notes import Note

Wording = str | Callable[..., str]
"""A template, or a function, of the note's values by their names."""
TEXTS: dict[str, Wording] = {
    "sentence": "{text}",
    **EVALUATION,
    **MOTION,
    **MOTION_QUALITY,
    **FIT,
    **IMPORTED,
    **EXPORTED,
    **RECORDING,
    **PARAMETERS,
    **PROPOSALS,
    **CURATION,
    **EVENTS,
    **FLAGS,
}
_REASONS = TEXTS | {
    "accepted": accepted_why,
    "rejected": rejected_why,
    "accepted_by_hand": by_hand_why,
    "rejected_by_hand": by_hand_why,
}
_BRIEFLY = _REASONS | {"accepted": accepted_briefly, "rejected": rejected_briefly}


def text(note: Note) -> str:
    """Give the sentence of a note; of a note from another version its kind and values, for want of words."""
    return _worded(note, TEXTS)


def why(note: Note) -> str:
    """Give why a component was accepted or rejected, to be read beside the word itself."""
    return _worded(note, _REASONS)


def briefly(note: Note) -> str:
    """Give why a component was accepted or rejected in a few words, for a table that has the values beside them."""
    return _worded(note, _BRIEFLY)


def _worded(note: Note, wordings: Mapping[str, Wording]) -> str:
    wording = wordings.get(note.kind)
    if wording is None:
        return _without_words(note)
    try:
        return wording.format(**note.values) if isinstance(wording, str) else wording(**note.values)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):  # the values of another version
        return _without_words(note)


def texts(notes: Iterable[Note]) -> list[str]:
    """Give the sentences of notes, each once."""
    return list(dict.fromkeys(text(note) for note in notes))


def with_text(note: Note) -> dict[str, Any]:
    """Give kind, values and sentence, for files that people and other programs read."""
    return {**note.to_json(), "text": text(note)}


def _without_words(note: Note) -> str:
    values = ", ".join(f"{name} {value}" for name, value in note.values.items())
    return f"{note.kind.replace('_', ' ').capitalize()}{f' ({values})' if values else ''}."
