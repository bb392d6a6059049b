"""The table of parameters of a report: what differs from the defaults, and what was not used as asked for."""

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from calscope.export.exported_animal import ExportedAnimal, ExportedRun
from calscope.export.report.markup import Content, element, join
from calscope.model.errors import ParameterError
from calscope.model.fields import ParameterField
from calscope.model.params import field_of, fields


def parameter_table(run: ExportedRun) -> Markup:
    """One row a parameter, one column for each set of values that was used."""
    sets = _sets([animal for animal in run.animals if animal.effective])
    if not sets:
        return element("p", None, "The parameters are not recorded in this folder.")
    names = ["used"] if len(sets) == 1 else [", ".join(animal.name for animal in animals) for animals in sets]
    header = [element("th", {"scope": "col"}, cell) for cell in ("parameter", "", "default", *names)]
    rows = [_row(field, sets) for field in fields()]
    body = element("tbody", None, *rows)
    explain = element(
        "p",
        None,
        element("span", {"class": "changed"}, "bold"),
        ": not the default. ",
        element("span", {"class": "overruled"}, "orange"),
        ": not what was asked for; the value asked for stands behind it.",
    )
    return join(
        explain, element("table", {"class": "parameters"}, element("thead", None, element("tr", None, *header)), body)
    )


def _sets(animals: Sequence[ExportedAnimal]) -> list[list[ExportedAnimal]]:
    sets: dict[str, list[ExportedAnimal]] = {}
    for animal in animals:
        values = [animal.effective, animal.requested, list(animal.own_values)]
        sets.setdefault(json.dumps(values, sort_keys=True, default=str), []).append(animal)
    return list(sets.values())


def _row(field: ParameterField, sets: Sequence[Sequence[ExportedAnimal]]) -> Markup:
    unit = f" ({field.spec.unit})" if field.spec.unit else ""
    label: Content = element("span", {"title": field.spec.meaning}, field.spec.label + unit)
    cells = [element("code", None, field.dotted), label, _words(field.default, field)]
    values = [_value_cell(field, animals[0]) for animals in sets]
    return element("tr", None, *(element("td", None, cell) for cell in cells), *values)


def _value_cell(field: ParameterField, animal: ExportedAnimal) -> Markup:
    if not _is_known(field, animal):
        return element("td", None, "–")
    value = _words(animal.param(field.dotted), field)
    asked = animal.requested.get(field.group, {}).get(field.name)
    overruled = asked is not None and not _same(asked, animal.param(field.dotted))
    look = "overruled" if overruled else "changed" if _is_changed(field, animal) else None
    own = " (its own)" if field.dotted in animal.own_values else ""
    return element("td", {"class": look}, value, f" (asked for: {_words(asked, field)})" if overruled else "", own)


def _is_changed(field: ParameterField, animal: ExportedAnimal) -> bool:
    return _is_known(field, animal) and not _same(animal.param(field.dotted), field.default)


def _is_known(field: ParameterField, animal: ExportedAnimal) -> bool:
    return field.name in animal.effective.get(field.group, {})


def _same(one: Any, other: Any) -> bool:
    """Equal, where JSON has made lists of pairs."""
    return (list(one) if isinstance(one, tuple) else one) == (list(other) if isinstance(other, tuple) else other)


def value_words(dotted: str, value: Any) -> str:
    """Say a value as the table does; one of a parameter of another version as it is."""
    try:
        return _words(value, field_of(dotted))
    except ParameterError:
        return str(value)


def _words(value: Any, field: ParameterField) -> str:
    if value is None:
        return field.spec.none_means or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(f"{v:.6g}" for v in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
