"""A parameter file: values for all animals and, where it has any, values that single animals have of their own."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from calscope.model.animal_inputs import AnimalInputs
from calscope.model.caiman_params import from_caiman, is_caiman
from calscope.model.errors import ParameterError
from calscope.model.json_text import parse_json, quoted
from calscope.model.notes import Note
from calscope.model.params import Parameters, fields

ANIMALS = "animals"
"""The entry beside the groups that holds the values of single animals."""
_FEW = 5
OwnValues = Mapping[str, Any]
"""Values of one animal by the parameter's full name."""


@dataclass(frozen=True)
class ParameterFile:
    """What a parameter file says."""

    params: Parameters
    """For all animals."""
    animals: Mapping[str, OwnValues] = field(default_factory=dict)
    """By animal: the values that count in place of those for all."""
    notes: tuple[Note, ...] = ()


def read_parameter_file(text: str, *, leaves_out_unknown: bool = False) -> ParameterFile:
    """Read a parameter file of either form, Calscope's or CaImAn's groups, with or without an entry `animals`.

    Parameters
    ----------
    leaves_out_unknown
        Take what is known and name the rest in a note, as from a file of another version; else unknown names are
        refused. A file of which nothing is known is refused in any case.

    Raises
    ------
    ParameterError
        When it is no JSON or no object, or naming each parameter (and its animal) that is unknown or out of range.
        Whether an animal's own values fit together with the others is found where they are used.
    """
    try:
        values = parse_json(text)
    except ValueError as error:
        raise ParameterError(f"The parameters are not valid JSON: {error}.") from None
    if not isinstance(values, dict):
        groups = ", ".join(Parameters.model_fields)
        raise ParameterError(f"The parameters must be a JSON object with the groups {groups}.")
    unknown = _take_out_unknown(values) if leaves_out_unknown else []
    own = _own_values(values.pop(ANIMALS, {}))
    params, notes = from_caiman(values) if is_caiman(values) else (Parameters.from_dict(values), ())
    return ParameterFile(params, own, (*notes, Note("unknown_parameters", {"names": unknown})) if unknown else notes)


def _take_out_unknown(values: dict[str, Any]) -> list[str]:
    """Take names that no parameter has out of what a file says, and give them; CaImAn's are told where they are read.

    Raises
    ------
    ParameterError
        When nothing is left.
    """
    known, unknown = {field.dotted for field in fields()}, []
    if not is_caiman(values):
        unknown += _take_out(values, {*Parameters.model_fields, ANIMALS}, "")
        for group in Parameters.model_fields:
            names = {name.partition(".")[2] for name in known if name.startswith(f"{group}.")}
            unknown += _take_out(values.get(group), names, f"{group}.")
    own = values.get(ANIMALS)
    for animal, of_one in own.items() if isinstance(own, dict) else ():
        unknown += _take_out(of_one, known, f"{animal}: ")
    if not any(values.values()):
        held = f"Its entries are {', '.join(unknown[:_FEW])}. " if unknown else "It is empty. "
        raise ParameterError(f"There is no parameter of Calscope or CaImAn in it. {held}A parameter file is needed.")
    return unknown


def _take_out(values: Any, known: Collection[str], before: str) -> list[str]:
    """Remove what is not known; give its names with what stands before them."""
    found = [name for name in values if name not in known] if isinstance(values, dict) else []
    for name in found:
        del values[name]
    return [f"{before}{name}" for name in found]


def write_parameter_file(values: OwnValues, animals: Mapping[str, OwnValues]) -> str:
    """Give the JSON text of values for all animals and of single ones, each by full name; the rest stays at default."""
    groups: dict[str, Any] = {}
    for dotted, value in values.items():
        group, _, name = dotted.partition(".")
        groups.setdefault(group, {})[name] = value
    own = {animal: dict(of_it) for animal, of_it in animals.items() if of_it}
    return json.dumps(groups | ({ANIMALS: own} if own else {}), indent=1) + "\n"


def _own_values(found: object) -> dict[str, dict[str, Any]]:
    if not isinstance(found, Mapping):
        raise ParameterError(
            f'{ANIMALS} must be an object such as {{"Animal_3": {{"cnmf.gSig": [6, 6]}}}}, not {quoted(found)}.'
        )
    return {animal: _of_one(animal, values) for animal, values in found.items()}


def _of_one(animal: str, values: object) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise ParameterError(f'{animal}: needs an object such as {{"cnmf.gSig": [6, 6]}}, not {quoted(values)}.')
    try:
        return dict(
            AnimalInputs({name: Parameters.one_value(name, value) for name, value in values.items()}).parameters
        )
    except ParameterError as error:
        raise ParameterError(f"{animal}: {error}") from None
