"""A sweep: one or two parameters over several values each, tried on one animal."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from calscope.model.crop import Crop
from calscope.model.errors import ParameterError
from calscope.model.fields import StageName
from calscope.model.json_text import parse_json, quoted
from calscope.model.params import Parameters, field_of

MOST_POINTS = 100
"""More would fill no page that a person can look over."""
MOST_PARAMETERS = 2
_WORDS = {"none": None, "on": True, "off": False}
_DIGITS = 4
"""Of values that are spread over a range: 0.3, not 0.30000000000000004."""


@dataclass(frozen=True)
class Over:
    """One parameter and the values that it takes, in this order."""

    parameter: str
    """Its full name."""
    values: tuple[Any, ...]
    """Plain values as JSON has them; a pair (y, x) is a list of two numbers."""


@dataclass(frozen=True)
class SweepPlan:
    """What is to be tried, and where."""

    over: tuple[Over, ...]
    crop: Crop | None = None
    """The part of the recording; None where the program is to choose it, or the whole recording is meant."""
    whole: bool = False
    """Try on the whole recording."""
    injected: bool = False
    """Also put known cells into the movie at every point, and look which of them are found."""

    @property
    def varies_motion(self) -> bool:
        """Whether the points differ in how motion is corrected."""
        return any("apply" in stages or "estimate" in stages for stages in map(_stages, self.over))


def over(parameter: str, values: Sequence[Any]) -> Over:
    """Give a parameter with the values that it is to take.

    Raises
    ------
    ParameterError
        When there is no such parameter, a value is not allowed or given twice, or there are fewer than two.
    """
    plain = tuple(_plain(Parameters.one_value(parameter, value)) for value in values)
    for at, value in enumerate(plain):
        if value in plain[:at]:
            raise ParameterError(f"{parameter} is given the value {quoted(value)} twice. Leave one of them out.")
    if len(plain) < 2:
        raise ParameterError(
            f"{parameter} has {len(plain) or 'no'} value{'s' * (not plain)}. A sweep needs two or more of a parameter."
        )
    return Over(parameter, plain)


def read_over(parameter: str, text: str) -> Over:
    """Read values as people write them: 3, 4, 5, or pairs as [3, 4], [5, 5], or a range FROM:TO:COUNT.

    Raises
    ------
    ParameterError
        As `over` and `spread`, and when it is something else.
    """
    if ":" not in text:
        return over(parameter, [_value(item) for item in re.findall(r"\[[^\]]*\]?|[^,]+", text) if item.strip()])
    try:
        low, high, count = text.split(":")
        given = float(low), float(high), int(count)
    except ValueError:
        raise ParameterError(f"A range of {parameter} is FROM:TO:COUNT, such as 1:4:7; got {quoted(text)}.") from None
    return over(parameter, spread(parameter, *given))


def _value(text: str) -> Any:
    word = text.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    try:
        return parse_json(word)
    except ValueError:
        return text.strip()


def spread(parameter: str, low: float, high: float, n: int) -> tuple[float | int, ...]:
    """Give `n` values of a number from `low` to `high` in equal steps; fewer where there are no more whole numbers.

    Raises
    ------
    ParameterError
        When it is no number, or the range is empty.
    """
    spec = field_of(parameter).spec
    if not spec.kind.startswith(("int", "float")):
        raise ParameterError(f"{parameter} is {spec.allowed()}, which has no range. Give its values one by one.")
    if not low < high:
        raise ParameterError(f"The range of {parameter} must begin below its end; got {low:g} to {high:g}.")
    if not 2 <= n <= MOST_POINTS:
        raise ParameterError(f"A range of {parameter} has 2 to {MOST_POINTS} values; got {n}.")
    values = [low + (high - low) * step / (n - 1) for step in range(n)]
    if spec.kind.startswith("int"):
        return tuple(dict.fromkeys(round(value) for value in values))
    return tuple(dict.fromkeys(float(f"{value:.{_DIGITS}g}") for value in values))


def points_of(overs: Sequence[Over], params: Parameters) -> tuple[dict[str, Any], ...]:
    """Give the values of every point by full name: the first parameter varies fastest.

    Parameters
    ----------
    params
        All other values.

    Raises
    ------
    ParameterError
        When there are none or too many parameters or points, a parameter twice, or values that don't fit together.
    """
    if not 1 <= len(overs) <= MOST_PARAMETERS:
        raise ParameterError(f"A sweep has one or {MOST_PARAMETERS} parameters; got {len(overs)}.")
    names = [one.parameter for one in overs]
    if len(set(names)) < len(names):
        raise ParameterError(f"{names[0]} is there twice. Give all its values at once, or another parameter.")
    for one in overs:
        over(one.parameter, one.values)
    n_points = len(overs[0].values) * (len(overs[1].values) if len(overs) > 1 else 1)
    if n_points > MOST_POINTS:
        counts = " × ".join(str(len(one.values)) for one in overs)
        raise ParameterError(f"{counts} values are {n_points} points; a sweep has {MOST_POINTS} at most.")
    rows = itertools.product(*(one.values for one in reversed(overs)))
    points = tuple(dict(zip(names, reversed(values), strict=True)) for values in rows)
    for values in points:
        at_point(params, values)
    return points


def at_point(params: Parameters, values: Mapping[str, Any]) -> Parameters:
    """Give the parameters of a point; ParameterError with the point's values where they don't fit together."""
    try:
        return params.replace(values)
    except ParameterError as error:
        said = ", ".join(f"{name} = {quoted(value)}" for name, value in values.items())
        raise ParameterError(f"With {said}: {error}") from None


def in_order(overs: Sequence[Over], points: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Give the numbers of the points in the order in which they share most: early stages change least often."""
    slowest_first = sorted(overs, key=_first_stage)

    def place(number: int) -> tuple[int, ...]:
        return tuple(one.values.index(points[number][one.parameter]) for one in slowest_first)

    return tuple(sorted(range(len(points)), key=place))


def _first_stage(one: Over) -> int:
    order = get_args(StageName)
    return min((order.index(stage) for stage in _stages(one)), default=len(order))


def _stages(one: Over) -> tuple[StageName, ...]:
    return field_of(one.parameter).spec.stages


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
