"""The server's side of tuning: starts the process that tries parameters, asks it, and knows what it answered."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import IO, Any

from calscope.io.server_rights import Right, require
from calscope.jobs.tune_messages import TrialEnd, TuneAnswer, TuneRequest
from calscope.jobs.worker_processes import ONE_THREAD
from calscope.model.animal_inputs import NO_INPUTS, AnimalInputs
from calscope.model.crop import Crop
from calscope.model.errors import StoreError

WORKER = ("-m", "calscope.jobs.tune_worker")
_TAIL_BYTES = 400


@dataclass(frozen=True)
class Trial:
    """What is to be tried, and where."""

    path: str
    """The recording."""
    params: dict[str, dict[str, Any]]
    n_frames: int | None = None
    crop: Crop | None = None
    inputs: AnimalInputs = NO_INPUTS
    until: TrialEnd = "tuning"


@dataclass
class _Process:
    running: "subprocess.Popen[bytes]"
    log: IO[bytes]
    asked: dict[str, TuneRequest] = field(default_factory=dict)


class Tuner:
    """The process that tries parameters for all windows of one server, started when one asks.

    It may be used by several threads at once.
    """

    def __init__(self, root: Path, worker: Sequence[str] = WORKER) -> None:
        """Take the root of the result store, and what Python runs as the worker."""
        self._root, self._worker = root, tuple(worker)
        self._numbers = count(1)
        self._process: _Process | None = None
        self._answers: dict[str, TuneAnswer] = {}
        self._changed = threading.Condition()

    def ask(self, who: str, trial: Trial) -> int:
        """Have something tried, in place of what the same window asked for before; give the number of the request.

        Raises
        ------
        StoreError
            When the process can't be started.
        NotAllowedError
            When this server tries nothing.
        """
        require(Right.RUN)
        with self._changed:
            request = TuneRequest(
                next(self._numbers),
                who,
                trial.path,
                trial.params,
                trial.n_frames,
                trial.crop,
                trial.inputs,
                trial.until,
            )
            self._answers[who] = TuneAnswer(request.number, who, trial.crop)
            process = self._ready()
            process.asked[who] = request
            try:
                _send(process, request)
            except OSError:  # it ended just now, as it does when nobody asked for long
                process = self._process = self._start()
                process.asked[who] = request
                _send(process, request)
            return request.number

    def answer(self, who: str) -> TuneAnswer | None:
        """Give what is known of the newest request of a window; None where it never asked."""
        with self._changed:
            return self._answers.get(who)

    def wait(self, who: str, seen: TuneAnswer | None, timeout_s: float) -> TuneAnswer | None:
        """Wait until there is another answer than the one seen, or the time is over, and give it."""
        with self._changed:
            self._changed.wait_for(lambda: self._answers.get(who) is not seen, timeout_s)
            return self._answers.get(who)

    def end(self) -> None:
        """End the process; the next one who asks starts another."""
        with self._changed:
            process, self._process = self._process, None
        if process is not None:
            _close(process)
            process.running.wait()

    def _ready(self) -> _Process:
        if self._process is None or self._process.running.poll() is not None:
            self._process = self._start()
        return self._process

    def _start(self) -> _Process:
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the thread that listens
        try:
            running = subprocess.Popen(
                [sys.executable, *self._worker, str(self._root.absolute())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | dict.fromkeys(ONE_THREAD, "1"),
            )
        except OSError as error:
            log.close()
            raise StoreError(
                f"The process that tries parameters can't be started: {error.strerror or error}."
            ) from None
        process = _Process(running, log)
        threading.Thread(target=self._listen, args=(process,), name="tuner", daemon=True).start()
        return process

    def _listen(self, process: _Process) -> None:
        """Take answers until the process ends; then tell those who still wait for one."""
        with process.running.stdout or nullcontext(()) as said:
            for line in said:
                self._take(process, line)
        process.running.wait()
        _close(process)
        with self._changed, process.log:
            why = _why(process)
            for who, request in process.asked.items():
                if self._answers[who].number == request.number and not self._answers[who].is_over:
                    self._answers[who] = replace(self._answers[who], error=why)
            self._changed.notify_all()

    def _take(self, process: _Process, line: bytes) -> None:
        try:
            said = TuneAnswer.from_line(line)
        except StoreError:
            return  # something printed by a library
        with self._changed:
            newest = process.asked.get(said.who)
            if newest is not None and newest.number == said.number == self._answers[said.who].number:
                self._answers[said.who] = said
                self._changed.notify_all()


def _send(process: _Process, request: TuneRequest) -> None:
    if process.running.stdin is not None:
        process.running.stdin.write(request.to_line())
        process.running.stdin.flush()


def _close(process: _Process) -> None:
    """Close what requests are written to: the process ends then, if it has not."""
    if process.running.stdin is not None:
        with suppress(OSError):
            process.running.stdin.close()


def _why(process: _Process) -> str:
    """Say that the process ended, with the last line that it wrote."""
    process.log.seek(max(0, process.log.seek(0, os.SEEK_END) - _TAIL_BYTES))
    lines = process.log.read().decode("utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    status = process.running.returncode
    return (
        f"The process that tries parameters ended (exit status {status}){': ' + last if last else ''}. Nothing else is "
        "lost. Change a value to try again; it starts anew by itself."
    )
