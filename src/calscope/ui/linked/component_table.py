"""The list of components with their measures and reasons, as a linked view."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calscope.model.note_texts.all_texts import briefly, why
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Components, Evaluation
from calscope.ui.evaluation import left_to_judge
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import mounting, packing
from calscope.ui.widgets import charts

NAME = "component_table"
_ASCENDING, _DESCENDING = 1, -1
_FLAGS = "What speaks against it without rejecting it; the whole on hover. A click sorts by how many."
_WIDTHS = {"SNR": "60px", "soma": "60px", "CNN": "60px", "y (px)": "62px", "x (px)": "62px"}
_VERDICTS = {True: "accepted", False: "rejected", None: "not evaluated"}


def show(view: EvaluatedAnimal, page: str, height_px: int) -> None:
    """Draw the table; the order that it is sorted in is the one that the arrow keys follow."""
    has_flags = view.flags is not None
    refit, quality = view.unjudged_keys[0], view.animal.results.keys["component_quality"]
    measured = _measured_of(refit, quality, _components=view.components, _quality=view.quality)
    data = _data(view.unjudged_keys, has_flags, _n=view.components.n, _measured=measured, _evaluation=view.unjudged)
    with_doubt = left_to_judge.is_on() and left_to_judge.of(view) is not None
    key = " ".join((*view.unjudged_keys, "with doubt" if with_doubt else ""))
    own = {"id": key, "height": height_px, "label": f"Components of {view.animal.name}"}
    if with_doubt:
        data = data | {"columns": _with_doubt(data["columns"])}
    mounting.mount(NAME, view, page, {**data, **own})


def _with_doubt(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the doubt after the verdict; the browser lays it over, as it changes with each decision."""
    about = "How likely you would change the verdict, 0 to 1. Sorted by it, the next one after a decision is the most "
    doubt = _column("doubt", "number", "64px", values=[], help_text=f"{about}doubtful one. Key d goes there.")
    return [*columns[:2], doubt | {"digits": 2, "first": _DESCENDING}, *columns[2:]]


Columns = list[dict[str, Any]]


@charts.cached
def _measured_of(
    refit: str, quality: str, _components: Components, _quality: ComponentQuality
) -> tuple[Columns, Columns]:
    return measured_columns(_components, _quality)


@charts.cached
def _data(
    keys: tuple[str, str, str],
    has_flags: bool,  # noqa: FBT001 - part of the key
    _n: int,
    _measured: tuple[Columns, Columns],
    _evaluation: Evaluation | None,
) -> dict[str, Any]:
    return make_data(_n, _measured, _evaluation, has_flags=has_flags)


def measured_columns(components: Components, quality: ComponentQuality) -> tuple[Columns, Columns]:
    """Give the columns that no threshold changes: measures (of the network only where it was used), and places."""
    return [*_measures(quality)], [*_places(components)]


def make_data(
    n: int, measured: tuple[Columns, Columns], evaluation: Evaluation | None, *, has_flags: bool = False
) -> dict[str, Any]:
    """Give the columns of the table of `n` components, among them the `measured_columns`.

    `spare` ones go on a narrow page, places earlier: the map shows these, and reasons need the room. What stands
    in the column of flags comes to the browser in a view of its own.
    """
    measures, places = measured
    accepted: list[bool | None] = evaluation.accepted.tolist() if evaluation else [None] * n
    columns = [
        _column("component", "number", "94px", help_text="Counted from 0, as on disk."),
        _column("evaluation", "verdict", "92px", values=[_VERDICTS[one] for one in accepted]),
        *measures,
        _column("by hand", "judged", "84px", help_text="What a person decided, with tag and note.") | {"spare": True},
        # The bar tells the flags of the chosen component, also where the page is too narrow for the column.
        *(
            [_column("flags", "text", "88px", help_text=_FLAGS) | {"first": _DESCENDING, "spare": True}]
            if has_flags
            else []
        ),
        # The evaluation and the measures stand beside it; without them the reason fits in, and hover gives it whole.
        _column("reason", "text", "minmax(124px, 1fr)", values=_reasons(n, evaluation, why))
        | {"brief": _reasons(n, evaluation, briefly)},
        *places,
    ]
    return {"n": n, "accepted": accepted, "columns": columns}


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
    yield _measured("area (px)", components.A.getnnz(axis=0), 0) | {"spare": True}
    for name, values in (("y (px)", centers[:, 0]), ("x (px)", centers[:, 1])):
        yield _measured(name, values, 1) | {"spare": "place"}


def _reasons(n: int, evaluation: Evaluation | None, words: Callable[[Note], str]) -> list[str]:
    told = [words(reason) for reason in evaluation.reasons] if evaluation else []
    return told + [""] * (n - len(told))


def _measured(name: str, values: NDArray, digits: int, help_text: str = "") -> dict[str, Any]:
    numbers = packing.numbers(values, digits + 2)
    return _column(name, "number", _WIDTHS.get(name, "72px"), values=numbers, help_text=help_text) | {
        "digits": digits,
        "first": _DESCENDING,
    }


def _column(
    name: str, kind: str, width: str, *, values: list[Any] | None = None, help_text: str = ""
) -> dict[str, Any]:
    """Give a column; the component's own number needs no values. `first` is the order that the first click sorts in."""
    column = {"name": name, "title": name, "kind": kind, "width": width, "help": help_text, "first": _ASCENDING}
    return column if values is None else column | {"values": values}
