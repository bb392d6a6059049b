"""Results on disk: one folder each, named by its key, complete or absent, opened read-only.

<root>/results/<first two of the key>/<key>/    arrays as .npy, meta.json, complete.json
<root>/leases/      which results running jobs use, so that pruning leaves them alone
<root>/scratch/     folders of running stages
<root>/owners/      which processes make something here, see `calscope.io.owners`
<root>/jobs/        jobs, see `calscope.jobs`
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from filelock import FileLock
from numpy.typing import NDArray

from calscope.io.atomic_write import move, sync_to_disk, write_text_whole
from calscope.io.owners import ID, SILENT_S, Owners
from calscope.io.server_rights import Right, require
from calscope.model.errors import StoreError
from calscope.pipeline.disk_files import read_json, read_json_if_there, store_trouble
from calscope.pipeline.memory import watch_map
from calscope.pipeline.result_writer import MARK, META, SCHEMA, ResultWriter

MAPPED_FROM_BYTES = 1 << 20
"""Smaller arrays are read into memory: a map costs an open file, and a page may hold hundreds of results."""
FORMER_AGE_S = 7 * 86400
"""Half-made things whose names don't tell an owner are swept when they are this old."""
_KEY = re.compile("[0-9a-f]{8,64}")
_TEMP, _TRASH = ".tmp-", ".trash-"
_HALF_MADE = re.compile(rf"(\.tmp-[0-9a-f]+-)?(?P<owner>{ID})-[0-9a-f]{{8}}(\.json)?")
"""Names of temporary folders of results, of scratch folders and of leases."""
_FORMER = re.compile(r"(\.tmp-[0-9a-f]+-)?[0-9a-f]{8}\.\d+\.\S+-[0-9a-f]{8}(\.json)?")
"""The same as versions until 0.1 named them: <hash of the host name>.<number of the process>.<its start>."""
_SMALL_TEXT = re.compile(r"\.part-\d+-[0-9a-f]{8}-.+\.tmp")
"""Small texts that were being written, which takes no time: see `write_text_whole`."""


@dataclass(frozen=True)
class StoredResult:
    """A complete result; its arrays are read-only."""

    key: str
    folder: Path
    arrays: Mapping[str, str]
    """File of each array."""
    values: Mapping[str, Any]
    provenance: Mapping[str, Any]
    """Stage, parameters, versions, parents and times: how it came about."""

    @property
    def n_maps(self) -> int:
        """How many files are open while all its arrays are in use."""
        return sum((self.folder / file).stat().st_size >= MAPPED_FROM_BYTES for file in self.arrays.values())

    def array(self, name: str) -> NDArray:
        """Give one array, a memory map unless it is small."""
        path = self.folder / self.arrays[name]
        if path.stat().st_size >= MAPPED_FROM_BYTES:
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            watch_map(mapped)
            return np.asarray(mapped)
        array: NDArray = np.load(path, allow_pickle=False)
        array.flags.writeable = False
        return array


@dataclass(frozen=True)
class StoredSize:
    """What one result takes."""

    key: str
    stage: str
    n_bytes: int
    used_at: float
    """Seconds since 1970 of the last use."""
    recording: str
    """Name of the animal it was first made for."""


@dataclass(frozen=True)
class Pruned:
    """What pruning removed."""

    n: int
    n_bytes: int


class Store:
    """The result store at one folder; nothing is written before the first result."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        """Take the root.

        Parameters
        ----------
        durable
            Whether a result waits for the disk, so that it is whole even when the power fails right after.
        """
        self.root = Path(root)
        self._durable = durable
        self.results = self.root / "results"
        self.jobs = self.root / "jobs"
        self.owners = Owners(self.root)

    def has(self, key: str) -> bool:
        """Whether that result is there and complete; nothing else in the file system has a key."""
        return is_key(key) and self._is_complete(self._folder(key))

    def open(self, key: str) -> StoredResult:
        """Open a result, and note that it was used.

        Raises
        ------
        StoreError
            When it is not there, not complete, or written by a later version.
        """
        folder = self._folder(key)
        if not self.has(key):
            raise StoreError(f"The store has no result {key}: it was never made, or was pruned. Run again to make it.")
        meta = read_json(folder / META)
        if not isinstance(meta, dict) or meta.get("schema") != SCHEMA:
            raise StoreError(
                f"{folder / META} was written by another version of Calscope (layout "
                f"{meta.get('schema') if isinstance(meta, dict) else 'unknown'}, this one reads {SCHEMA})."
            )
        _note_use(folder)
        return StoredResult(key, folder, meta["arrays"], meta["values"], meta["provenance"])

    @contextmanager
    def writer(self, key: str, provenance: Mapping[str, Any]) -> Iterator[ResultWriter]:
        """Give a writer for a new result; it becomes visible, complete, when the block ends without an exception.

        Raises
        ------
        StoreError
            When the disk refuses; nothing is left behind.
        """
        if not is_key(key):
            raise StoreError(f"{key!r} is no key of a result.")
        final = self._folder(key)
        with self._half_made() as name:
            temp = final.with_name(f"{_TEMP}{key}-{name}")
            with store_trouble(self.root):
                temp.mkdir(parents=True)
            writer = ResultWriter(temp, self.root, provenance, durable=self._durable)
            try:
                yield writer
                writer.finish()
                with store_trouble(self.root), self._lock():
                    self._put_in_place(temp, final)
            finally:
                writer.discard()

    @contextmanager
    def lease(self, keys: Iterable[str]) -> Iterator[None]:
        """Keep these results from being pruned while the block runs, whether they exist yet or not."""
        with self._half_made() as name:
            path = self.root / "leases" / f"{name}.json"
            with store_trouble(self.root):
                path.parent.mkdir(parents=True, exist_ok=True)
                with self._lock():
                    write_text_whole(path, json.dumps(sorted(keys)))
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give an empty folder that is removed when the block ends, however it ends."""
        with self._half_made() as name:
            folder = self.root / "scratch" / name
            with store_trouble(self.root):
                folder.mkdir(parents=True)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def check_writable(self) -> None:
        """Ask before long work begins whether its results could be kept.

        Raises
        ------
        StoreError
            When they could not.
        """
        with self.scratch():
            pass

    def sizes(self) -> list[StoredSize]:
        """List every complete result with its size, the least recently used first."""
        found = [_size_of(folder) for folder in self._result_folders() if self._is_complete(folder)]
        return sorted(found, key=lambda item: item.used_at)

    def n_bytes(self, key: str) -> int:
        """Give what a result takes on the disk; 0 where it is not there."""
        return _size_of(self._folder(key)).n_bytes if self.has(key) else 0

    def size_by_stage(self) -> dict[str, int]:
        """Give the bytes of all complete results of each stage."""
        total: dict[str, int] = {}
        for item in self.sizes():
            total[item.stage] = total.get(item.stage, 0) + item.n_bytes
        return total

    def prune(self, *, max_bytes: int | None = None, older_than_s: float | None = None) -> Pruned:
        """Remove the least recently used results until the limits hold; what running jobs use stays.

        Parameters
        ----------
        max_bytes
            Results take at most this much afterwards, as far as running jobs allow.
        older_than_s
            Results that were not used for longer go.

        Raises
        ------
        NotAllowedError
            When this server removes nothing.
        """
        require(Right.REMOVE)
        now, removed = time.time(), []
        with store_trouble(self.root), self._lock():
            leased, items = self._leased(), self.sizes()
            total = sum(item.n_bytes for item in items)
            for item in items:
                too_old = older_than_s is not None and now - item.used_at > older_than_s
                too_much = max_bytes is not None and total > max_bytes
                if (too_old or too_much) and item.key not in leased:
                    self._to_trash(self._folder(item.key))
                    removed.append(item)
                    total -= item.n_bytes
        self.sweep()
        return Pruned(len(removed), sum(item.n_bytes for item in removed))

    def sweep(self, *, on_wait: Callable[[str], None] | None = None) -> int:
        """Remove what processes that are gone left half-made; give how many folders and files that were.

        What can't be read is left alone: it may well be whole. So is what carries no name that is given here: a person
        may keep other things in the same folder.

        Parameters
        ----------
        on_wait
            Where given, it is told when owners of which only the heartbeat can tell must be watched for a while, and
            the sweep waits for that. Without it, what they left is swept by a later call.
        """
        if on_wait is not None:
            self._wait_for_owners(on_wait)
        found = [path for path in self._unfinished() if self._is_leftover(path)]
        leftovers = self._taken_away(found) if found else []
        for path in leftovers:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        self.owners.sweep()
        return len(leftovers)

    @contextmanager
    def _half_made(self) -> Iterator[str]:
        """Give a new name for something half made, by which a sweep tells whether its owner is still there."""
        with ExitStack() as stack:
            with store_trouble(self.root):
                owner = stack.enter_context(self.owners.own())
            yield f"{owner}-{secrets.token_hex(4)}"

    def _wait_for_owners(self, on_wait: Callable[[str], None]) -> None:
        owners = {owner for path in self._unfinished() if (owner := _owner_in(path.name)) is not None}
        if any(self.owners.is_in_doubt(owner) for owner in owners):
            on_wait(f"looking for up to {SILENT_S:.0f} s whether another machine works in the store")
            self.owners.wait_for_answers(owners)

    def _folder(self, key: str) -> Path:
        return self.results / key[:2] / key

    def _result_folders(self) -> list[Path]:
        return [folder for folder in self.results.glob("??/*") if not folder.name.startswith(".")]

    def _is_complete(self, folder: Path) -> bool:
        try:
            return _is_whole(folder)
        except OSError:
            return False

    def _taken_away(self, found: list[Path]) -> list[Path]:
        """Give what is still left over now that nobody else changes the store, out of the way of new results."""
        try:
            with self._lock():
                leftovers = [path for path in found if self._is_leftover(path)]
                return [self._to_trash(path) if _is_place_of_a_result(path) else path for path in leftovers]
        except OSError:
            return []  # a store that may only be read keeps its leftovers

    def _put_in_place(self, temp: Path, final: Path) -> None:
        if self._is_complete(final):
            return  # another process made the same result meanwhile; this copy is dropped
        if final.exists():
            self._to_trash(final)
        move(temp, final)
        if self._durable:
            sync_to_disk(final.parent)

    def _to_trash(self, folder: Path) -> Path:
        trash = folder.with_name(f"{_TRASH}{secrets.token_hex(8)}")
        move(folder, trash)
        return trash

    def _unfinished(self) -> Iterator[Path]:
        for folder in self.results.glob("??/*"):
            if folder.name.startswith((_TEMP, _TRASH)) or not self._is_complete(folder):
                yield folder
        yield from (self.root / "scratch").glob("*")
        yield from (self.root / "leases").glob("*.json")
        for pattern in (".part-*.tmp", "leases/.part-*.tmp", "jobs/*/.part-*.tmp"):
            yield from self.root.glob(pattern)

    def _is_leftover(self, path: Path) -> bool:
        if path.name.startswith(_TRASH):
            return True
        if _FORMER.fullmatch(path.name) or _SMALL_TEXT.fullmatch(path.name):
            return _age_s(path) > FORMER_AGE_S
        owner = _owner_in(path.name)
        if owner is None:
            return _is_place_of_a_result(path) and _is_surely_incomplete(path)
        return self.owners.is_gone(owner)

    def _leased(self) -> set[str]:
        leased: set[str] = set()
        for path in (self.root / "leases").glob("*.json"):
            if not self._is_leftover(path):
                leased.update(read_json_if_there(path) or ())  # one that can't be read may hold anything
        return leased

    def _lock(self) -> FileLock:
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / "store.lock")


def default_store() -> Store:
    """Give the store that CALSCOPE_STORE names, else the one in the user's cache folder."""
    return _store_at(os.environ.get("CALSCOPE_STORE"))


@lru_cache(maxsize=8)  # pages ask for it hundreds of times
def _store_at(chosen: str | None) -> Store:
    return Store(Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("calscope", appauthor=False))


def is_key(text: str) -> bool:
    """Whether a text may be the key of a result: a path to somewhere else is none."""
    return _KEY.fullmatch(text) is not None


def _is_whole(folder: Path) -> bool:
    """Whether a result has its mark and every file that it names; OSError where that can't be told."""
    mark = read_json_if_there(folder / MARK)
    files = mark.get("files") if isinstance(mark, dict) else None
    if not isinstance(files, dict):
        return False
    try:
        return all((folder / name).stat().st_size == size for name, size in files.items())
    except FileNotFoundError:
        return False


def _is_place_of_a_result(path: Path) -> bool:
    """Whether a folder stands where a result would; anything else in the store's folders is a person's own."""
    return path.name.startswith(path.parent.name) and is_key(path.name)


def _is_surely_incomplete(folder: Path) -> bool:
    try:
        return not _is_whole(folder)
    except OSError:
        return False


def _owner_in(name: str) -> str | None:
    """Give the id of the owner that the name of something half made carries."""
    found = _HALF_MADE.fullmatch(name)
    return None if found is None else found["owner"]


def _note_use(folder: Path) -> None:
    try:
        os.utime(folder / MARK)
    except OSError:
        return  # a store that may only be read serves its results all the same


def _size_of(folder: Path) -> StoredSize:
    mark, meta = read_json(folder / MARK) or {}, read_json(folder / META) or {}
    provenance = meta.get("provenance", {})
    return StoredSize(
        key=folder.name,
        stage=str(provenance.get("stage", "unknown")),
        n_bytes=sum(mark.get("files", {}).values()),
        used_at=_mtime(folder / MARK),
        recording=str(provenance.get("recording", "")),
    )


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _age_s(path: Path) -> float:
    return time.time() - _mtime(path)
