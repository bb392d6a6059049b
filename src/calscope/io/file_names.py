"""Names of files and animals: which belong to a recording, in which order, and how they are called on disk."""

import itertools
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from natsort import natsort_keygen, ns

from calscope.model.errors import RecordingError

natural_key = natsort_keygen(alg=ns.IGNORECASE)
"""Key that sorts names as people do: Animal_2 before Animal_10."""
TRUTH_FILE, EVENTS_FILE = "truth.npz", "events.csv"
"""What Calscope itself reads beside a recording; that of events may begin with the recording's name and a dot."""
_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "ehthumbs.db"}
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))}
_LAST_NUMBER = re.compile(r"(\d+)\)?$")
_NO_TIME = re.compile(
    r"(?:(?:^|[^a-z])(?:ch|chan|channel|plane|depth|pos|position)[ _-]?|[ _.-][czw])\d+$", re.IGNORECASE
)
"""Endings of names whose number counts something else than time; also '_c1', '_z000' and MetaMorph's '_w1'."""
_MICRO_MANAGER = re.compile(
    r"img_channel(?P<channel>\d+)_position(?P<position>\d+)_time(?P<time>\d+)_z(?P<z>\d+)$"
    r"|img_(?P<old_time>\d{9})_(?P<old_channel>.+)_(?P<old_z>\d{3})$"
)
"""Names that Micro-Manager 2 and 1.4 give single frames; the last number is the depth."""


def is_system_file(name: str) -> bool:
    """Whether a file is one that operating systems leave behind: hidden files, '._' copies, thumbnails."""
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def stem_of(name: str) -> str:
    """Name without its ending, and without the '.ome' before it."""
    stem = Path(name).stem
    return stem[:-4] if stem.lower().endswith(".ome") else stem


def last_number(name: str) -> int | None:
    """Give the number at the end of a file's name; 'img (12).tif' has 12, 'mean.tif' none."""
    found = _LAST_NUMBER.search(stem_of(name))
    return int(found.group(1)) if found else None


def in_order(paths: Sequence[Path]) -> tuple[list[Path], list[int]]:
    """Files sorted by the number at the end of their names, and the numbers.

    Raises
    ------
    RecordingError
        When a name has no number, two have the same, or numbers are at odds: the order in time can't be known then, and
        is never guessed.
    """
    named = [_MICRO_MANAGER.match(stem_of(path.name)) for path in paths]
    if all(named):
        return _in_order_of_micro_manager(paths, [one.groupdict() for one in named if one])
    numbered: dict[int, Path] = {}
    for path in sorted(paths, key=lambda one: natural_key(one.name)):
        number = last_number(path.name)
        if number is None:
            raise RecordingError(
                f"'{path.name}' in '{path.parent}' has no number at the end of its name. The {len(paths)} files of "
                "this recording are put in order by that number; rename the file, or move it out if it is no part of "
                "the recording."
            )
        if number in numbered:
            raise RecordingError(
                f"'{numbered[number].name}' and '{path.name}' in '{path.parent}' have the same number {number} at the "
                "end of their names, so that their order is unknown. Keep one recording, or one channel, per folder."
            )
        numbered[number] = path
    numbers = sorted(numbered)
    ordered = [numbered[number] for number in numbers]
    _check_time(ordered)
    return ordered, numbers


def _check_time(ordered: Sequence[Path]) -> None:
    """Refuse names whose last number counts channels, planes or positions, or is at odds with the numbers before it.

    Raises
    ------
    RecordingError
        Naming two of the files.
    """
    named = [path for path in ordered if _NO_TIME.search(stem_of(path.name))]
    if len(named) > 1:
        raise _not_in_time(*named[:2])
    keys = [[int(number) for number in re.findall(r"\d+", stem_of(path.name))] for path in ordered]
    for one, other, before, after in zip(ordered, ordered[1:], keys, keys[1:], strict=False):
        if len(before) == len(after) and before > after:
            raise RecordingError(
                f"'{one.name}' and '{other.name}' in '{one.parent}' are in one order by the last number of their names "
                "and in another by the numbers before it, so that their order in time is unknown. Keep one recording "
                "per folder, or rename the files."
            )


def _in_order_of_micro_manager(
    paths: Sequence[Path], named: Sequence[dict[str, str | None]]
) -> tuple[list[Path], list[int]]:
    """Give files in the order of the time in their names; other channels, positions and depths are refused."""
    for axis in named[0].keys() - {"time", "old_time"}:
        other = next((path for path, name in zip(paths, named, strict=True) if name[axis] != named[0][axis]), None)
        if other:
            raise _not_in_time(paths[0], other)
    timed = sorted((int(name["time"] or name["old_time"] or 0), path) for path, name in zip(paths, named, strict=True))
    return [path for _, path in timed], [time for time, _ in timed]


def _not_in_time(one: Path, other: Path) -> RecordingError:
    return RecordingError(
        f"'{one.name}' and '{other.name}' in '{one.parent}' are named as channels, planes or positions, which do not "
        "follow each other in time. Keep the files of one of them in a folder of their own, or rename them."
    )


def gaps_in(numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Give the numbers missing in a rising sequence, as (first, last)."""
    return tuple((a + 1, b - 1) for a, b in itertools.pairwise(numbers) if b > a + 1)


def is_read_beside(name: str) -> bool:
    """Tell whether a file is one that Calscope itself reads beside a recording."""
    return name in (TRUTH_FILE, EVENTS_FILE) or name.endswith(f".{EVENTS_FILE}")


def files_in(folder: Path) -> list[Path]:
    """Give the files directly in a folder, in natural order; omissions and errors as `names_in`."""
    return [folder / name for name in sorted(names_in(folder), key=natural_key)]


def names_in(folder: Path) -> list[str]:
    """Give the names of the files directly in a folder, as the disk lists them.

    Subfolders and what operating systems leave behind are left out.

    Raises
    ------
    RecordingError
        When the folder can't be looked into.
    """
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_file() and not is_system_file(entry.name)]
    except PermissionError as error:
        raise RecordingError(
            f"You have no permission to look into '{folder}'. Ask for the right to read it, or choose another folder."
        ) from error
    except OSError as error:
        raise RecordingError(f"Can't look into '{folder}': {error.strerror or error}.") from error


def is_one_name(name: str) -> bool:
    """Whether a text names one file or folder on this system, and can't lead to another place."""
    return name not in {"", ".", ".."} and Path(name).name == name and "\0" not in name


def safe_name(name: str) -> str:
    """Turn a name into one that can be a folder's on every system: letters, digits, '-' and '_', at most 64 of them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_")[:64] or "recording"
    return f"{kept}_" if kept.lower() in _RESERVED else kept


def safe_names(names: Iterable[str]) -> list[str]:
    """Safe names of several things, told apart by a number where they would be the same (or differ only in case)."""
    taken: set[str] = set()
    safe = []
    for name in names:
        wanted = safe_name(name)
        candidate, count = wanted, 2
        while candidate.lower() in taken:
            candidate, count = f"{wanted[:60]}_{count}", count + 1
        taken.add(candidate.lower())
        safe.append(candidate)
    return safe
