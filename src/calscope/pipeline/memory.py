"""Peak memory of a piece of work, and letting go of pages of mapped files that pile up in it."""

import mmap
import threading
import weakref
from types import TracebackType
from typing import Self

import numpy as np
import psutil
from numpy.typing import NDArray

_INTERVAL_S = 0.05
_CHILDREN_EVERY = 10
"""Looks at this process for one at its children, which takes the system a hundred times as long."""
MAPPED_LIMIT_BYTES = 256 << 20
"""More resident pages of mapped files than this are handed back to the system's file cache."""

_maps: "weakref.WeakSet[mmap.mmap]" = weakref.WeakSet()


def watch_map(array: NDArray) -> None:
    """Note that an array is a shared map of a file, so that its pages may be let go when they pile up."""
    owner: object = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap):
        _maps.add(owner)


def release_pages() -> None:
    """Take the pages of all noted maps out of this process.

    Nothing is lost: a shared map's written pages stay in the system's file cache and come back when they are touched.
    """
    if not hasattr(mmap, "MADV_DONTNEED"):
        return
    for mapped in list(_maps):
        try:
            mapped.madvise(mmap.MADV_DONTNEED)
        except (ValueError, OSError):
            continue  # closed meanwhile


class PeakMemory:
    """Largest resident memory of this process and those that it starts while the `with` block runs.

    Looked at twenty times a second, the other processes twice. Of those only what they don't share counts: a forked
    process shows the memory of the one it comes from as its own too.
    """

    def __init__(self) -> None:
        self.peak_bytes = 0
        self.stretch_bytes = 0
        """The peak since the last stretch began, without pages of files, which the system takes back when it must."""
        self._children_bytes = 0
        self._looks = 0
        self._process = psutil.Process()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def begin_stretch(self) -> None:
        """Measure the peak of a stretch of its own from now on."""
        self.stretch_bytes = 0
        self._look()

    def _watch(self) -> None:
        while not self._ended.wait(_INTERVAL_S):
            self._look()

    def _look(self) -> None:
        memory = self._process.memory_info()
        if self._looks % _CHILDREN_EVERY == 0:
            self._children_bytes = sum(_own_bytes(child) for child in self._process.children(recursive=True))
        self._looks += 1
        now = memory.rss + self._children_bytes
        of_files = getattr(memory, "shared", 0)
        self.peak_bytes, self.stretch_bytes = max(self.peak_bytes, now), max(self.stretch_bytes, now - of_files)
        if of_files > MAPPED_LIMIT_BYTES:
            release_pages()


def _own_bytes(process: psutil.Process) -> int:
    """Memory that a process shares with none; nothing where it has ended meanwhile."""
    try:
        return int(process.memory_full_info().uss)
    except (psutil.Error, OSError):
        return 0
