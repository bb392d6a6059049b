"""Where work runs: threads of this machine. A cluster is refused in words; nothing imports Dask."""

import importlib.util
import os
from dataclasses import dataclass

from calscope.model.errors import EngineError


@dataclass(frozen=True)
class LocalThreads:
    """That many threads of the running process."""

    workers: int


def make_executor(workers: int | None = None, dask: str | None = None) -> LocalThreads:
    """Give the executor that was asked for; without a number of workers, one for each CPU.

    Raises
    ------
    EngineError
        When a cluster is asked for, which this version can't use yet, or less than one worker.
    """
    if dask is not None:
        raise EngineError(_why_no_cluster(dask))
    if workers is not None and workers < 1:
        raise EngineError(f"The number of workers must be 1 or more, got {workers}.")
    return LocalThreads(workers or cpu_count())


def cpu_count() -> int:
    """How many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _why_no_cluster(address: str) -> str:
    told = f"Running on the Dask cluster at {address} is not possible with this version of Calscope yet"
    if _has_distributed():
        return f"{told}, though `distributed` is installed. Leave out --dask: the run then uses this machine's CPUs."
    return (
        f"{told}; it will need `pip install calscope[cluster]`, which is not installed here either. Leave out --dask: "
        "the run then uses this machine's CPUs."
    )


def _has_distributed() -> bool:
    try:
        return importlib.util.find_spec("distributed") is not None
    except ValueError:
        return False
