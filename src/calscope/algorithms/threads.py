"""Threads over independent parts of work; what comes out never depends on how many there are."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from types import TracebackType
from typing import Self, TypeVar

from calscope.model.errors import Cancelled
from calscope.model.progress import Check, unasked

LOOK_S = 0.2
"""How often who waits for threads asks whether to stop."""
Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerPool:
    """A few threads that share work; kernels that release the interpreter lock run side by side.

    Used as a context manager. The first error ends the work: parts not yet begun are dropped, and those that ask
    `check` end.

    Parameters
    ----------
    ask
        Called in the thread that made the pool, a few times a second; raises `Cancelled` to end the work.
    """

    def __init__(self, workers: int, ask: Check = unasked) -> None:
        self.workers = max(1, workers)
        self._ask, self._home, self._is_over = ask, threading.get_ident(), threading.Event()
        self._pool = ThreadPoolExecutor(self.workers) if self.workers > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Give `work(item)` of every item, in the order of the items, as they become ready."""
        if self._pool is None:
            return self._one_by_one(work, items)
        return self._as_ready(deque(self._pool.submit(work, item) for item in items))

    def each(self, work: Callable[[Item], object], items: Iterable[Item]) -> None:
        """Do `work(item)` for every item, for its effect."""
        for _ in self.map(work, items):
            pass

    def check(self) -> None:
        """Raise `Cancelled` where the work should stop; long parts of it call this often, in whatever thread."""
        if self._is_over.is_set():
            raise Cancelled
        if threading.get_ident() == self._home:
            self._ask()

    def _one_by_one(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        for item in items:
            self.check()
            yield work(item)

    def _as_ready(self, futures: "deque[Future[Result]]") -> Iterator[Result]:
        while futures:
            while not wait((futures[0],), LOOK_S).done:
                self.check()
            yield futures.popleft().result()

    def ranges(self, n: int, parts: int | None = None) -> list[tuple[int, int]]:
        """Cut 0 to n into (start, stop), one stretch per thread or as many as asked for."""
        count = max(1, min(n, parts or self.workers))
        edges = [n * i // count for i in range(count + 1)]
        return list(pairwise(edges))
