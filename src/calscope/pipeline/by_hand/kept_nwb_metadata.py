"""What a person said for NWB of the animals of a project, kept in the project's file."""

from pathlib import Path

from calscope.model.errors import ParameterError
from calscope.model.nwb.project_metadata import NOTHING_SAID, ProjectNwbMetadata
from calscope.pipeline.project_file import ProjectFile

_ENTRY = "nwb_metadata"


def nwb_metadata_of(store_root: Path, data: str) -> ProjectNwbMetadata:
    """Give what is kept of the folder `data`; nothing where nothing is, or what is there is damaged."""
    kept = ProjectFile(store_root, data).read().get(_ENTRY)
    try:
        return NOTHING_SAID if kept is None else ProjectNwbMetadata.from_plain(kept)
    except ParameterError:
        return NOTHING_SAID


def keep_nwb_metadata(store_root: Path, data: str, said: ProjectNwbMetadata) -> None:
    """Replace what is kept.

    Raises
    ------
    StoreError
        When the store can't be written.
    """
    ProjectFile(store_root, data).update(**{_ENTRY: said.to_plain()})
