"""What is half made beside its place in a person's folder: who writes it is in its name, and who is gone is swept up.

<folder>/.part-<owner>.lock              locked for as long as a process makes something in the folder
<folder>/.part-<owner>-<random><ending>  a file or folder that is being made
<folder>/.old-<owner>-<random>-<name>    a folder that is being replaced

Nothing else in the folder is touched. `calscope.io.owners` says how a process that is gone is told from a slow one.
"""

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from calscope.io.owners import ID, Owners

_PART = re.compile(rf"\.part-(?P<owner>{ID})-[0-9a-f]{{8}}(\..+)?")
_OLD = re.compile(rf"\.old-(?P<owner>{ID})-[0-9a-f]{{8}}-(?P<name>.+)")
_LOCK = re.compile(rf"\.part-{ID}\.lock")


@contextmanager
def unfinished(target: Path, ending: str = "") -> Iterator[Path]:
    """Give a path beside `target` where nothing is yet; what is there when the block ends is removed.

    Raises
    ------
    OSError
        When the folder can't be made or written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep_unfinished(target.parent)
    with _owners(target.parent).own() as owner:
        path = target.with_name(f".part-{owner}-{secrets.token_hex(4)}{ending}")
        try:
            yield path
        finally:
            remove(path)


def set_aside(unfinished_path: Path, target: Path) -> Path:
    """Give the path beside `target` to which it moves before what is made at `unfinished_path` takes its place."""
    found = _PART.fullmatch(unfinished_path.name)
    if found is None:
        raise ValueError(f"{unfinished_path} is nothing that is being made.")
    return target.with_name(f".old-{found['owner']}-{secrets.token_hex(4)}-{target.name}")


def is_unfinished(path: Path) -> bool:
    """Whether a path is by its name something half made, or the lock of who makes it."""
    return any(pattern.fullmatch(path.name) for pattern in (_PART, _OLD, _LOCK))


def sweep_unfinished(folder: Path) -> None:
    """Remove what processes that are gone left half made in a folder; what they had set aside comes back.

    What can't be removed, or not be looked at, stays for the next one who writes there.
    """
    owners = _owners(folder)
    with suppress(OSError):
        for path in list(folder.glob(".*")):
            found = _PART.fullmatch(path.name) or _OLD.fullmatch(path.name)
            if found and owners.is_gone(found["owner"]):
                _clear(path)
        owners.sweep()


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink()


def _owners(folder: Path) -> Owners:
    return Owners.among(folder, ".part-")


def _clear(path: Path) -> None:
    """Remove what was left, or put it back where the process ended between taking the old away and setting the new."""
    old = _OLD.fullmatch(path.name)
    target = path.with_name(old["name"]) if old else None
    if target is None or target.exists():
        remove(path)
        return
    with suppress(OSError):
        path.rename(target)
