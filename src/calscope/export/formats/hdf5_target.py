"""An HDF5 file of ours may be replaced by a newer one; anybody else's is left alone."""

from collections.abc import Callable
from pathlib import Path

import h5py

from calscope.model.errors import StoreError


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
    except OSError:
        return False
