"""The animals of a folder: which recordings are there, under which names, and what was passed over."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calscope.io.file_names import is_system_file, natural_key, safe_name, safe_names, stem_of
from calscope.io.readers.file_errors import in_words
from calscope.io.readers.reader_registry import (
    check_exists,
    find_in,
    is_recording,
    known_formats,
    nothing_to_open,
    reader_for,
)
from calscope.io.readers.tiff.stacks import is_damaged
from calscope.io.safe_paths import leads_out
from calscope.model.errors import RecordingError
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note

_FEWEST_IN_SERIES = 10
"""Frames directly in a folder that are more than a few overview images."""
_REFERENCES = "references"
"""How Prairie View calls the folder of overview images that it puts beside a recording."""


@dataclass(frozen=True)
class RecordingRef:
    """One animal's recording, not yet opened."""

    name: str
    """Name that can be a folder's on every system and is the only one of its kind in the project."""
    path: Path
    original: str = ""
    """Name on disk, where `name` had to differ."""
    files: tuple[Path, ...] = ()
    """The files that belong to it, where they lie among those of other recordings; else what is at `path`."""


@dataclass(frozen=True)
class Project:
    """The recordings of a folder, in natural order of their names (Animal_2 before Animal_10)."""

    root: Path
    recordings: tuple[RecordingRef, ...]
    skipped: tuple[Note, ...] = ()
    """What was passed over, with the reason."""


def find_recordings(path: Path) -> Project:
    """Find the animals of a folder, without reading frames.

    - A file is one recording.
    - Every subfolder that some reader takes as a recording is one animal, and so is every recording that a reader sees
      directly in the folder. (Stacks that continue each other belong in their animal's folder.)
    - A folder with a series of single frames is one recording, whatever folders lie in it.
    - A folder with a few single images, or with references, is no recording where stacks lie beside it.
    - A folder that holds nothing but one recording is that recording, named after the folder.

    Raises
    ------
    RecordingError
        When nothing is there, no reader finds a recording, or the folder can't be looked into.
    """
    path = Path(path)
    check_exists(path)
    if path.is_file():
        reader_for(path)
        return Project(path.parent, (_ref(path),))
    folders, others = _animal_folders(path)
    with in_words(path):
        if folders and _is_recording_with_folders(path, len(folders)):
            passed_over = tuple(Note("folder_beside_frames", {"name": folder.name}) for folder in folders)
            return Project(path, (_ref(path),), (*passed_over, *others))
        references = _references(path, folders)
        folders = [folder for folder in folders if folder not in references]
        others = (*(Note("folder_of_single_images", {"name": folder.name}) for folder in references), *others)
        found = find_in(path, as_whole=not folders)
    if not folders and not found.recordings:
        raise _no_recordings(path, others)
    is_one = not folders and not found.skipped and len(found.recordings) == 1
    refs = [_ref(path)] if is_one else [*map(_ref, folders), *(_ref(one.path, one.files) for one in found.recordings)]
    return Project(path, _named(refs), (*found.passed_over, *others))


def only_inside(project: Project, roots: Sequence[Path]) -> Project:
    """Give a project without the recordings that links take from outside of the folders that may be opened.

    What a browser asks for goes through this; who types a command may follow any link.
    """
    out = [ref for ref in project.recordings if any(leads_out(path, roots) for path in (ref.path, *ref.files))]
    if not out:
        return project
    refused = tuple(Note("link_leads_out", {"name": ref.path.name}) for ref in out)
    kept = tuple(ref for ref in project.recordings if ref not in out)
    if not kept:
        raise RecordingError(f"Nothing in {project.root} can be opened. {'; '.join(texts(refused[:5]))}.")
    return replace(project, recordings=kept, skipped=(*refused, *project.skipped))


def _animal_folders(root: Path) -> tuple[list[Path], tuple[Note, ...]]:
    """Subfolders that are recordings, and the others with the reason why they are passed over."""
    animals, others = [], []
    inside = (folder for folder in root.iterdir() if folder.is_dir() and not is_system_file(folder.name))
    for folder in sorted(inside, key=lambda one: natural_key(one.name)):
        try:
            is_animal = is_recording(folder)
        except RecordingError:
            others.append(Note("folder_not_permitted", {"name": folder.name}))
            continue
        if is_animal:
            animals.append(folder)
        else:
            others.append(_no_recording_in(folder))
    return animals, tuple(others)


def _is_recording_with_folders(path: Path, n_folders: int) -> bool:
    """Whether a folder with folders that hold TIFFs is yet one recording: a series of frames lies directly in it.

    Microscopes put references beside the frames, people averages and registered frames. An overview image or a few for
    each animal are no series.
    """
    files = _single_frames(path)
    names = {re.sub(r"\d+", "#", stem_of(file.name)) for file in files}
    return len(names) == 1 and len(files) >= max(_FEWEST_IN_SERIES, 3 * n_folders)


def _references(path: Path, folders: Sequence[Path]) -> list[Path]:
    """Give the folders that hold only overview images, which people and microscopes keep beside stacks."""
    if not folders or not find_in(path, as_whole=False).recordings:
        return []
    return [folder for folder in folders if _is_reference(folder, _single_frames(folder))]


def _is_reference(folder: Path, images: Sequence[Path]) -> bool:
    """Tell whether single images are no recording; a damaged one may be all that is left of a stack."""
    few = math.inf if folder.name.lower() == _REFERENCES else _FEWEST_IN_SERIES
    return 0 < len(images) < few and not any(is_damaged(image) for image in images)


def _single_frames(folder: Path) -> tuple[Path, ...]:
    """Give the files of a folder that is one recording of single frames; none where it is something else."""
    whole = find_in(folder, as_whole=True).recordings
    return whole[0].files if len(whole) == 1 and whole[0].path == folder else ()


def _no_recording_in(folder: Path) -> Note:
    deeper = (below for below in folder.iterdir() if below.is_dir() and not is_system_file(below.name))
    try:
        found = next((below.name for below in deeper if is_recording(below)), None)
    except RecordingError:
        found = None
    return Note("folder_without_recording", {"name": folder.name, "inside": found})


def _ref(path: Path, files: tuple[Path, ...] = ()) -> RecordingRef:
    original = stem_of(path.name) if path.is_file() else path.resolve().name
    return RecordingRef(safe_name(original), path, original, files)


def _named(refs: list[RecordingRef]) -> tuple[RecordingRef, ...]:
    """Refs in natural order, on every disk the same; names that would be the same are told apart."""
    found = sorted(refs, key=lambda ref: (natural_key(ref.original), ref.path.name))
    names = safe_names(ref.original for ref in found)
    return tuple(replace(ref, name=name) for name, ref in zip(names, found, strict=True))


def _no_recordings(path: Path, others: tuple[Note, ...]) -> RecordingError:
    """Say that no recordings are there, with the folders looked into."""
    if not others:
        return nothing_to_open(path)
    looked = "; ".join(texts(others[:5]))
    return RecordingError(
        f"There are no recordings in '{path}' or directly in its folders ({looked}). Choose the folder that holds one "
        f"folder, or one file, per animal. {known_formats()}"
    )
