"""What is kept of a project from one session to the next: one small JSON file a folder of recordings, in the store."""

import hashlib
import json
from pathlib import Path
from typing import Any

from calscope.io.atomic_write import write_text_whole
from calscope.io.server_rights import Right, require
from calscope.pipeline.disk_files import read_json, store_trouble

PROJECTS = "projects"


class ProjectFile:
    """The file of one folder of recordings. Several windows may write it; the last one to do so is right."""

    def __init__(self, store_root: Path, data: str) -> None:
        """Take the root of the store, and the folder of the recordings."""
        self.data = data
        self.path = store_root / PROJECTS / f"{hashlib.sha256(data.encode()).hexdigest()[:24]}.json"

    def read(self) -> dict[str, Any]:
        """Give what is kept; nothing where there is no file, or one that is damaged or of another folder."""
        kept = read_json(self.path)
        return kept if isinstance(kept, dict) and kept.get("data") == self.data else {}

    def update(self, **entries: Any) -> None:
        """Replace some entries and keep the others.

        Raises
        ------
        StoreError
            When the store can't be written.
        NotAllowedError
            When this server keeps nothing.
        """
        require(Right.KEEP)
        with store_trouble(self.path.parent.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.read() | {"data": self.data} | entries, indent=1, ensure_ascii=False)
            write_text_whole(self.path, text)
