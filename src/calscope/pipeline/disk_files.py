"""Small JSON files that may be absent, torn or out of reach, and trouble with the store's disk told in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from calscope.io.atomic_write import disk_trouble, is_full
from calscope.io.json_files import read_json_file
from calscope.model.errors import StoreError


@contextmanager
def store_trouble(place: Path) -> Iterator[None]:
    """Turn what the disk refuses inside into a `StoreError` that names the place and the next step."""
    try:
        yield
    except OSError as error:
        room = "Free some space, or prune the store on the page Runs. " if is_full(error) else ""
        raise StoreError(
            f"The result store at {place} can't be written: {disk_trouble(error, place)}. {room}"
            "The environment variable CALSCOPE_STORE chooses another folder."
        ) from error


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
        return read_json_file(path)
    except (FileNotFoundError, ValueError):
        return None
