"""Ctrl-C on the command line."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from calscope.model.errors import Cancelled


class Stop:
    """Ctrl-C: the first ends the work at its next report of progress, nothing half-made left; another at once."""

    def __init__(self) -> None:
        self.wanted = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen while the block runs."""

        def on_signal(number: int, frame: object) -> None:
            if self.wanted:
                raise KeyboardInterrupt
            self.wanted = True

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raise `Cancelled` where the person asked to stop."""
        if self.wanted:
            raise Cancelled
