"""Peak memory of a stretch of work, and letting go of pages of mapped files that pile up in it."""

import mmap
import threading
import weakref
from types import TracebackType
from typing import Self

import numpy as np
import psutil
from numpy.typing import NDArray

_INTERVAL_S = 0.05
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
    """Largest resident memory of this process while the `with` block runs, looked at twenty times a second."""

    def __init__(self) -> None:
        self.peak_bytes = 0
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

    def _watch(self) -> None:
        while not self._ended.wait(_INTERVAL_S):
            self._look()

    def _look(self) -> None:
        memory = self._process.memory_info()
        self.peak_bytes = max(self.peak_bytes, memory.rss)
        if getattr(memory, "shared", 0) > MAPPED_LIMIT_BYTES:
            release_pages()
