"""CaImAn imported in a process of its own, watched and stopped after a while, for Home and `calscope doctor`."""

import os
import subprocess
import sys
import tempfile
import time
from typing import IO

from calscope.engines.caiman_check import REMAKE, explain_failure, find_caiman
from calscope.engines.engine import Availability

TRY_S = 180.0
"""How long an import may take; the first one after an installation compiles everything."""
STEP = "step: "
"""Begins the lines in which the process says what it does; CaImAn and what it loads write lines of their own."""
_CODE = (
    "import signal, sys; signal.alarm({limit}) if hasattr(signal, 'alarm') else None; "
    "from calscope.engines.caiman import self_test; self_test()"
)
_LOOK_S = 0.05


class Trial:
    """One import of CaImAn with a little computing; begins when it is made, and is never waited for."""

    def __init__(self, timeout_s: float = TRY_S) -> None:
        """Start the process, unless CaImAn is not there at all."""
        self.timeout_s = timeout_s
        self.found = find_caiman()
        self._started = time.monotonic()
        # For appending: the process writes at the end, wherever this one reads.
        self._out, self._err = tempfile.TemporaryFile("a+b"), tempfile.TemporaryFile("a+b")  # noqa: SIM115 - see _close
        self._outcome = None if self.found.ok else self.found
        self._process = self._start() if self.found.ok else None
        if self._outcome is not None:
            self._close()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._started

    @property
    def step(self) -> str:
        """What the process is doing, in words."""
        said = [] if self._out.closed else _text(self._out).splitlines()
        steps = [line.removeprefix(STEP) for line in said if line.startswith(STEP)]
        return steps[-1] if steps else "starting Python"

    def outcome(self) -> Availability | None:
        """Give what came out, as `find_caiman` does, with the first cause of a failure; None while it goes on."""
        if self._outcome is not None or self._process is None:
            return self._outcome
        status = self._process.poll()
        if status is None and self.seconds < self.timeout_s:
            return None
        if status is None:
            self._outcome = _too_slow(self.found.version, self.timeout_s)
        elif status == 0:
            self._outcome = self.found
        else:
            self._outcome = explain_failure(self.found.version, _text(self._err) or _text(self._out), status)
        self._close()
        return self._outcome

    def stop(self) -> None:
        """End the process; nothing came out."""
        if self._outcome is None:
            self._outcome = Availability(ok=False, version=self.found.version, why_not="The trial was stopped.")
        self._close()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", _CODE.format(limit=int(self.timeout_s) + 5)],
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg", "PYTHONUNBUFFERED": "1"},
        )

    def _close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out.close()
        self._err.close()


def try_caiman(timeout_s: float = TRY_S) -> Availability:
    """Import CaImAn in another process and wait for what comes out, as `Trial.outcome`."""
    trial = Trial(timeout_s)
    while (outcome := trial.outcome()) is None:
        time.sleep(_LOOK_S)
    return outcome


def _too_slow(version: str, timeout_s: float) -> Availability:
    return Availability(
        ok=False,
        version=version,
        why_not=f"CaImAn {version} is installed, but importing it took more than {timeout_s:.0f} s.",
        next_step="Try again: the first import after an installation is slow. If it stays so, "
        + REMAKE[0].lower()
        + REMAKE[1:],
    )


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")
