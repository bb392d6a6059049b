"""What is asked hundreds of times in one drawing of a page, remembered for a while.

Streamlit's own caches take a fifth of a millisecond to find a value, which adds up to a third of the time of a drawing.
"""

import time
from collections.abc import Callable, Hashable
from functools import update_wrapper
from inspect import signature
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
MOST = 1024
"""Values of one function that are remembered."""


class Remembered(Generic[P, R]):
    """A function whose values are remembered by their arguments; those whose names begin with `_` don't count."""

    def __init__(self, function: Callable[P, R], for_s: float) -> None:
        update_wrapper(self, function)
        self._function, self._for_s = function, for_s
        self._counted = [not name.startswith("_") for name in signature(function).parameters]
        self._values: dict[Hashable, tuple[float, R]] = {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Give the value that is remembered, else the function's."""
        by_place = tuple(value for value, counts in zip(args, self._counted, strict=False) if counts)
        key = (*by_place, *((name, value) for name, value in sorted(kwargs.items()) if not name.startswith("_")))
        found = self._values.get(key)
        if found is not None and time.monotonic() - found[0] < self._for_s:
            return found[1]
        asked_at, value = time.monotonic(), self._function(*args, **kwargs)
        self._values.pop(key, None)  # so that it comes last again
        self._values[key] = asked_at, value
        for oldest in list(self._values)[:-MOST]:
            self._values.pop(oldest, None)
        return value

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()


def remembered(for_s: float = float("inf")) -> Callable[[Callable[P, R]], Remembered[P, R]]:
    """Remember a function's values for so long, s. All sessions are given the same one, so nobody may change it."""
    return lambda function: Remembered(function, for_s)
