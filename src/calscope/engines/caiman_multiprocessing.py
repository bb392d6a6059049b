"""The processes that CaImAn hands its tasks to.

CaImAn takes any `dview` whose type has "multiprocessing" in its name and that can `map` and `map_async`; hence the
name of this module. Its own `setup_cluster` refuses to start a second pool and leaves the first one running, tells
nothing of tasks that are done, and can't be interrupted.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult
from multiprocessing.pool import Pool as ProcessPool
from types import TracebackType
from typing import Any, Self

import numpy as np

_LOOK_S = 0.1
Task = Callable[[Any], Any]


@dataclass(frozen=True)
class Done:
    """Results that are there already, in the form in which `map_async` gives them."""

    values: list[Any]

    def get(self, timeout: float | None = None) -> list[Any]:
        """Give the results."""
        return self.values


class TaskPool(AbstractContextManager["TaskPool"]):
    """Processes for CaImAn's tasks; with one worker the tasks run in this process, one after the other.

    Parameters
    ----------
    workers
        How many processes.
    told
        Called with how many of how many tasks are done, ten times a second while waiting. An exception from it (a wish
        to stop) leaves CaImAn at that point; leaving the `with` block then ends the processes with whatever they do.

    Every task begins with the same random state, so the result doesn't depend on how many processes share the tasks.
    """

    def __init__(self, workers: int, told: Callable[[int, int], None]) -> None:
        self.workers = workers
        self._told = told
        self._pool: ProcessPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool.join()
            self._pool = None

    def map_async(self, task: Task, arguments: Iterable[Any]) -> Done:
        """Run a task on every argument; it is waited for here, because only here it can be interrupted."""
        return Done(self.map(task, arguments))

    def map(self, task: Task, arguments: Iterable[Any], chunksize: int = 1) -> list[Any]:
        """Run a task on every argument and give the results in order."""
        todo = list(arguments)
        self._told(0, len(todo))
        if self.workers == 1 or len(todo) == 1:
            return [self._here(task, argument, k, len(todo)) for k, argument in enumerate(todo)]
        return self._in_processes(task, todo)

    def terminate(self) -> None:
        """Do nothing when CaImAn ends a pool: it belongs to the `with` block."""

    def _here(self, task: Task, argument: Any, index: int, total: int) -> Any:
        result = run_seeded(task, argument)
        self._told(index + 1, total)
        return result

    def _in_processes(self, task: Task, todo: list[Any]) -> list[Any]:
        if self._pool is None:
            self._pool = _start(self.workers)
        waiting = [self._pool.apply_async(run_seeded, (task, argument)) for argument in todo]
        values = []
        for result in waiting:
            while not result.ready():
                result.wait(_LOOK_S)
                self._told(min(_count(waiting), len(todo) - 1), len(todo))
            values.append(result.get())
        self._told(len(todo), len(todo))
        return values


def run_seeded(task: Task, argument: Any) -> Any:
    """Run a task with a random state of its own: CaImAn's initialisation draws from numpy's global one."""
    np.random.seed(0)  # noqa: NPY002 - CaImAn draws from numpy's global state, which only this sets
    return task(argument)


def _start(workers: int) -> ProcessPool:
    # CaImAn's own way: forked on Linux, where a new interpreter would import CaImAn for ten seconds in every process.
    method = "fork" if sys.platform == "linux" else "spawn"
    return multiprocessing.get_context(method).Pool(workers, initializer=_begin, initargs=(os.getpid(),))


def _begin(parent: int) -> None:
    """Make a process end when told to, or when its parent is gone; the worker's own handlers came along with it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "getppid") and os.name != "nt" and os.getppid() != parent:
        os._exit(1)


def _count(results: "list[AsyncResult[Any]]") -> int:
    return sum(result.ready() for result in results)
