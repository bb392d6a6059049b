"""Who owns a half-made thing: a process, told apart from a later one that got the same number."""

import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

_DEAD_STATES = "ZXx"


@dataclass(frozen=True)
class Owner:
    """A process on a machine; its start is part of it, because process numbers are used again."""

    host: str
    pid: int
    started: str

    @classmethod
    def me(cls) -> "Owner":
        """Give this process."""
        owner = cls.of(os.getpid())
        if owner is None:
            raise RuntimeError("The running process does not find itself.")
        return owner

    @classmethod
    def of(cls, pid: int) -> "Owner | None":
        """Give the living process of that number on this machine, None where there is none."""
        started = _start_of(pid)
        return None if started is None else cls(_host(), pid, started)

    @classmethod
    def parse(cls, token: str) -> "Owner | None":
        """Read what `token` wrote, None where the text is something else."""
        host, _, rest = token.partition(".")
        pid, _, started = rest.partition(".")
        return cls(host, int(pid), started) if started and pid.isdigit() else None

    @property
    def token(self) -> str:
        """The owner as text that may stand in a file name."""
        return f"{self.host}.{self.pid}.{self.started}"

    @property
    def is_gone(self) -> bool:
        """True only where that is certain: a process of another machine may well be alive."""
        return not self.is_foreign and not self.is_alive_here

    @property
    def is_foreign(self) -> bool:
        """Whether it is of another machine, where its number says nothing about the processes of this one."""
        return self.host != _host()

    @property
    def is_alive_here(self) -> bool:
        """True only where that is certain: the same machine, the same number and the same start."""
        return Owner.of(self.pid) == self


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _start_of(pid: int) -> str | None:
    """When a living process started, as text; None for one that is not there or only waits to be reaped."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return _start_from_proc(stat)
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(int(process.create_time() * 1000))
    except psutil.Error:
        return None


def _start_from_proc(stat: Path) -> str | None:
    # Ticks since the machine started, and which start that was: unlike a time of day they don't change with the clock.
    try:
        after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return None
    return None if after_name[0] in _DEAD_STATES else f"{boot}-{after_name[19]}"
