"""The processes that do jobs: one for each job, told its folder through its standard input.

Importing what a job needs takes two seconds, more than a job that finds everything in the store. So a server may have
one process ready that has done this and waits (`keep_ready`). Whoever is told a folder does that one job and ends: a
process that waited and one that was started for the job differ in nothing else. A process that waits has no job, owns
nothing in the store, and ends when nobody holds the other end of its standard input, however the server ended.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import calscope
from calscope.jobs.job_folder import JobFolder

QUIET_S = 0.6
"""The next process is made ready when no page was drawn for so long: its imports would slow the drawing down."""
IDLE_S = 15 * 60.0
"""A process that waits is let go when no page was drawn for so long: it holds memory."""
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
Process = subprocess.Popen[bytes]
_Surroundings = tuple[Mapping[str, str], Path, frozenset[tuple[str, int]]]


@dataclass(frozen=True)
class _Ready:
    """A process that waits for a folder, and what it was started in."""

    process: Process
    surroundings: _Surroundings


class WorkerProcesses:
    """Starts the processes of one server that do jobs, and keeps one ready where that is asked for."""

    def __init__(self, worker: Sequence[str]) -> None:
        """Take what Python runs as the worker."""
        self._worker = tuple(worker)
        self._changing = threading.Lock()
        self._ready: _Ready | None = None
        self._at_work: set[str] = set()
        self._asked_at = 0.0
        self._keeper: threading.Thread | None = None

    def do(self, folder: JobFolder) -> None:
        """Have a process do the job of a folder: the one that waits, if it is as a new one would be, or a new one.

        Raises
        ------
        OSError
            When the log can't be written, or the system starts no process.
        """
        with self._changing:
            ready, self._ready = self._ready, None
            self._at_work.add(folder.id)
        is_told = ready is not None and _take_up(ready, folder)
        try:
            process = ready.process if ready is not None and is_told else self._begin(folder)
        except OSError:
            self._note_end(folder)
            raise
        self._follow(process, folder, waited=is_told)

    def keep_ready(self) -> None:
        """Have a process ready whenever no job of this server runs, until nobody has asked for `IDLE_S`."""
        with self._changing:
            self._asked_at = time.monotonic()
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="ready-worker", daemon=True)
                self._keeper.start()

    def let_go(self) -> None:
        """Let the process go that waits, if any; it ends by itself."""
        with self._changing:
            ready, self._ready, self._asked_at = self._ready, None, 0.0
        if ready is not None:
            _close(ready.process)

    @property
    def waiting_pid(self) -> int | None:
        """Number of the process that waits, None where none does."""
        with self._changing:
            return self._ready.process.pid if self._ready and self._ready.process.poll() is None else None

    def _keep(self) -> None:
        """Make a process ready, again and again, as long as pages ask."""
        while True:
            time.sleep(QUIET_S / 3)
            with self._changing:
                unasked_s = time.monotonic() - self._asked_at
                if unasked_s > IDLE_S:
                    self._keeper = None
                    break
                if not self._at_work and unasked_s >= QUIET_S:
                    self._see_that_one_is_ready()
        self.let_go()

    def _see_that_one_is_ready(self) -> None:
        if self._ready is not None:
            if self._ready.process.poll() is None:
                return
            _close(self._ready.process)
        surroundings = _surroundings()  # before it begins: what changes while it imports is another
        with suppress(OSError):  # the next job starts one, and says why that can't be
            process = self._start(subprocess.DEVNULL)
            self._ready = _Ready(process, surroundings)
            # Waits for the process, so that none stays behind as a dead entry of the system's list.
            threading.Thread(target=process.wait, name="wait-for-ready-worker", daemon=True).start()

    def _begin(self, folder: JobFolder) -> Process:
        """Start a process and tell it a job's folder at once."""
        with folder.log.open("ab") as log:
            process = self._start(log)
        _tell(process, folder)  # one that has ended by now says why in the log
        return process

    def _start(self, log: IO[bytes] | int) -> Process:
        return subprocess.Popen(
            [sys.executable, *self._worker],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | dict.fromkeys(ONE_THREAD, "1") | {"PYTHONUNBUFFERED": "1"},
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def _follow(self, process: Process, folder: JobFolder, *, waited: bool) -> None:
        wait = partial(self._wait_for, process, folder, waited=waited)
        threading.Thread(target=wait, name=f"wait-{folder.id}", daemon=True).start()

    def _wait_for(self, process: Process, folder: JobFolder, *, waited: bool) -> None:
        """Wait for a worker's end, so that it does not stay behind as a dead entry of the system's list."""
        process.wait()
        with suppress(OSError):  # the job or its store may have been removed
            if waited and folder.process() is None and folder.says_active():  # killed as it was told
                self._follow(self._begin(folder), folder, waited=False)
                return
            folder.note_end()
        self._note_end(folder)

    def _note_end(self, folder: JobFolder) -> None:
        with self._changing:
            self._at_work.discard(folder.id)


def wait_for_folder() -> JobFolder | None:
    """Wait, in a worker, to be told a job's folder; None where whoever started it has ended or lets it go.

    From then on what is written goes into the job's log, and there is no more to read.
    """
    told = sys.stdin.buffer.read()
    if not told:
        return None
    folder = JobFolder(Path(os.fsdecode(told)))
    with suppress(OSError), folder.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
        for number, file in enumerate((nothing, log, log)):
            os.dup2(file.fileno(), number)
    return folder


def _take_up(ready: _Ready, folder: JobFolder) -> bool:
    """Tell the process that waits; False, and it is let go, where it is gone or was started in other surroundings."""
    if ready.surroundings == _surroundings() and _tell(ready.process, folder):
        return True
    _close(ready.process)
    return False


def _tell(process: Process, folder: JobFolder) -> bool:
    """Tell a worker its folder; False where it has ended."""
    if process.poll() is not None or process.stdin is None:
        return False
    try:
        process.stdin.write(os.fsencode(folder.path.absolute()))
        process.stdin.close()
    except OSError:
        return False
    return True


def _close(process: Process) -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def _surroundings() -> _Surroundings:
    """Give what a new process would find, by which one that was started earlier may differ from it.

    Sources of this program are told by their times, libraries by those of the folders they are installed in: an
    installation or an update changes these.
    """
    libraries = [Path(entry) for entry in sys.path if entry]
    sources = Path(calscope.__file__).parent.rglob("*.py")
    return dict(os.environ), Path.cwd(), frozenset((str(path), _changed_ns(path)) for path in (*libraries, *sources))


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1
