"""Says in words why a file of a recording can't be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calscope.model.errors import CalscopeError, Cancelled, RecordingError


class BrokenFileError(Exception):
    """The structure of the file is damaged; the text says how, without the file's name."""


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Make a `RecordingError` that names the file of whatever a reader ends with; what is in words already passes.

    Damaged files make libraries raise anything. One bad file must not cost the other animals.
    """
    try:
        yield
    except (CalscopeError, Cancelled):
        raise
    except Exception as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: BaseException, frame: int | None = None) -> RecordingError:
    """Say in words that a file, or a frame of it, can't be read."""
    where = f"'{path.name}' in '{path.parent}'"
    what = f"frame {frame} (counted from 0) of {where}" if frame is not None else where
    if isinstance(error, FileNotFoundError):
        return RecordingError(f"The file {where} is gone. Put it back, or open the recording again.")
    if isinstance(error, PermissionError):
        return RecordingError(f"You have no permission to read {where}. Ask for the right to read it, or copy it.")
    return RecordingError(
        f"Can't read {what}: {_reason(error)}. Copy the file again from where it was recorded, or take it away."
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, BrokenFileError):
        return str(error)
    if isinstance(error, MemoryError):
        return "it says that it holds more than fits into this computer's memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "its pixels can't be decoded, it is damaged or packed in a way that is not known here"
