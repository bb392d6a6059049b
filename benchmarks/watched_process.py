"""Runs a program and watches the memory of it and of all its children."""

import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

INTERVAL_S = 0.1


@dataclass(frozen=True)
class Watched:
    """How a program ran."""

    returncode: int
    samples: tuple[tuple[float, int, int], ...]
    """Time (s since the epoch), own memory (bytes), and resident memory with the file pages that it looked at."""
    last_words: str

    def peak_bytes(self, start: float, stop: float) -> tuple[int, int]:
        """Give the largest own and resident memory between two times."""
        between = [sample[1:] for sample in self.samples if start <= sample[0] <= stop + INTERVAL_S]
        return max((own for own, _ in between), default=0), max((resident for _, resident in between), default=0)


def run_watched(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Watched:
    """Run a program to its end; what it prints goes to a log file."""
    samples = []
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment) as process,
    ):
        while process.poll() is None:
            samples.append((time.time(), *_memory(process.pid)))
            time.sleep(INTERVAL_S)
    return Watched(process.returncode, tuple(samples), "\n".join(log.read_text(errors="replace").splitlines()[-8:]))


def _memory(pid: int) -> tuple[int, int]:
    """Give the own and the resident memory of a process and its children, bytes."""
    own, resident = 0, 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, OSError):
                own += _own_memory(process)
                resident += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return own, resident


def _own_memory(process: psutil.Process) -> int:
    """Give memory that can't be had back by dropping file pages; what processes share is counted once on Linux."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup")
    if rollup.exists():
        found = dict(line.split(":") for line in rollup.read_text().splitlines()[1:])
        if "Pss_Anon" in found:
            return 1024 * (int(found["Pss_Anon"].split()[0]) + int(found["Pss_Shmem"].split()[0]))
    info = process.memory_info()
    return int(info.rss - getattr(info, "shared", 0))
