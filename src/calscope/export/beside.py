"""Write a file or a folder beside its place and move it there when it is whole: nobody ever reads half of one."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calscope.model.errors import StoreError


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
    """Give an empty folder to write into; as `file_beside` otherwise. An older folder there is replaced whole."""
    part, old = _part(target), target.with_name(f".{target.name}.old-{os.getpid()}")
    with _in_words(target):
        try:
            part.mkdir(parents=True)
            yield part
            if target.exists():
                target.rename(old)
            part.rename(target)
        finally:
            if old.exists() and not target.exists():
                old.rename(target)
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


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
