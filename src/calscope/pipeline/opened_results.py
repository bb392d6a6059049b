"""Results stay open for whoever asks next; how many do, and how many files that takes, is bounded."""

import sys
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

from calscope.model.fields import StageName
from calscope.pipeline.codecs import load_result
from calscope.pipeline.store import Store

MOST_RESULTS = 512
MOST_MAPS = 512
"""Every array that is mapped costs an open file, and a system allows a process only so many."""
_SHARE = 4
"""At most one in so many of the files that this process may have open is a map of a result that is kept open."""


class _Opened(NamedTuple):
    result: Any
    n_maps: int


class OpenedResults:
    """The results that were used last, of all animals and runs; the least recently used are let go first.

    Whoever still uses a result that is let go keeps it: it is closed when nobody does.
    """

    def __init__(self) -> None:
        self._opened: OrderedDict[tuple[Path, StageName, str], _Opened] = OrderedDict()
        self._n_maps = 0
        self._changing = threading.Lock()

    def get(self, store: Store, stage: StageName, key: str) -> Any:
        """Give a stage's result, opened now unless it still is; StoreError as `Store.open`."""
        name = (store.root, stage, key)
        with self._changing:
            if name in self._opened:
                self._opened.move_to_end(name)
                return self._opened[name].result
        stored = store.open(key)
        opened = _Opened(load_result(stage, stored), stored.n_maps)
        with self._changing:
            self._keep(name, opened)
        return opened.result

    def _keep(self, name: tuple[Path, StageName, str], opened: _Opened) -> None:
        if name not in self._opened:
            self._n_maps += opened.n_maps
            self._opened[name] = opened
        while self._opened and (self._n_maps > most_maps() or len(self._opened) > MOST_RESULTS):
            self._n_maps -= self._opened.popitem(last=False)[1].n_maps


def most_maps() -> int:
    """Give how many maps are kept open, by what the system allows this process."""
    if sys.platform == "win32":
        return MOST_MAPS
    import resource  # noqa: PLC0415 - not on Windows

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_MAPS if allowed == resource.RLIM_INFINITY else min(MOST_MAPS, allowed // _SHARE)


OPENED = OpenedResults()
"""Those of this process."""
