"""The flags of all components, for the list, the bar and the traces: a view of its own, which draws nothing."""

from typing import Any

from calscope.model.curation.component_flags import FLAG_KINDS, FlagKind, FlagMeasures, flags_of, kinds_of
from calscope.model.note_texts.all_texts import text
from calscope.model.note_texts.flag_texts import MEANS, SHORT
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import mounting
from calscope.ui.widgets import charts

NAME = "flagged"
MARKS: dict[FlagKind, tuple[str, str]] = {
    "motion": ("on a large shift", "#b5589f"),
    "saturated": ("saturated", "#b8860b"),
    "one_transient": ("the only transient", "#808080"),
}
"""Name and colour of what is marked on traces."""


def show(view: EvaluatedAnimal, page: str) -> None:
    """Bring the flags to the browser; nothing where the run has none."""
    if view.flags is not None:
        mounting.mount(NAME, view, page, _data(_keys(view), _flags=view.flags))


def _keys(view: EvaluatedAnimal) -> tuple[str, str]:
    return view.animal.results.keys["flags"], view.keys[0]


@charts.cached
def _data(keys: tuple[str, str], _flags: FlagMeasures) -> dict[str, Any]:
    return make_data(_flags)


def make_data(flags: FlagMeasures) -> dict[str, Any]:
    """Give kinds and sentences of each component; sentences that are the same for many are sent once."""
    notes = flags_of(flags)
    told = [[text(note) for note in own] for own in notes]
    sentences = list(dict.fromkeys(one for own in told for one in own))
    number = {sentence: at for at, sentence in enumerate(sentences)}
    return {
        "kinds": [list(kinds_of(own)) for own in notes],
        "told": [[number[one] for one in own] for own in told],
        "sentences": sentences,
        "names": {kind: [SHORT[kind], MEANS[kind]] for kind in FLAG_KINDS},
    }


def marks_of(flags: FlagMeasures | None, numbers: tuple[int, ...]) -> dict[str, list[list[Any]]]:
    """Give what is marked on the traces of some components: kind, first frame and the one after the last."""
    if flags is None:
        return {}
    marks: dict[str, list[list[Any]]] = {str(number): [] for number in numbers}
    for kind, rows in flags.marks.items():
        for number in numbers:
            marks[str(number)] += [[kind, start, stop] for _, start, stop in rows[rows[:, 0] == number].tolist()]
    return marks
