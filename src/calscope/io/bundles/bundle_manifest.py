"""The list of a bundle's parts, with their sizes and checksums, and what a bundle may be at most.

A bundle is a zip file. Its parts are arrays (`.npy`, without Python objects), tables (`.parquet`) and texts; its
`manifest.json` names every one of them.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calscope.model.json_text import parse_json

ENDING = ".calscope"
MANIFEST = "manifest.json"
FORMAT_VERSION = 2
"""Raised when an older Calscope can't read the parts, or would show less than they hold without a word."""
MOST_PARTS = 20_000
MOST_JSON_BYTES = 64 << 20
MOST_TIMES_LARGER = 200
"""Arrays of zeros pack well; all parts together never this well."""
FREE_OF_RATIO_BYTES = 256 << 20
_PART = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/){0,3}[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class PartEntry(BaseModel):
    """What a part must be."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)
    bytes: Annotated[int, Field(ge=0, lt=2**53)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """What a bundle says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)
    format: Literal["calscope bundle"] = "calscope bundle"
    format_version: int = FORMAT_VERSION
    calscope: str = ""
    """Version that wrote it."""
    made_at: str = ""
    name: str = ""
    """Of the folder whose recordings were run."""
    animals: list[str] = []
    """Names of the animals; their parts are in `animals/0`, `animals/1`, …"""
    parts: dict[str, PartEntry] = {}


def is_part_name(name: str) -> bool:
    """Whether a text can be the name of a part: plain letters, and no way out of the folder it is unpacked in."""
    return _PART.fullmatch(name) is not None and ".." not in name


def parse_manifest(text: str) -> Manifest:
    """Read the text of a manifest.

    Raises
    ------
    ValueError
        Saying in words what is wrong: it is none, or a newer version's.
    """
    found = parse_json(text)
    if not isinstance(found, dict) or found.get("format") != "calscope bundle":
        raise ValueError("it is not that of a bundle of Calscope")
    _check_version(found.get("format_version"), found.get("calscope"))
    try:
        manifest = Manifest.model_validate(found)
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} of its entries don't fit") from None
    if len(manifest.parts) > MOST_PARTS:
        raise ValueError(f"it names {len(manifest.parts)} parts, and {MOST_PARTS} is the most")
    for name in manifest.parts:
        if not is_part_name(name):
            raise ValueError(f"it names a part {name[:100]!r}, which no bundle has")
    return manifest


def _check_version(version: Any, program: Any) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError("it does not say which version of the format it is")
    if version > FORMAT_VERSION:
        raise ValueError(
            f"it is of a newer format ({version}; this Calscope reads up to {FORMAT_VERSION}). Install Calscope "
            f"{str(program)[:40]} or newer to open it"
        )
