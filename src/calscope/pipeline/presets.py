"""Sets of parameters that people saved under names of their own, for all folders: a small JSON file each, in the store.

The name of a preset may be any text. It stands in the file; the file's own name is made from it and says nothing.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calscope.io.atomic_write import write_text_whole
from calscope.io.server_rights import Right, require
from calscope.model.errors import StoreError
from calscope.model.remark import tidy
from calscope.pipeline.disk_files import read_json, store_trouble

FOLDER = "presets"
MOST_CHARACTERS = 80


@dataclass(frozen=True)
class Preset:
    """Parameters under a name."""

    name: str
    groups: Mapping[str, Any]
    """Groups of parameters, perhaps of another version."""


class Presets:
    """The presets of one store. Several windows and servers may use it at once."""

    def __init__(self, store_root: Path) -> None:
        """Take the root of the store."""
        self.folder = store_root / FOLDER

    def all(self) -> list[Preset]:
        """Give all presets by name; files that are damaged are none."""
        found = (_preset(read_json(path)) for path in self.folder.glob("*.json"))
        return sorted((one for one in found if one is not None), key=lambda one: (one.name.casefold(), one.name))

    def save(self, name: str, groups: Mapping[str, Any]) -> str:
        """Keep parameters under a name; give the name as it is kept, as one line without spaces around it.

        Raises
        ------
        StoreError
            When the name is empty or there is a preset of that name, which is never replaced, or the store can't be
            written.
        NotAllowedError
            When this server keeps nothing.
        """
        require(Right.KEEP)
        kept = name_of(name)
        if not kept:
            raise StoreError("A preset needs a name. Enter one, such as 'GCaMP8 at 30 Hz'.")
        path = self._path(kept)
        with store_trouble(self.folder.parent):
            self.folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and _preset(read_json(path)) is None:
                path.unlink()  # damaged: nothing that could be chosen is lost
            try:
                text = json.dumps({"name": kept, "parameters": groups}, indent=1, ensure_ascii=False)
                write_text_whole(path, text, replaces=False)
            except FileExistsError:
                raise StoreError(
                    f"There is a preset '{kept}' already. Choose another name, or remove that one first."
                ) from None
        return kept

    def remove(self, name: str) -> None:
        """Remove the preset of a name; another window may have done so already.

        Raises
        ------
        StoreError
            When the store can't be written.
        NotAllowedError
            When this server removes nothing.
        """
        require(Right.REMOVE)
        with store_trouble(self.folder.parent):
            self._path(name_of(name)).unlink(missing_ok=True)

    def _path(self, kept: str) -> Path:
        return self.folder / f"{hashlib.sha256(kept.encode()).hexdigest()[:24]}.json"


def name_of(text: str) -> str:
    """Give a name as it is kept: names that look alike are one, whatever they are made of."""
    sound = text.encode("utf-8", errors="replace").decode()  # half of a letter can't be written
    return tidy(unicodedata.normalize("NFC", sound))[:MOST_CHARACTERS].rstrip()


def _preset(found: Any) -> Preset | None:
    if not isinstance(found, dict):
        return None
    name, groups = found.get("name"), found.get("parameters")
    return Preset(name, groups) if isinstance(name, str) and isinstance(groups, dict) else None
