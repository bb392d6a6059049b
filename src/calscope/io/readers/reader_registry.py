"""Every format that can be opened; a new one is added to `READERS`."""

from pathlib import Path

from calscope.io.file_names import list_tiffs
from calscope.io.readers.reader import Reader, Recording
from calscope.io.readers.tiff.frame_folder import FrameFolderReader
from calscope.io.readers.tiff.stacks import StackReader
from calscope.model.errors import RecordingError

__all__ = ["READERS", "Recording", "check_there", "nothing_to_open", "open_recording"]

READERS: tuple[Reader, ...] = (FrameFolderReader(), StackReader())


def open_recording(path: Path, n_frames: int | None = None) -> Recording:
    """Open a recording, lazily: headers are read now, frames when they are asked for.

    Parameters
    ----------
    path
        A stack, or a folder with one recording: single frames, one stack, or stacks that continue each other.
    n_frames
        Only its first frames.

    Raises
    ------
    RecordingError
        Saying what was found where, and what to do.
    """
    path = Path(path)
    check_there(path)
    for reader in READERS:
        if reader.accepts(path):
            return reader.open(path, n_frames)
    raise nothing_to_open(path)


def check_there(path: Path) -> None:
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
    if not found:
        above = next((folder for folder in path.absolute().parents if folder.is_dir()), None)
        there = f" The folder '{above}' is there; look in it for the right name." if above else ""
        raise RecordingError(f"There is nothing at '{path}'.{there}")


def nothing_to_open(path: Path) -> RecordingError:
    """Say that no reader knows what is there, and what the known formats are."""
    known = "Known are: " + "; ".join(reader.label for reader in READERS) + "."
    if path.is_file():
        return RecordingError(f"'{path.name}' in '{path.parent}' is no recording that can be opened. {known}")
    _, others = list_tiffs(path)
    if any(path.iterdir()):
        seen = f" (it has: {', '.join(note.split(':')[0] for note in others[:3])})" if others else ""
        return RecordingError(f"There are no TIFF files directly in '{path}'{seen}. {known}")
    return RecordingError(
        f"The folder '{path}' is empty. Put the recording's TIFF files there, or choose another folder."
    )
