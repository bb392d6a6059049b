"""How long work tells how far it is, and how it learns that it should stop."""

from typing import Protocol


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
