"""Processes of this machine, told apart from later ones that get the same number."""

import hashlib
import uuid
from functools import cache
from pathlib import Path

import psutil

_DEAD_STATES = "ZXx"


def kernel_id(more: str = "") -> str:
    """Name the running kernel, which all containers of a machine share, and `more`; 8 hexadecimal digits."""
    return hashlib.sha256(f"{_boot()} {more}".encode()).hexdigest()[:8]


def process_identity(pid: int) -> str | None:
    """Give what only this one living process has of all that ever get its number; None where there is none.

    The same number in another container is another process, with another identity.
    """
    started = _start_of(pid)
    return None if started is None else f"{_boot()} {_number_space()} {pid} {started}"


@cache
def _boot() -> str:
    """Name this start of this machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode():x}-{psutil.boot_time():.0f}"


def _number_space() -> str:
    """Name the set of processes among which numbers are given out: on Linux each container has its own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return "all"


def _start_of(pid: int) -> str | None:
    """When a living process started, as text; None for one that is not there or only waits to be reaped."""
    if Path("/proc/self/stat").exists():
        return _start_from_proc(Path(f"/proc/{pid}/stat"))
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(int(process.create_time() * 1000))
    except psutil.Error:
        return None


def _start_from_proc(stat: Path) -> str | None:
    # Ticks since the machine started: unlike a time of day they don't change with the clock.
    try:
        after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in _DEAD_STATES else after_name[19]
