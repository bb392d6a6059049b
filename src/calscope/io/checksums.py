"""Checksums of whole files: unlike a recording's fingerprint, they read every byte."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calscope.model.progress import Check, unasked

_CHUNK_BYTES = 1 << 20


def sha256_of(path: Path, check: Check = unasked) -> str:
    """Give the SHA-256 of a file, 64 hexadecimal digits; OSError where it can't be read."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            check()
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_values(values: Mapping[str, Any]) -> str:
    """Give the SHA-256 of plain values, however they are laid out in a file."""
    plain = json.loads(json.dumps(values))  # names that are numbers are texts in a file
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
