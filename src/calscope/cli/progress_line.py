"""How far a command is, on the terminal: one line that is written over, or now and then a line where it is none."""

import shutil
import sys
import time
from typing import TextIO

from calscope.model.quantities import duration

TTY_INTERVAL_S = 0.1
PLAIN_INTERVAL_S = 30.0


class ProgressLine:
    """Writes to stderr, so that what a command gives on stdout stays clean."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_tty = self._stream.isatty()
        self._shown_at = -float("inf") if self._is_tty else time.monotonic()
        self._width = 0

    def show(self, fraction: float, text: str = "", eta_s: float | None = None) -> None:
        """Show how far it is, if it is time to."""
        now = time.monotonic()
        if now - self._shown_at < (TTY_INTERVAL_S if self._is_tty else PLAIN_INTERVAL_S):
            return
        self._shown_at = now
        left = "" if eta_s is None else f", {duration(eta_s)} left"
        line = f"{100 * fraction:3.0f} %{left}  {text}"
        if not self._is_tty:
            self._write(f"{line}\n")
            return
        self.clear()
        line = line[: shutil.get_terminal_size().columns - 1]
        self._width = len(line)
        self._write(line)

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self.clear()
        self._write(f"{text}\n")

    def clear(self) -> None:
        """Take the line away."""
        if self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
