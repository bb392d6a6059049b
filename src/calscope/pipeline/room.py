"""Whether there is room for what a run takes, asked before it starts."""

from collections.abc import Mapping
from pathlib import Path

import psutil

from calscope.io.atomic_write import free_bytes
from calscope.model.errors import StoreError
from calscope.model.quantities import size
from calscope.pipeline.times import Expected, rough_bytes

Movies = Mapping[str, tuple[int, int, int]]
"""By key: the shapes (frames, rows, columns) of corrected movies that are to be made."""


def check_movies_fit(movies: Movies, root: Path, advice: str) -> None:
    """Refuse what the disk surely has no room for: the size of a corrected movie is known beforehand.

    Parameters
    ----------
    root
        The store.
    advice
        What a person can do, as a sentence.

    Raises
    ------
    StoreError
        With both sizes.
    """
    needed = sum(rough_bytes("apply", shape) for shape in movies.values())
    free = free_bytes(root)
    if free is not None and needed > free:
        raise StoreError(
            f"The corrected movies would take {size(needed)}, and the disk of {root} has {size(free)} free. {advice}"
        )


def lacking(expected: Expected, root: Path) -> str:
    """Say what there is probably too little of, and what to do; empty where there is enough of all."""
    free, memory = free_bytes(root), psutil.virtual_memory().available
    if free is not None and expected.disk_bytes > free:
        return (
            f"This takes about {size(expected.disk_bytes)} of disk, and {size(free)} are free: prune the store on the "
            "page Runs, or run fewer animals or frames."
        )
    if expected.memory_bytes > memory:
        return (
            f"This takes about {size(expected.memory_bytes)} of memory, and {size(memory)} are free: close other "
            "programs, or run fewer frames."
        )
    return ""
