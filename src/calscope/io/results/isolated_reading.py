"""Reads other programs' results in a process of its own: HDF5 and MATLAB files are decoded by foreign code in C.

A damaged file can make that code crash, loop or ask for all of the memory. Then only that process ends, and its death
becomes a sentence. It is limited in time and memory by the size of the files, and answers in plain arrays.

`python -m calscope.io.results.isolated_reading PLACE` is that process.
"""

import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from calscope.io.results import caiman_reader, suite2p_reader
from calscope.io.results.imported_results import ImportedResults
from calscope.io.results.plain_results import read_plain, write_plain
from calscope.model.errors import CalscopeError, RecordingError

if sys.platform != "win32":
    import resource

_LEAST_MEMORY_BYTES, _MEMORY_FACTOR = 400 * 2**20, 16
"""What reading may take beside the program itself, and for each byte of the files."""
_LEAST_TIME_S, _SLOWEST_BYTES_PER_S = 60, 2**20
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_ANSWERED, _REFUSED = 0, 3


def read_isolated(place: Path, files: Sequence[Path]) -> ImportedResults:
    """Read the results at a place, a file of CaImAn's or a plane of suite2p's, in a process of its own.

    Parameters
    ----------
    files
        What is read there; their size sets the limits.

    Raises
    ------
    RecordingError
        When they can't be read, whatever became of the process.
    """
    for file in files:
        if not file.is_file():
            raise RecordingError(f"{file} is no file; it is not opened.")
    n_bytes = sum(file.stat().st_size for file in files)
    # Neither file has a name that could stay behind, also where this process is killed.
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as refusal:
        status = _run(place, n_bytes, answer, refusal)
        if status == _ANSWERED:
            return _answer(place, answer)
        if status == _REFUSED:
            refusal.seek(0)
            raise RecordingError(refusal.read().decode("utf-8", "replace"))
    raise RecordingError(f"{place} is damaged: {_end_in_words(status)}. Copy it again from where it was made.")


def _run(place: Path, n_bytes: int, answer: IO[bytes], refusal: IO[bytes]) -> int | None:
    """Give the exit status; None where the time was over."""
    memory_bytes = _LEAST_MEMORY_BYTES + _MEMORY_FACTOR * n_bytes
    limit_s = int(_LEAST_TIME_S + n_bytes / _SLOWEST_BYTES_PER_S)
    try:
        return subprocess.run(
            [sys.executable, "-m", __name__, os.fspath(place.absolute()), str(memory_bytes), str(limit_s)],
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=refusal,
            env=os.environ | dict.fromkeys(_ONE_THREAD, "1"),
            timeout=limit_s,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return None


def _answer(place: Path, answer: IO[bytes]) -> ImportedResults:
    answer.seek(0)
    try:
        return read_plain(answer)
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise RecordingError(f"{place} is damaged: what was read of it can't be right ({error}).") from None


def _end_in_words(status: int | None) -> str:
    if status is None:
        return "reading it did not come to an end"
    if status < 0:
        name = signal.Signals(-status).name if -status in signal.valid_signals() else str(-status)
        return f"the process that read it crashed ({name})"
    return "the process that read it failed"


def read_here(place: Path) -> ImportedResults:
    """Read results in this process; only for files that are known to be whole."""
    return caiman_reader.read_caiman(place) if place.is_file() else suite2p_reader.read_suite2p(place)


def _main(place: Path, memory_bytes: int, limit_s: int) -> int:
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    refusal = os.fdopen(os.dup(sys.stderr.fileno()), "wb")
    # What libraries print must not get into the answer.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    _limit(memory_bytes, limit_s)
    try:
        with answer:
            write_plain(answer, read_here(place))
    except CalscopeError as error:
        return _refuse(refusal, str(error))
    except MemoryError:
        return _refuse(refusal, f"{place} says that it holds far more than a file of its size can.")
    except Exception as error:  # noqa: BLE001 - foreign readers fail on damaged files in every way there is
        return _refuse(refusal, f"{place} is damaged: {type(error).__name__}, {' '.join(str(error).split())[:200]}.")
    return _ANSWERED


def _refuse(refusal: IO[bytes], text: str) -> int:
    with refusal:
        refusal.write(text.encode("utf-8", "replace"))
    return _REFUSED


def _limit(memory_bytes: int, limit_s: int) -> None:
    """Bound memory and time where the system can, also when nobody waits any more; leave no image of a crash behind."""
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
    if sys.platform == "linux":  # macOS does not keep to it
        limit = psutil.Process().memory_info().vms + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
