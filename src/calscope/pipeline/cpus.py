"""Number of CPUs, which is the number of threads of a run unless another one is given."""

import os


def cpu_count() -> int:
    """Give the number of CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
