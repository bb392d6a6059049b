"""A search for good values: parameters and the range that each may be in."""

from collections.abc import Sequence
from dataclasses import dataclass

from calscope.model.crop import Crop
from calscope.model.errors import ParameterError
from calscope.model.json_text import quoted
from calscope.model.params import Parameters, field_of

MOST_RANGES = 4
"""More would need more points than a person waits for."""
FEWEST_POINTS, MOST_POINTS = 4, 64


@dataclass(frozen=True)
class SearchRange:
    """A parameter that is a number, or a pair of the same number twice, and the range that it may be in."""

    parameter: str
    low: float
    high: float


@dataclass(frozen=True)
class SearchPlan:
    """What is to be searched, and how widely."""

    ranges: tuple[SearchRange, ...]
    n_points: int = 16
    """Points that are tried on the crop, the values in use among them; the best of them are tried on more."""
    crop: Crop | None = None
    """Where it begins; None where the program is to choose."""
    on_whole: bool = True
    """End on the whole recording; else on the largest crop."""
    most_unconfirmed: int | None = None
    """Points with more unconfirmed components come behind all others; None for as many as the values in use have."""


def check_search(plan: SearchPlan) -> None:
    """Refuse what can't be searched.

    Raises
    ------
    ParameterError
        Naming the parameter, and what is allowed.
    """
    names = [one.parameter for one in plan.ranges]
    if not 1 <= len(names) <= MOST_RANGES:
        raise ParameterError(f"A search has 1 to {MOST_RANGES} parameters; got {len(names)}.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ParameterError(f"{twice} is there twice. Give one range for it.")
    if not FEWEST_POINTS <= plan.n_points <= MOST_POINTS:
        raise ParameterError(f"A search has {FEWEST_POINTS} to {MOST_POINTS} points; got {plan.n_points}.")
    if plan.most_unconfirmed is not None and plan.most_unconfirmed < 0:
        raise ParameterError(f"Unconfirmed components can't be fewer than 0; got {plan.most_unconfirmed}.")
    for one in plan.ranges:
        _check_range(one)


def _check_range(one: SearchRange) -> None:
    spec = field_of(one.parameter).spec
    if not spec.kind.startswith(("int", "float")):
        raise ParameterError(f"{one.parameter} is {spec.allowed()}, which has no range. Use a sweep for it.")
    if not one.low < one.high:
        raise ParameterError(f"The range of {one.parameter} must begin below its end; got {one.low:g} to {one.high:g}.")
    for end in (one.low, one.high):
        Parameters.one_value(one.parameter, round(end) if spec.kind.startswith("int") else end)


def read_range(parameter: str, text: str) -> SearchRange:
    """Read a range as people write it: 3:8.

    Raises
    ------
    ParameterError
        When it is not two numbers; whether they are allowed is found by `check_search`.
    """
    try:
        low, high = (float(end) for end in text.split(":"))
    except ValueError:
        raise ParameterError(f"A range of {parameter} is two numbers, as 3:8; got {quoted(text)}.") from None
    return SearchRange(parameter, low, high)


def as_value(parameter: str, number: float) -> float | int | list[float | int]:
    """Give a number as the parameter's value: whole where it must be, twice where it is a pair."""
    kind = field_of(parameter).spec.kind
    value: float | int = round(number) if kind.startswith("int") else float(f"{number:.3g}")
    return [value, value] if kind.endswith("pair") else value


def place_of(plan: SearchPlan, unit: Sequence[float]) -> dict[str, float | int | list[float | int]]:
    """Give the values of a point of the unit cube, by full name."""
    return {
        one.parameter: as_value(one.parameter, one.low + (one.high - one.low) * share)
        for one, share in zip(plan.ranges, unit, strict=True)
    }
