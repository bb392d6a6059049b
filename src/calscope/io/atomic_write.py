"""Write a file or a folder beside its place and move it there when it is whole: nobody ever reads half of one.

`atomic_file` and `atomic_folder` are for what people keep, and tell trouble with the disk by the place that they chose;
what a process that was killed left there is swept by the next one that writes in the same folder.
`write_text_whole` is for small texts of our own; whoever writes one says what place trouble is told by.
"""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from calscope.io.unfinished import is_unfinished, remove, set_aside, unfinished
from calscope.model.errors import StoreError
from calscope.model.quantities import size

MARK = ".calscope-export"
"""Stands in a folder that we wrote, and lists its files."""
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What file browsers leave behind in every folder that they showed."""
BUSY_S = 2.0
"""How long a move waits for other programs to let go of what moves."""
_RETRY_S = 0.05
_IN_USE = (5, 32)
"""Numbers that Windows gives for a file, or a folder with a file, that is open elsewhere."""
_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SHORT_WRITE = re.compile(r"^\d+ requested and \d+ written$|errno = 28\b|No space left on device")
"""What numpy and HDF5 say of a disk that took less than they gave it; they set no errno."""
_MEANINGS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "writing there is not allowed",
    errno.EPERM: "writing there is not allowed",
    errno.ENOTDIR: "something that is not a folder is in the way",
    errno.EEXIST: "something that is not a folder is in the way",
    errno.EISDIR: "a folder of that name is in the way",
}


def disk_trouble(error: OSError, place: Path) -> str:
    """Say in words what the disk refused, and where that tells something how much room it has left at `place`."""
    known = _MEANINGS[errno.ENOSPC] if is_full(error) else error.strerror or str(error)
    trouble, free = _MEANINGS.get(error.errno or 0, known), free_bytes(place) if is_full(error) else None
    return trouble if free is None else f"{trouble} ({size(free)} free)"


def free_bytes(place: Path) -> int | None:
    """Give how many bytes may still be written where a path is, or would be; None where that can't be told."""
    there = next((path for path in (place, *place.absolute().parents) if path.exists()), place)
    try:
        return shutil.disk_usage(there).free
    except OSError:
        return None


def is_full(error: OSError) -> bool:
    """Whether the disk refused because there is no room left."""
    return error.errno in _FULL or (error.errno is None and _SHORT_WRITE.search(str(error)) is not None)


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Give the path to write to; it takes the place of `target` when the block ends well, and vanishes when it doesn't.

    The path has the ending of `target`, because some writers choose what to write by it.

    Raises
    ------
    StoreError
        When the place can't be written, or the disk is full.
    """
    with _in_words(target), unfinished(target, target.suffix) as part:
        yield part
        move(part, target)


def write_text_whole(path: Path, text: str, *, durable: bool = False, replaces: bool = True) -> None:
    """Write a small text; several processes may do so at once, and the last one's stays.

    Parameters
    ----------
    durable
        Come back only when the text is on the disk itself, so that it survives a power cut.
    replaces
        Whether a file that is there already is replaced; else the first one's stays.

    Raises
    ------
    FileExistsError
        When there is a file, and it may not be replaced.
    OSError
        When the disk refuses; the old text is still there.
    """
    # Without the ending of `path`: who looks through a folder for such files must not take an unfinished one for one.
    part = path.with_name(f".part-{os.getpid()}-{secrets.token_hex(4)}-{path.name}.tmp")
    try:
        part.write_text(text, encoding="utf-8")
        if durable:
            sync_to_disk(part)
        if replaces:
            move(part, path)
        else:
            _move_to_free_place(part, path)
    finally:
        part.unlink(missing_ok=True)


def _move_to_free_place(part: Path, path: Path) -> None:
    """Move a file to where none is; FileExistsError where one is, also one that came just now."""
    if os.name == "nt":
        part.rename(path)  # Windows replaces nothing
        return
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        path.open("x").close()
        move(part, path)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder to write into; as `atomic_file` otherwise.

    The finished folder carries a mark that lists its files. An older folder is replaced whole, but only where its mark
    lists every file in it: what somebody else put there is never touched.

    Raises
    ------
    StoreError
        When other files are there, the place can't be written, or the disk is full.
    """
    with _in_words(target), unfinished(target) as part:
        _check_replaceable(target)
        part.mkdir()
        yield part
        _write_mark(part)
        _replace_folder(part, target)


def _replace_folder(part: Path, target: Path) -> None:
    """Move a finished folder to its place; the older one is back there if that fails.

    Where somebody else's export comes there between the two moves, it is an older one too.

    Raises
    ------
    StoreError
        When a person put something there meanwhile.
    """
    _check_replaceable(target)
    while not _took_the_place(part, target):
        _check_replaceable(target)


def _took_the_place(part: Path, target: Path) -> bool:
    """Move a folder to its place, and what was there out of it; False where another one came there in between."""
    old = set_aside(part, target)
    try:
        with suppress(FileNotFoundError):
            move(target, old)
        placed = _moved_to_free_place(part, target)
        remove(old)
        return placed
    finally:
        if old.exists() and not target.exists():
            move(old, target)


def _moved_to_free_place(part: Path, target: Path) -> bool:
    """Move a folder; False where one is there, or was when it was tried."""
    try:
        move(part, target)
    except OSError as error:
        if error.errno in _TAKEN or target.is_dir():
            return False
        raise
    return True


def move(source: Path, target: Path) -> None:
    """Move a file over another one, or a folder to where none is; wait a moment for who has it open on Windows.

    There nothing moves while somebody reads it, and pages and virus scanners read what was just written.

    Raises
    ------
    OSError
        When the disk refuses, or it is still in use after `BUSY_S`.
    """
    end = time.monotonic() + BUSY_S
    while True:
        try:
            source.replace(target)
            return
        except OSError as error:
            if getattr(error, "winerror", None) not in _IN_USE or time.monotonic() > end:
                raise
        time.sleep(_RETRY_S)


def sync_to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk itself; folders can't be waited for on Windows."""
    if os.name == "nt" and path.is_dir():
        return
    # Windows waits only for files that are open for writing, others refuse to open a folder so.
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_replaceable(folder: Path) -> None:
    """Refuse to touch what `atomic_folder` did not write."""
    if folder.is_symlink() or folder.is_file():
        raise StoreError(f"{folder} is a file or a link, and is left alone. Choose another folder, or move it first.")
    foreign = _first_foreign(folder)
    if foreign is not None:
        raise StoreError(
            f"{folder} holds files that are no export of Calscope's, such as {foreign}; it is left alone. "
            "Choose another folder to export to, or move these files first."
        )


def _first_foreign(folder: Path) -> str | None:
    """Name a file below a folder that its mark does not list; looks anew where the folder was replaced meanwhile."""
    while True:
        looked_at = _identity(folder)
        if looked_at is None:
            return None
        with suppress(FileNotFoundError):
            found = next(_foreign(folder), None)
            if _identity(folder) == looked_at:
                return found


def _identity(folder: Path) -> tuple[int, int, int] | None:
    """Tell a folder from another one that takes its place; None where there is none."""
    try:
        stat = folder.stat()
    except FileNotFoundError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_ctime_ns


def _foreign(folder: Path) -> Iterator[str]:
    """Names of the files below a folder that its mark does not list."""
    mark = folder / MARK
    listed = set(mark.read_text(encoding="utf-8").splitlines()) if mark.is_file() else set()
    return (name for name in _files_below(folder) if name not in listed and Path(name).name not in _LITTER)


def _files_below(folder: Path) -> Iterator[str]:
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return (path.relative_to(folder).as_posix() for path in files)


def _write_mark(folder: Path) -> None:
    (folder / MARK).write_text("\n".join([MARK, *_files_below(folder)]), encoding="utf-8")


@contextmanager
def _in_words(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if any(is_unfinished(path) for path in target.parents):
            raise  # it is told by the place of the folder that is being made, which a person knows
        advice = "Free some space." if is_full(error) else "Choose a folder that you may write to."
        raise StoreError(f"{target} can't be written: {disk_trouble(error, target)}. {advice}") from error
