"""Threads over independent parts of work; what comes out never depends on how many there are."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType
from typing import Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerPool:
    """A few threads that share work; kernels that release the interpreter lock run side by side.

    Used as a context manager. The first error ends the work: parts not yet begun are dropped.
    """

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self._pool = ThreadPoolExecutor(self.workers) if self.workers > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Give `work(item)` of every item, in the order of the items, as they become ready."""
        if self._pool is None:
            return (work(item) for item in items)
        return self._pool.map(work, items)

    def each(self, work: Callable[[Item], object], items: Iterable[Item]) -> None:
        """Do `work(item)` for every item, for its effect."""
        for _ in self.map(work, items):
            pass

    def ranges(self, n: int, parts: int | None = None) -> list[tuple[int, int]]:
        """Cut 0 to n into (start, stop), one stretch per thread or as many as asked for."""
        count = max(1, min(n, parts or self.workers))
        edges = [n * i // count for i in range(count + 1)]
        return list(pairwise(edges))
