"""What is set for single animals: in `--params FILE`, in `--inputs FILE`, and by `--set ANIMAL:NAME=VALUE`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calscope.cli.settings import read_text, split_change
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.errors import ParameterError
from calscope.model.json_text import parse_json
from calscope.model.parameter_file import OwnValues


def names_of(text: str | None) -> tuple[str, ...] | None:
    """Give the animals that an option names, A,B; None without it."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise ParameterError("--animals names no animal. Give names, as A,B, or leave it out for all of them.")
    return names


def split_changes(changes: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Give the changes that concern all animals, NAME=VALUE, and those of one, as the animal and NAME=VALUE."""
    for_all, of_one = [], []
    for change in changes:
        animal, colon, _ = change.partition("=")[0].rpartition(":")
        if colon:
            of_one.append((animal, change[len(animal) + 1 :]))
        else:
            for_all.append(change)
    return for_all, of_one


def read_inputs(
    file: str | None, changes: Sequence[tuple[str, str]], of_params: Mapping[str, OwnValues]
) -> dict[str, AnimalInputs]:
    """Give the inputs of each animal.

    Parameters
    ----------
    file
        JSON, {"Animal_1": {"parameters": {"cnmf.gSig": [5, 5]}, "seeds": [[y, x]]}}; or a run.json that `calscope run`
        wrote, of all animals or of one.
    changes
        By animal NAME=VALUE, which counts in place of both files'.
    of_params
        By animal what the parameter file says, in place of which the inputs file's values count.

    Raises
    ------
    ParameterError
        When the file can't be read or holds something else, naming the animal.
    """
    inputs = {animal: AnimalInputs(values) for animal, values in of_params.items()}
    for animal, found in ({} if file is None else _read(Path(file))).items():
        weaker = inputs.get(animal, NO_INPUTS).parameters
        inputs[animal] = replace(found, parameters={**weaker, **found.parameters})
    for animal, change in changes:
        name, value = split_change(change)
        own = inputs.get(animal, NO_INPUTS)
        inputs[animal] = replace(own, parameters={**own.parameters, name: value})
    return inputs


def _read(path: Path) -> dict[str, AnimalInputs]:
    what = f"The inputs file {path}"
    try:
        found = parse_json(read_text(path, what))
    except ValueError as error:
        raise ParameterError(f"{what} is not valid JSON: {error}.") from None
    if not isinstance(found, dict):
        raise ParameterError(f'{what} must be an object such as {{"Animal_1": {{"seeds": [[12, 40]]}}}}.')
    return {animal: _one(animal, values, path) for animal, values in _by_animal(found).items()}


def _by_animal(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the inputs by animal, out of a run.json where it is one."""
    inputs = found.get("inputs")
    if "versions" not in found or not isinstance(inputs, Mapping):
        return found
    return inputs if "animals" in found else {str(found.get("name")): inputs}


def _one(animal: str, values: object, path: Path) -> AnimalInputs:
    try:
        return AnimalInputs.from_dict(values)
    except ParameterError as error:
        raise ParameterError(f"{animal} in {path}: {error}") from None
