"""Every format that can be opened; a new one is added to `READERS`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from calscope.io.file_names import files_in, is_read_beside, names_in, natural_key
from calscope.io.readers.file_errors import in_words
from calscope.io.readers.reader import FoundRecording, OpenedFiles, Reader, Recording, as_recording
from calscope.io.readers.tiff.tiff_reader import TiffReader
from calscope.model.errors import RecordingError
from calscope.model.notes import Note

__all__ = ["READERS", "Recording", "open_recording"]

READERS: tuple[Reader, ...] = (TiffReader(),)
"""In the order in which they are asked: a file that two of them take is the first one's."""

_COMMON_CODE = ("calscope.io.readers.reader", "calscope.io.readers.fingerprint")
_MOST_NAMED = 10


@dataclass(frozen=True)
class FolderContents:
    """What the readers see directly in a folder; no file is in two of the three."""

    recordings: tuple[FoundRecording, ...]
    skipped: Mapping[Path, Note]
    """Files that a reader knows, but which are no recording, each with the reason."""
    unknown: tuple[Path, ...]
    """Files of no known format, in natural order."""

    @property
    def passed_over(self) -> tuple[Note, ...]:
        """What is no recording, with the reason."""
        unknown = [Note("file_of_unknown_format", {"name": path.name}) for path in self.unknown[:_MOST_NAMED]]
        if len(self.unknown) > _MOST_NAMED:
            unknown.append(Note("more_files_of_unknown_format", {"n": len(self.unknown) - _MOST_NAMED}))
        return (*self.skipped.values(), *unknown)


def open_recording(path: Path, n_frames: int | None = None) -> Recording:
    """Open a recording, lazily: headers are read now, frames when they are asked for.

    Parameters
    ----------
    path
        A file, or a folder with one recording: single frames, one stack, or stacks that continue each other.
    n_frames
        Only its first frames.

    Raises
    ------
    RecordingError
        Saying what was found where, and what to do.
    """
    path = Path(path)
    check_exists(path)
    reader = reader_for(path)
    with in_words(path):
        opened = reader.open(path, n_frames)
        passed_over = () if path.is_file() else _beside(path, reader, opened)
        return as_recording(reader, path, opened, n_frames, passed_over)


def is_recording(path: Path) -> bool:
    """Whether some reader accepts a file, or a folder as a whole; errors as `Reader.accepts`."""
    return any(reader.accepts(path) for reader in READERS)


def reader_for(path: Path) -> Reader:
    """Give the first reader that accepts a file or folder.

    Raises
    ------
    RecordingError
        When none does, with the known formats.
    """
    reader = next((reader for reader in READERS if reader.accepts(path)), None)
    if reader is None:
        raise nothing_to_open(path)
    return reader


def find_in(folder: Path, *, as_whole: bool) -> FolderContents:
    """See which recordings lie directly in a folder, of all formats.

    `as_whole` says whether the folder itself may be one recording; it is one only where there is no other.

    Raises
    ------
    RecordingError
        When the folder can't be looked into.
    """
    contents = _merged(folder, READERS, as_whole=as_whole)
    if as_whole and len(contents.recordings) > 1 and any(one.path == folder for one in contents.recordings):
        return _merged(folder, READERS, as_whole=False)
    return contents


def code_of(reader_name: str) -> tuple[str, ...]:
    """Give the modules that read a recording's frames and metadata, for cache keys: those of its reader only.

    Without a reader, as for a simulation, only what all readers share.
    """
    return (*_COMMON_CODE, *(type(reader).__module__ for reader in READERS if reader.name == reader_name))


def libraries_of(reader_name: str) -> tuple[str, ...]:
    """Give the packages that decode a recording's pixels, for cache keys."""
    return next((reader.libraries for reader in READERS if reader.name == reader_name), ())


def check_exists(path: Path) -> None:
    """Refuse a path at which nothing is, or nothing that may be looked at.

    Raises
    ------
    RecordingError
        With the next folder above that is there.
    """
    try:
        found = path.exists()
    except PermissionError as error:
        raise RecordingError(
            f"You have no permission to look at '{path}'. Ask for the right to read it, or choose another place."
        ) from error
    except (OSError, ValueError) as error:
        raise RecordingError(f"'{path}' is no name of a file or folder. Check how it is written.") from error
    if found and not (path.is_file() or path.is_dir()):
        raise RecordingError(
            f"'{path}' is neither a file nor a folder, but a pipe, a socket or a device, and is not opened. Choose a "
            "recording's file or folder."
        )
    if not found:
        above = next((folder for folder in path.absolute().parents if folder.is_dir()), None)
        there = f" The folder '{above}' is there; look in it for the right name." if above else ""
        raise RecordingError(f"There is nothing at '{path}'.{there}")


def nothing_to_open(path: Path) -> RecordingError:
    """Say that no reader knows what is there, and what the known formats are."""
    if path.is_file():
        return RecordingError(f"'{path.name}' in '{path.parent}' is no recording that can be opened. {known_formats()}")
    if any(path.iterdir()):
        names = [file.name for file in files_in(path)[:3]]
        seen = f" (it has: {', '.join(names)})" if names else ""
        return RecordingError(f"There is no recording directly in '{path}'{seen}. {known_formats()}")
    return RecordingError(
        f"The folder '{path}' is empty. Put the recording's files there, or choose another folder. {known_formats()}"
    )


def known_formats() -> str:
    """Give a sentence with all formats that can be opened."""
    return f"Known formats are: {'; '.join(reader.label for reader in READERS)}."


def _merged(folder: Path, readers: tuple[Reader, ...], *, as_whole: bool) -> FolderContents:
    """Join what the readers see; a file that one took is neither another's nor passed over."""
    found = [reader.find(folder, as_whole=as_whole) for reader in readers]
    taken: set[Path] = set()
    recordings: list[FoundRecording] = []
    for one in found:
        own = [recording for recording in one.recordings if taken.isdisjoint(recording.files)]
        taken.update(file for recording in own for file in recording.files)
        recordings += own
    skipped = {file: reason for one in found for file, reason in one.skipped.items() if file not in taken}
    known = {file.name for file in (*taken, *skipped)}
    others = (name for name in names_in(folder) if name not in known and not is_read_beside(name))
    return FolderContents(tuple(recordings), skipped, tuple(folder / name for name in sorted(others, key=natural_key)))


def _beside(folder: Path, reader: Reader, opened: OpenedFiles) -> tuple[Note, ...]:
    """Give what lies beside a recording's files in their folder and is no part of it, with the reason.

    Raises
    ------
    RecordingError
        When another format's recording is there: which one is meant is not guessed.
    """
    others = tuple(other for other in READERS if other is not reader and other.accepts(folder))
    seen = _merged(folder, others, as_whole=True)
    own = {*opened.files, *opened.skipped}
    for one in seen.recordings:
        if own.isdisjoint(one.files):
            raise _two_recordings(folder, opened.files[0], one.files[0])
    others_skipped = {file: reason for file, reason in seen.skipped.items() if file not in own}
    skipped = {**opened.skipped, **others_skipped}
    unknown = tuple(file for file in seen.unknown if file not in own)
    return FolderContents((), skipped, unknown).passed_over


def _two_recordings(folder: Path, one: Path, other: Path) -> RecordingError:
    return RecordingError(
        f"There are recordings in several formats in '{folder}': '{one.name}' and '{other.name}' belong to different "
        "ones. Keep each recording in a folder of its own, or open the file of one of them."
    )
