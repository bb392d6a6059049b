"""What a person wrote of the animals of a project, kept in the project's file."""

from pathlib import Path

from calscope.model.remark import tidy
from calscope.pipeline.project_file import ProjectFile

_ENTRY = "remarks"


def remarks_of(store_root: Path, data: str) -> dict[str, str]:
    """Give the remarks on the animals of the folder `data`, by animal, those that are not empty."""
    kept = ProjectFile(store_root, data).read().get(_ENTRY)
    found = {name: tidy(text) for name, text in kept.items()} if isinstance(kept, dict) else {}
    return {name: text for name, text in found.items() if text}


def keep_remark(store_root: Path, data: str, animal: str, text: str) -> None:
    """Replace the remark on one animal; an empty text takes it away.

    Raises
    ------
    StoreError
        When the store can't be written.
    """
    remarks = remarks_of(store_root, data) | {animal: tidy(text)}
    ProjectFile(store_root, data).update(**{_ENTRY: {name: said for name, said in remarks.items() if said}})
