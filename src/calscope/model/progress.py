"""How long work tells how far it is, and how it learns that it should stop."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")

Check = Callable[[], None]
"""Called often from inside long work; raises `Cancelled` when the person asked to stop."""


class Progress(Protocol):
    """Called from inside long work, a few times a second.

    Raises
    ------
    Cancelled
        When the person asked to stop: the call is the point at which work may end.
    """

    def __call__(self, fraction: float, note: str = "", /) -> None:
        """Report `fraction` (0 to 1) of the work as done, with a short note of what is going on."""


def silent(fraction: float, note: str = "", /) -> None:
    """Report to nobody."""


def unasked() -> None:
    """Let work go on: nobody can ask it to stop."""


def asking(check: Check, items: Iterable[Item], every: int = 256) -> Iterator[Item]:
    """Give the items, and ask now and then whether to stop."""
    for i, item in enumerate(items):
        if i % every == 0:
            check()
        yield item


class Repeated:
    """Progress that can be told once more, so that work between two reports learns that it should stop."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._last = progress, (0.0, "")

    def __call__(self, fraction: float, note: str = "", /) -> None:
        """Report, and remember what was reported."""
        self._last = fraction, note
        self._progress(fraction, note)

    def again(self) -> None:
        """Report the same as the last time."""
        self._progress(*self._last)


def part(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of a part that covers `start` to `stop` (0 to 1) of the whole."""

    def report(fraction: float, note: str = "", /) -> None:
        progress(start + (stop - start) * fraction, note)

    return report


def monotonic_progress(progress: Progress) -> Progress:
    """Progress that never goes back, whatever its parts report: at most the furthest one reached is reported again."""
    furthest = 0.0

    def report(fraction: float, note: str = "", /) -> None:
        nonlocal furthest
        furthest = max(furthest, min(fraction, 1.0))
        progress(furthest, note)

    return report
