"""What is tried on crops: results, in a store of their own below the result store, and the states that links name.

Results are made within a second and easily made again: they don't wait for the disk, and the oldest go by themselves.
States are parameters and crop under a short key: enough to compute their results anew.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calscope.io.atomic_write import write_text_whole
from calscope.io.server_rights import Right, require
from calscope.model.crop import Crop
from calscope.model.errors import CalscopeError
from calscope.model.params import Parameters
from calscope.pipeline.disk_files import read_json, store_trouble
from calscope.pipeline.store import Store

FOLDER = "trials"
MOST_BYTES = 2 << 30
STATES = "states"
KEPT = 2000
"""Of more, those that were kept or looked at longest ago go."""
_KEY = re.compile(r"[0-9a-f]{16}")


def trial_store(root: Path) -> Store:
    """Give the store of trials that belongs to the result store at `root`."""
    return Store(root / FOLDER, durable=False)


def keep_small(store: Store) -> None:
    """Remove the trials that were not looked at for longest, until they take no more than `MOST_BYTES`."""
    store.prune(max_bytes=MOST_BYTES)


@dataclass(frozen=True)
class TriedState:
    """Parameters on a part of a recording."""

    path: str
    """The recording."""
    params: Parameters
    crop: Crop

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return {"path": self.path, "parameters": self.params.to_dict(), "crop": self.crop.to_dict()}


class TriedStates:
    """The states that were kept in one store."""

    def __init__(self, store_root: Path) -> None:
        """Take the root of the result store."""
        self.folder = store_root / FOLDER / STATES

    def keep(self, state: TriedState) -> str:
        """Keep a state, give its key: the same for the same state.

        Raises
        ------
        StoreError
            When the store can't be written.
        NotAllowedError
            When this server keeps nothing.
        """
        require(Right.KEEP)
        text = json.dumps(state.to_dict(), sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        path = self._path(key)
        with store_trouble(self.folder.parent.parent):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text_whole(path, text)
            self._remove_oldest()
        return key

    def read(self, key: str) -> TriedState | None:
        """Give the state of a key; None where there is none, or this version does not know its parameters."""
        if _KEY.fullmatch(key) is None:
            return None
        found = read_json(self._path(key))
        try:
            return _state(found) if isinstance(found, dict) else None
        except (CalscopeError, TypeError):
            return None

    def _remove_oldest(self) -> None:
        found = list(self.folder.glob("*.json"))
        if len(found) > KEPT:
            for path in sorted(found, key=lambda one: one.stat().st_mtime)[: len(found) - KEPT]:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def _state(found: dict[str, Any]) -> TriedState:
    params, path = found.get("parameters"), found.get("path")
    if not isinstance(params, dict) or not isinstance(path, str):
        raise TypeError("not a state")
    return TriedState(path, Parameters.from_dict(params), Crop.from_dict(found.get("crop")))
