"""Results of parameters that are tried on crops: in a store of their own below the result store.

They are made within a second and easily made again. So they don't wait for the disk, and the oldest go by themselves.
"""

from pathlib import Path

from calscope.pipeline.store import Store

FOLDER = "trials"
MOST_BYTES = 2 << 30


def trial_store(root: Path) -> Store:
    """Give the store of trials that belongs to the result store at `root`."""
    return Store(root / FOLDER, durable=False)


def keep_small(store: Store) -> None:
    """Remove the trials that were not looked at for longest, until they take no more than `MOST_BYTES`."""
    store.prune(max_bytes=MOST_BYTES)
