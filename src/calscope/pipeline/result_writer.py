"""One result on its way into the store: arrays in a folder beside the results, complete or gone."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calscope.io.atomic_write import sync_to_disk, write_text_whole
from calscope.model.errors import StoreError
from calscope.pipeline.disk_files import store_trouble
from calscope.pipeline.memory import watch_map

META = "meta.json"
MARK = "complete.json"
SCHEMA = 1
"""Raised when the layout of a result's folder changes."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class ResultWriter:
    """Arrays and values of one result, in a folder that nobody reads yet.

    Given out by `Store.writer`, which commits it when the `with` block ends well and removes it when it does not.
    """

    def __init__(self, folder: Path, root: Path, provenance: Mapping[str, Any], *, durable: bool) -> None:
        self.folder = folder
        self.root = root
        self.values: dict[str, Any] = {}
        """What is not an array; must be JSON."""
        self.provenance = dict(provenance)
        self._durable = durable
        self._allocated: dict[str, NDArray] = {}
        self._files: dict[str, str] = {}

    def allocate(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray:
        """Give a writable array, mapped from a new file of the result.

        Raises
        ------
        StoreError
            When the disk has no room for it. The room is taken now, because writing to a mapped file for which the
            disk has no room later ends the process.
        """
        path = self._path(name)
        with store_trouble(self.root):
            _take_room(path, shape, np.dtype(dtype))
            array: NDArray = np.lib.format.open_memmap(path, mode="r+")
        watch_map(array)
        self._allocated[name] = array
        return array

    def save(self, name: str, array: NDArray) -> None:
        """Keep an array under a name of the result; one that `allocate` gave out is not copied."""
        for allocated, known in self._allocated.items():
            if _is_same(array, known):
                self._files[name] = f"{allocated}.npy"
                return
        path = self._path(name)
        with store_trouble(self.root):
            np.save(path, array, allow_pickle=False)
        self._files[name] = path.name

    def finish(self) -> None:
        """Write the values, wait for the disk where results are to last, and put the completion mark last."""
        with store_trouble(self.root):
            while self._allocated:  # none is kept: on Windows a folder with an open map doesn't move
                array = self._allocated.popitem()[1]
                if self._durable:
                    array.flush()  # type: ignore[attr-defined]
            self._drop_unused()
            meta = {"schema": SCHEMA, "arrays": self._files, "values": self.values, "provenance": self.provenance}
            (self.folder / META).write_text(json.dumps(meta, indent=1, default=_plain), encoding="utf-8")
            sizes = {path.name: path.stat().st_size for path in self.folder.iterdir()}
            for name in sizes if self._durable else ():
                sync_to_disk(self.folder / name)
            write_text_whole(self.folder / MARK, json.dumps({"files": sizes}), durable=self._durable)
            if self._durable:
                sync_to_disk(self.folder)

    def discard(self) -> None:
        """Remove everything."""
        self._allocated.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StoreError(f"An array of a result can't be called {name!r}: letters, digits and _ only.")
        path = self.folder / f"{name}.npy"
        if path.exists():
            raise StoreError(f"The result already has an array called {name!r}.")
        return path

    def _drop_unused(self) -> None:
        for path in self.folder.glob("*.npy"):
            if path.name not in self._files.values():
                path.unlink()


def _is_same(array: NDArray, known: NDArray) -> bool:
    """Whether two arrays are the same memory seen in the same way."""
    return bool(array.__array_interface__["data"] == known.__array_interface__["data"]) and (
        (array.shape, array.dtype, array.strides) == (known.shape, known.dtype, known.strides)
    )


def _take_room(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
    n_bytes = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(
            file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        )
        end = file.tell() + n_bytes
        file.flush()
        if n_bytes and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, end)
        file.truncate(end)


def _plain(value: object) -> object:
    """Turn numpy's numbers and arrays into what JSON knows."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{value!r} can't be kept with a result.")
