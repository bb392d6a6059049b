"""Small files that are either there as a whole or not at all, and trouble with the disk told in words."""

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from calscope.model.errors import StoreError

_MEANINGS = {
    errno.ENOSPC: "the disk is full. Free some space, or prune the store on the page Runs",
    errno.EDQUOT: "your disk quota is used up. Free some space, or prune the store on the page Runs",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "writing there is not allowed",
    errno.EPERM: "writing there is not allowed",
    errno.ENOTDIR: "something that is not a folder is in the way",
    errno.EEXIST: "something that is not a folder is in the way",
}


def disk_trouble(error: OSError) -> str:
    """Say in words what the disk refused and, where it helps, what to do."""
    return _MEANINGS.get(error.errno or 0, error.strerror or str(error))


@contextmanager
def store_trouble(place: Path) -> Iterator[None]:
    """Turn what the disk refuses inside into a `StoreError` that names the place and the next step."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The result store at {place} can't be written: {disk_trouble(error)}. "
            "The environment variable CALSCOPE_STORE chooses another folder."
        ) from error


def write_text_whole(path: Path, text: str, *, durable: bool = False) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> Any:
    """Give what a JSON file holds; None where it is absent, torn, not JSON, or can't be read."""
    try:
        return read_json_if_there(path)
    except OSError:
        return None


def read_json_if_there(path: Path) -> Any:
    """Give what a JSON file holds; None only where it is certain that it is absent, torn or not JSON.

    Raises
    ------
    OSError
        When it can't be read, from which nothing follows about what it holds.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def sync_to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk itself; folders can't be waited for on Windows."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
