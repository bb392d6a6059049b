"""Who makes things in a store or another folder, and whether they are still at work.

<root>/owners/<id>.lock    locked by a process for as long as it makes something in the store

What is half made carries the id of its owner in its name, so that it can be swept when the owner is gone. Neither host
names nor process numbers tell that: containers share the one and have the same of the other. A lock does, for all
processes of one kernel. Between machines that share a drive locks may or may not be passed on; so an owner also touches
its file every few seconds, and is taken for gone only where the lock is free and nothing has touched the file while
this process watched it for long. No clock is compared with another one, and none has to be right.
"""

import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from calscope.io.file_locks import is_locked, lock
from calscope.io.processes import kernel_id

BEAT_S = 5.0
"""Seconds between two touches of an owner's file."""
SILENT_S = 45.0
"""An owner whose lock tells nothing is gone when its file was not touched for so long, on the clock of who watches."""
ID = "[0-9a-f]{8}-[0-9a-f]{12}"
"""Pattern of an owner's id: what its lock reaches, and a random part."""
_LOOK_S = 0.5


@dataclass
class _Held:
    """The one file of this process in one store or folder."""

    id: str
    path: Path
    handle: int
    uses: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class _Seen:
    """What this process has seen of an owner of which only the heartbeat can tell."""

    beat_ns: int
    since: float
    """Monotonic time at which the beat was first seen."""
    is_alive: bool
    """Whether an earlier beat was seen before."""


class Owners:
    """The owners of one store, or of what is half made in one folder."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "owners"
        self._prefix = ""

    @classmethod
    def among(cls, folder: Path, prefix: str) -> "Owners":
        """Give the owners whose locks lie in a folder among other things, told from these by how their names begin."""
        owners = cls(folder)
        owners.folder, owners._prefix = folder, prefix
        return owners

    @contextmanager
    def own(self) -> Iterator[str]:
        """Be an owner while the block runs, and give the id; blocks inside each other and in other threads share one.

        Raises
        ------
        OSError
            When the folder can't be written.
        """
        with _changing:
            held = _held.get(self.folder)
            if held is None:
                held = _held[self.folder] = self._new()
                threading.Thread(target=_beat, args=(held,), name="owner-heartbeat", daemon=True).start()
            held.uses += 1
        try:
            yield held.id
        finally:
            with _changing:
                held.uses -= 1
                if held.uses == 0 and _held.get(self.folder) is held:
                    _let_go(_held.pop(self.folder))

    def is_gone(self, owner: str) -> bool:
        """Tell whether that owner has ended; True only where that is certain, or its heartbeat was watched for long.

        The answer may come only when the same is asked again later: see `wait_for_answers`.
        """
        if not re.fullmatch(ID, owner):
            return True  # no process is called so
        path = self._file(owner)
        try:
            with _opened(path) as handle:
                return self._is_free(owner, handle)
        except FileNotFoundError:
            return True
        except OSError:
            return False  # it can't be looked at just now

    def wait_for_answers(self, owners: Iterable[str]) -> None:
        """Wait until each owner is known to be alive or gone, or has been watched for as long as it takes."""
        asked, end = set(owners), time.monotonic() + SILENT_S + 2 * _LOOK_S
        while any(self.is_in_doubt(owner) for owner in asked) and time.monotonic() < end:
            time.sleep(_LOOK_S)

    def is_in_doubt(self, owner: str) -> bool:
        """Tell whether an owner has given no sign of life yet, and can't be taken for gone yet."""
        if self.is_gone(owner):
            return False
        seen = _watched.get(self._file(owner))
        return seen is not None and not seen.is_alive

    def sweep(self) -> None:
        """Remove the files of owners that are gone."""
        for path in self.folder.glob(f"{self._prefix}*.lock"):
            owner = path.stem.removeprefix(self._prefix)
            if re.fullmatch(ID, owner) and self.is_gone(owner):
                with suppress(OSError):
                    _remove(path)
                    _watched.pop(path, None)

    def _file(self, owner: str) -> Path:
        return self.folder / f"{self._prefix}{owner}.lock"

    def _new(self) -> _Held:
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            owner = f"{self._reach()}-{secrets.token_hex(6)}"
            path = self._file(owner)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            with suppress(OSError):  # a file system without locks: the heartbeat alone has to do
                lock(handle)
            if path.exists():
                return _Held(owner, path, handle)
            os.close(handle)  # a sweep came between the file and its lock

    def _is_free(self, owner: str, handle: int) -> bool:
        """Whether the owner of an open file is gone."""
        mine = _held.get(self.folder)
        if mine is not None and mine.id == owner:
            return False
        locked = _lock_state(handle)
        if locked:
            return False
        if locked is False and owner.startswith(self._reach()):
            return True
        return self._is_silent(owner, os.fstat(handle).st_mtime_ns)

    def _is_silent(self, owner: str, beat_ns: int) -> bool:
        path, now = self._file(owner), time.monotonic()
        seen = _watched.get(path)
        if seen is None or seen.beat_ns != beat_ns:
            _watched[path] = _Seen(beat_ns, now, is_alive=seen is not None)
            return False
        return now - seen.since > SILENT_S

    def _reach(self) -> str:
        """Name what a lock certainly reaches: this kernel, on this file system as it is mounted here."""
        return kernel_id(str(self.folder.stat().st_dev))


_held: dict[Path, _Held] = {}
_watched: dict[Path, _Seen] = {}
_changing = threading.Lock()


def _beat(held: _Held) -> None:
    while not held.ended.wait(BEAT_S):
        with suppress(OSError):
            os.utime(held.path)  # without a time: the file's own server sets it


def _let_go(held: _Held) -> None:
    held.ended.set()
    os.close(held.handle)
    held.path.unlink(missing_ok=True)


def _lock_state(handle: int) -> bool | None:
    """Whether an open file is locked by another; None where the file system has no locks."""
    try:
        return is_locked(handle)
    except OSError:
        return None


def _remove(path: Path) -> None:
    """Remove a lock file unless it has an owner by now."""
    if os.name == "nt":  # where a file that is open can't be removed
        path.unlink()
        return
    with _opened(path) as handle:
        if not _lock_state(handle):
            path.unlink()


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _forget_after_fork() -> None:
    """Let go of what the process that was forked owns: this one must not keep its locks."""
    global _changing  # noqa: PLW0603 - another thread of the parent may have held it
    _changing = threading.Lock()
    for held in _held.values():
        os.close(held.handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
