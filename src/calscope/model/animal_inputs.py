"""What a person sets for one animal only, as one value that goes from the request through the keys into the record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ConfigDict

from calscope.model.errors import ParameterError
from calscope.model.json_text import quoted
from calscope.model.params import Parameters
from calscope.model.seeds import Seeds, as_seeds

InputPart = Literal["seeds", "known_cells"]
"""Parts that a stage can declare to read; parameters are not among them, for each names its stages itself."""


@dataclass(frozen=True)
class AnimalInputs:
    """What a person sets for one animal; a new kind of input is one field here and a part that stages declare."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    parameters: Mapping[str, Any] = field(default_factory=dict)
    """This animal's own parameters in place of those of the whole run, by full name (cnmf.gSig)."""
    seeds: Seeds = ()
    """Pixels (y, x) at which the refit begins a component each."""
    known_cells: str = ""
    """Key of known cells of other values, to be put in instead of those of its own: so that values can be compared."""

    def __post_init__(self) -> None:
        """Bring the values into the form that they have in JSON, so that equal inputs compare as equal."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in self.parameters.items()}
        object.__setattr__(self, "parameters", plain)
        object.__setattr__(self, "seeds", as_seeds(self.seeds))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is set."""
        return not self.to_dict()

    def only(self, parts: Iterable[InputPart]) -> "AnimalInputs":
        """Give these parts alone: all that a stage that declares them may see."""
        return AnimalInputs(**{part: getattr(self, part) for part in parts})

    def to_dict(self) -> dict[str, Any]:
        """Give plain values that JSON can hold, without the parts that are empty."""
        values = {
            "parameters": dict(self.parameters),
            "seeds": [list(seed) for seed in self.seeds],
            "known_cells": self.known_cells,
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_dict(cls, values: object) -> "AnimalInputs":
        """Read what `to_dict` gave, or a person wrote: all but known cells, which only sweeps choose.

        Raises
        ------
        ParameterError
            Naming the part that is unknown or of another form, and what is allowed. Names and values of parameters are
            checked by `parameters_of`, together with those of the whole run.
        """
        known = ("parameters", "seeds")
        if not isinstance(values, Mapping):
            raise ParameterError(
                f"The inputs of an animal are an object with {' and '.join(known)}, not {quoted(values)}."
            )
        for name in values:
            if name not in known:
                raise ParameterError(f"There is no input {quoted(name)} of an animal. Known ones: {', '.join(known)}.")
        parameters, seeds = values.get("parameters", {}), values.get("seeds", ())
        if not isinstance(parameters, Mapping):
            raise ParameterError(f'Parameters are an object such as {{"cnmf.gSig": [5, 5]}}, not {quoted(parameters)}.')
        if not isinstance(seeds, list | tuple) or not all(isinstance(seed, list | tuple) for seed in seeds):
            raise ParameterError(f"Seeds are a list of pixels such as [[12, 40], [7, 9]] (y, x), not {quoted(seeds)}.")
        return cls(parameters, as_seeds(seeds))


NO_INPUTS = AnimalInputs()


def parameters_of(animal: str, params: Parameters, inputs: AnimalInputs) -> Parameters:
    """Give the parameters of one animal: those of the whole run, with its own in their place.

    Raises
    ------
    ParameterError
        Naming the animal, and every parameter of its own that is unknown, out of range or in conflict with others.
    """
    try:
        return params.replace(inputs.parameters) if inputs.parameters else params
    except ParameterError as error:
        raise ParameterError("\n".join(f"{animal}: {line}" for line in str(error).splitlines())) from None
