"""The animals of a folder: which recordings are there, under which names, and what was passed over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calscope.io.file_names import is_litter, is_tiff, list_tiffs, natural_key, safe_name, safe_names, stem_of
from calscope.io.readers.reader_registry import check_there, nothing_to_open
from calscope.io.readers.tiff.stacks import holds_many, is_damaged
from calscope.io.safe_paths import leads_out
from calscope.model.errors import RecordingError


@dataclass(frozen=True)
class RecordingRef:
    """One animal's recording, not yet opened."""

    name: str
    """Name that can be a folder's on every system and is the only one of its kind in the project."""
    path: Path
    original: str = ""
    """Name on disk, where `name` had to differ."""


@dataclass(frozen=True)
class Project:
    """The recordings of a folder, in natural order of their names (Animal_2 before Animal_10)."""

    root: Path
    recordings: tuple[RecordingRef, ...]
    skipped: tuple[str, ...] = ()
    """What was passed over, with the reason."""


def find_recordings(path: Path) -> Project:
    """Find the animals of a folder, without reading frames.

    - A file is one recording.
    - A folder with TIFFs directly inside and no animals' folders is one recording where they are single frames or
      exactly one stack; several stacks are one animal each. (Stacks that continue each other belong in their animal's
      folder.)
    - Otherwise every folder with TIFFs directly inside is one animal, and so is every stack beside them. A damaged
      file counts as a stack, so that opening it says what is wrong with it.

    Raises
    ------
    RecordingError
        When nothing is there, no TIFF is found, or the folder can't be looked into.
    """
    path = Path(path)
    check_there(path)
    if path.is_file():
        if not is_tiff(path.name):
            raise nothing_to_open(path)
        return Project(path.parent, (_ref(path),))
    tiffs, skipped = list_tiffs(path)
    folders, no_tiffs = _animal_folders(path)
    if not tiffs and not folders:
        raise _no_recordings(path, no_tiffs)
    if not folders and _is_one_recording(tiffs):
        return Project(path, (_ref(path),), (*skipped, *no_tiffs))
    stacks = [tiff for tiff in tiffs if holds_many(tiff) or is_damaged(tiff)]
    single = [tiff for tiff in tiffs if tiff not in stacks]
    return Project(path, _named([*folders, *stacks]), (*_single_images(single), *skipped, *no_tiffs))


def only_inside(project: Project, roots: Sequence[Path]) -> Project:
    """Give a project without the recordings that links take from outside of the folders that may be opened.

    What a browser asks for goes through this; who types a command may follow any link.
    """
    out = [ref for ref in project.recordings if leads_out(ref.path, roots)]
    if not out:
        return project
    told = tuple(f"{ref.path.name}: it is, or has in it, a link out of the folders that may be opened" for ref in out)
    kept = tuple(ref for ref in project.recordings if ref not in out)
    if not kept:
        raise RecordingError(f"Nothing in {project.root} can be opened. {'; '.join(told[:5])}.")
    return replace(project, recordings=kept, skipped=(*told, *project.skipped))


def _is_one_recording(tiffs: list[Path]) -> bool:
    """Whether the TIFFs of a folder are one recording: exactly one file, or single frames throughout.

    The first, middle and last file stand for all, unless one of them is damaged; a folder that mixes both is refused
    when it is opened.
    """
    if len(tiffs) == 1:
        return True
    some = [tiffs[i] for i in (0, len(tiffs) // 2, -1)]
    return not any(holds_many(tiff) for tiff in (tiffs if any(is_damaged(tiff) for tiff in some) else some))


def _animal_folders(root: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Subfolders with TIFFs directly inside, and the others with the reason why they are passed over."""
    with_tiffs, skipped = [], []
    inside = (folder for folder in root.iterdir() if folder.is_dir() and not is_litter(folder.name))
    for folder in sorted(inside, key=lambda one: natural_key(one.name)):
        try:
            tiffs, _ = list_tiffs(folder)
        except RecordingError:
            skipped.append(f"{folder.name}: you have no permission to look into it")
            continue
        if tiffs:
            with_tiffs.append(folder)
        else:
            skipped.append(f"{folder.name}: {_why_no_tiffs(folder)}")
    return with_tiffs, tuple(skipped)


def _why_no_tiffs(folder: Path) -> str:
    deeper = (below for below in folder.iterdir() if below.is_dir() and not is_litter(below.name))
    try:
        found = next((below.name for below in deeper if list_tiffs(below)[0]), None)
    except RecordingError:
        found = None
    if found:
        return f"no TIFF files directly in it; there are some in its folder '{found}', which can be opened by itself"
    return "no TIFF files in it"


def _single_images(paths: list[Path]) -> tuple[str, ...]:
    return tuple(f"{path.name}: a single image beside the animals' recordings" for path in paths)


def _ref(path: Path) -> RecordingRef:
    original = stem_of(path.name) if path.is_file() else path.resolve().name
    return RecordingRef(safe_name(original), path, original)


def _named(paths: list[Path]) -> tuple[RecordingRef, ...]:
    """Refs in natural order; names that would be the same are told apart."""
    found = sorted((_ref(path) for path in paths), key=lambda ref: natural_key(ref.original))
    names = safe_names(ref.original for ref in found)
    return tuple(RecordingRef(name, ref.path, ref.original) for name, ref in zip(names, found, strict=True))


def _no_recordings(path: Path, skipped: tuple[str, ...]) -> RecordingError:
    """Say that no TIFFs are there, with the folders looked into."""
    if not skipped:
        return nothing_to_open(path)
    looked = "; ".join(skipped[:5])
    return RecordingError(
        f"There are no TIFF files in '{path}' or directly in its folders ({looked}). Choose the folder that holds one "
        "folder, or one stack, per animal."
    )
