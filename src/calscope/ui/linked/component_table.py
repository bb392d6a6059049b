"""The list of components with their measures and reasons, as a linked view."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.note_texts.all_texts import why
from calscope.model.results import ComponentQuality, Components, Evaluation
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import mounting, packing
from calscope.ui.widgets import charts

NAME = "component_table"
_ASCENDING, _DESCENDING = 1, -1
_VERDICTS = {True: "accepted", False: "rejected", None: "not evaluated"}


def show(view: EvaluatedAnimal, page: str, height_px: int) -> None:
    """Draw the table; the order that it is sorted in is the one that the arrow keys follow."""
    data = _data(view.unjudged_keys, _components=view.components, _quality=view.quality, _evaluation=view.unjudged)
    own = {"id": " ".join(view.unjudged_keys), "height": height_px, "label": f"Components of {view.animal.name}"}
    mounting.mount(NAME, view, page, {**data, **own})


@charts.cached
def _data(
    keys: tuple[str, str, str], _components: Components, _quality: ComponentQuality, _evaluation: Evaluation | None
) -> dict[str, Any]:
    return make_data(_components, _quality, _evaluation)


def make_data(components: Components, quality: ComponentQuality, evaluation: Evaluation | None) -> dict[str, Any]:
    """Give the columns of the table; the network's score only where it was computed. `spare` go on a narrow page."""
    accepted: list[bool | None] = evaluation.accepted.tolist() if evaluation else [None] * components.n
    columns = [
        _column("component", "number", "94px", help_text="Counted from 0, as on disk."),
        _column("evaluation", "verdict", "92px", values=[_VERDICTS[one] for one in accepted]),
        *_measures(quality),
        _column("by hand", "judged", "96px", help_text="What a person decided, with tag and note.") | {"spare": True},
        # The evaluation stands beside it; without it the whole reason fits in.
        _column("reason", "text", "minmax(140px, 1fr)", values=_reasons(components.n, evaluation)),
        *_places(components),
    ]
    return {"n": components.n, "accepted": accepted, "columns": columns}


def _measures(quality: ComponentQuality) -> Iterator[dict[str, Any]]:
    yield _measured("SNR", quality.snr, 2)
    yield _measured("spatial r", quality.r_value, 3)
    yield _measured(
        "soma", quality.soma, 2, "Likeness to a cell body in focus, 0 to 1; the reason names its weakest part."
    )
    if np.isfinite(quality.cnn).any():
        yield _measured("CNN", quality.cnn, 2)


def _places(components: Components) -> Iterator[dict[str, Any]]:
    centers = components.centers_px()
    places = (("area (px)", components.A.getnnz(axis=0), 0), ("y (px)", centers[:, 0], 1), ("x (px)", centers[:, 1], 1))
    for name, values, digits in places:
        yield _measured(name, values, digits) | {"spare": True}


def _reasons(n: int, evaluation: Evaluation | None) -> list[str]:
    told = [why(reason) for reason in evaluation.reasons] if evaluation else []
    return told + [""] * (n - len(told))


def _measured(name: str, values: NDArray, digits: int, help_text: str = "") -> dict[str, Any]:
    numbers = packing.numbers(values, digits + 2)
    return _column(name, "number", "72px", values=numbers, help_text=help_text) | {
        "digits": digits,
        "first": _DESCENDING,
    }


def _column(
    name: str, kind: str, width: str, *, values: list[Any] | None = None, help_text: str = ""
) -> dict[str, Any]:
    """Give a column; the component's own number needs no values. `first` is the order that the first click sorts in."""
    column = {"name": name, "title": name, "kind": kind, "width": width, "help": help_text, "first": _ASCENDING}
    return column if values is None else column | {"values": values}
