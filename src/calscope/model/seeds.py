"""Places where a person saw a cell that the first fit missed."""

from collections.abc import Iterable, Sequence

from calscope.model.errors import ParameterError
from calscope.model.json_text import quoted

Seeds = tuple[tuple[int, int], ...]
"""Pixels (y, x) at which the refit begins a component each; they belong to one animal."""


def as_seeds(places: Iterable[Sequence[int]]) -> Seeds:
    """Give the places in order, each once, so that the same clicks in another order are the same seeds.

    Raises
    ------
    ParameterError
        When a place is not a pair of whole numbers from 0 up.
    """
    found = set()
    for place in places:
        pair = tuple(place)
        if len(pair) != 2 or not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in pair):
            raise ParameterError(f"A seed is a pixel (y, x) of whole numbers from 0 up, not {quoted(place)}.")
        found.add((pair[0], pair[1]))
    return tuple(sorted(found))


def check_inside(seeds: Seeds, field: tuple[int, int]) -> None:
    """Refuse seeds that lie outside of the field.

    Raises
    ------
    ParameterError
        Naming the first of them.
    """
    height, width = field
    for y, x in seeds:
        if y >= height or x >= width:
            raise ParameterError(
                f"The seed at (y, x) = ({y}, {x}) lies outside of the field of {height} x {width} px. Remove it."
            )
