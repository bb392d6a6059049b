"""HDF5 files of ours: written so that a full disk is told, replaced by newer ones; anybody else's is left alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import h5py

from calscope.model.errors import StoreError


@contextmanager
def new_hdf5(path: Path) -> Iterator[h5py.File]:
    """Give a new file to write.

    Raises
    ------
    OSError
        When the disk refuses, however the block ended.
    """
    with _Disk(path) as disk:
        try:
            with h5py.File(disk, "w") as file:
                yield file
        finally:
            if disk.refused is not None:
                raise disk.refused


class _Disk(FileIO):
    """A new file that keeps from HDF5 what the disk refuses: the library crashes where it can't write what it holds."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.refused: OSError | None = None

    def write(self, data: Any) -> int:
        left = memoryview(data).cast("B")
        try:
            while left and self.refused is None:
                left = left[super().write(left) :]
        except OSError as error:
            self.refused = error
        return len(memoryview(data).cast("B"))

    def truncate(self, size: int | None = None) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self.refused = self.refused or error
            return size or 0


def check_replaceable(path: Path, is_ours: Callable[[h5py.File], bool]) -> None:
    """Refuse to write over a file that Calscope did not write.

    Raises
    ------
    StoreError
        When there is one, or something that can't be told.
    """
    if path.exists() and not _asked(path, is_ours):
        raise StoreError(
            f"{path} is no export of Calscope's; it is left alone. Choose another folder to export to, or move it."
        )


def _asked(path: Path, is_ours: Callable[[h5py.File], bool]) -> bool:
    try:
        with h5py.File(path, "r") as file:
            return is_ours(file)
    except (OSError, LookupError, RuntimeError, ValueError, TypeError):  # as h5py ends on damaged files
        return False
