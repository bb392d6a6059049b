"""JSON files that somebody else may have written or damaged."""

from pathlib import Path
from typing import Any

from calscope.model.json_text import parse_json

_MOST_BYTES = 64 * 2**20


def read_json_file(path: Path) -> Any:
    """Give what a JSON file holds.

    Raises
    ------
    OSError
        When it is absent, or can't be read.
    ValueError
        Saying in words what is wrong with it: as `read_json_text` and `parse_json`.
    """
    return parse_json(read_json_text(path))


def read_json_text(path: Path) -> str:
    """Give the text of a JSON file.

    Raises
    ------
    OSError
        When it is absent, or can't be read.
    ValueError
        Saying in words what is wrong with it: a device, too large, or no text.
    """
    size = path.stat().st_size
    if not path.is_file() and not path.is_dir():  # of a folder the system itself says so
        raise ValueError("it is a device and no file")
    if size > _MOST_BYTES:
        raise ValueError(f"it has {size} bytes, which is too much for JSON of this kind")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeError:
        raise ValueError("it is not text") from None
