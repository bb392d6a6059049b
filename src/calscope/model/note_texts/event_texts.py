"""What is reported of the events of a recording, in words."""

from collections.abc import Callable


def _outside(file: str, n: int, of: int, end: float, *, is_s: bool) -> str:
    span = f"0 to {end:.1f} s" if is_s else f"frames 0 to {end:.0f}"
    lie, are = ("lies", "is") if n == 1 else ("lie", "are")
    return f"{n} of {of} events {lie} outside of the recording ({span}) and {are} not shown ('{file}')."


EVENTS: dict[str, str | Callable[..., str]] = {
    "events_outside": _outside,
    "events_maybe_ms": "Most times in '{file}' lie beyond the end of the recording; in milliseconds all would lie "
    "within. Say under Events whether they are milliseconds.",
    "events_not_bundled": "The events of the recording are left out, since their file can't be used: {why}",
    "events_without_rate": "The events in '{file}' have times, and the frame rate is unknown: enter it on Data.",
}
