"""Paths that can't be one are refused before a command begins, in one sentence."""

import argparse
import os
from pathlib import Path

from calscope.model.errors import ParameterError
from calscope.model.json_text import quoted

_OPTIONS = ("folder", "data", "out", "recording", "place", "html", "to", "params", "inputs", "values")
_WRITTEN = ("out", "html", "to", "values")
_LONGEST_NAME_BYTES, _LONGEST_PATH_BYTES = 255, 4000


def check_paths(chosen: argparse.Namespace) -> None:
    """Refuse the paths of a command, and the store's, where no disk can have them, or where a device is written to.

    Raises
    ------
    ParameterError
        Naming the first of them and what is wrong with it.
    """
    given = {name: getattr(chosen, name, None) for name in _OPTIONS} | {"store": os.environ.get("CALSCOPE_STORE")}
    for name, path in given.items():
        why = _why_not(path, is_written=name in (*_WRITTEN, "store")) if isinstance(path, str) else ""
        if why:
            what = "CALSCOPE_STORE" if name == "store" else "The path"
            raise ParameterError(f"{what} {quoted(path)} {why}. Give another one.")


def _why_not(text: str, *, is_written: bool) -> str:
    if any(ord(letter) < 32 for letter in text):
        return "has a control character in it"
    longest = max(len(os.fsencode(part)) for part in ("", *Path(text).parts))
    if longest > _LONGEST_NAME_BYTES or len(os.fsencode(text)) > _LONGEST_PATH_BYTES:
        return "is too long"
    path = Path(text)
    if is_written and path.exists() and not path.is_file() and not path.is_dir():
        return "is a device, which is not written to"
    return ""
