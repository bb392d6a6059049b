"""A recording's fingerprint: changes when its files change, takes milliseconds for gigabytes."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from calscope.io.readers.file_errors import unreadable

_SAMPLED_FILES = 12
_SAMPLED_BYTES = 1 << 15


def fingerprint(paths: Sequence[Path]) -> str:
    """Hash of the names, sizes and times of all files and of pieces of some of them, 32 hexadecimal digits.

    Folders above are left out, so that a recording that moves is still the same.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        state = _state(path)
        digest.update(f"{path.name}\0{state[0]}\0{state[1]}\n".encode(errors="surrogateescape"))
    step = max(1, len(paths) // _SAMPLED_FILES)
    for path in [*paths[::step], paths[-1]]:
        digest.update(_pieces(path))
    return digest.hexdigest()


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return found.st_size, found.st_mtime_ns


def _pieces(path: Path) -> bytes:
    """Start, middle and end of a file."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            pieces = []
            for where in (0, size // 2, max(0, size - _SAMPLED_BYTES)):
                file.seek(where)
                pieces.append(file.read(_SAMPLED_BYTES))
    except OSError as error:
        raise unreadable(path, error) from error
    return b"".join(pieces)
