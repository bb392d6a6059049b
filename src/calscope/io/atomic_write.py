"""Write a file or a folder beside its place and move it there when it is whole: nobody ever reads half of one.

For what people keep: files of any writer, folders, and trouble told by the place that they chose. The store's own small
texts, which several processes may write at once, are written by `write_text_whole` of `pipeline/files.py`.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calscope.model.errors import StoreError

MARK = ".calscope-export"
"""Stands in a folder that we wrote, and lists its files."""
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What file browsers leave behind in every folder that they showed."""


@contextmanager
def file_beside(target: Path) -> Iterator[Path]:
    """Give the path to write to; it takes the place of `target` when the block ends well, and vanishes when it doesn't.

    Raises
    ------
    StoreError
        When the place can't be written, or the disk is full.
    """
    part = _part(target)
    with _in_words(target):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield part
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def folder_beside(target: Path) -> Iterator[Path]:
    """Give an empty folder to write into; as `file_beside` otherwise.

    The finished folder carries a mark that lists its files. An older folder is replaced whole, but only where its mark
    lists every file in it: what somebody else put there is never touched.

    Raises
    ------
    StoreError
        When other files are there, the place can't be written, or the disk is full.
    """
    part, old = _part(target), target.with_name(f".{target.name}.old-{os.getpid()}")
    with _in_words(target):
        _check_replaceable(target)
        try:
            part.mkdir(parents=True)
            yield part
            _write_mark(part)
            if target.exists():
                target.rename(old)
            part.rename(target)
        finally:
            if old.exists() and not target.exists():
                old.rename(target)
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def _check_replaceable(folder: Path) -> None:
    """Refuse to touch what `folder_beside` did not write."""
    if folder.is_symlink() or folder.is_file():
        raise StoreError(f"{folder} is a file or a link, and is left alone. Choose another folder, or move it first.")
    foreign = next(_foreign(folder), None) if folder.is_dir() else None
    if foreign is not None:
        raise StoreError(
            f"{folder} holds files that are no export of Calscope's, such as {foreign}; it is left alone. "
            "Choose another folder to export to, or move these files first."
        )


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


def _part(target: Path) -> Path:
    # The ending stays: some writers choose what to write by it.
    return target.with_name(f".part-{os.getpid()}-{target.name}")


@contextmanager
def _in_words(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Free some space." if full else "Choose a folder that you may write to."
        raise StoreError(f"{target} can't be written: {error.strerror or error}. {advice}") from error
