"""Paths of the machine in what a report says: left out unless asked for, because they name people and disks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from calscope.export.exported_animal import ExportedRun

_ANY_PATH = re.compile(r"(?<![\w/.:~-])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\:*?\"'<>|,;()]+){2,}")
"""Two names or more behind each other, from the root, a drive or a home. "and/or" is none, nor is "/s"."""


@dataclass(frozen=True)
class PathWords:
    """How paths are told."""

    folders: tuple[str, ...] = ()
    """Folders of the recordings, the longest first. What lies in one is told by its place there, whatever its name."""
    shows_all: bool = False

    def __call__(self, text: str) -> str:
        """Give a text in which a path is only its last name, or its place among the recordings."""
        if self.shows_all:
            return text
        for folder in self.folders:
            text = re.sub(rf"{re.escape(folder)}[/\\]", "", text)
        return _ANY_PATH.sub(lambda found: _last_name(found[0]), text)


def path_words(run: ExportedRun, *, shows_all: bool) -> PathWords:
    """Give how a run's paths are told."""
    folders = {folder for folder in _folders(run) if len(folder) > 1}
    return PathWords(tuple(sorted(folders, key=len, reverse=True)), shows_all)


def _folders(run: ExportedRun) -> Iterator[str]:
    data = run.meta.get("data")
    if isinstance(data, str):
        yield data
        yield str(_pure(data).parent)
    for animal in run.animals:
        path = animal.recording.get("path")
        if isinstance(path, str):
            yield str(_pure(path).parent)


def _last_name(path: str) -> str:
    return _pure(path).name or path


def _pure(path: str) -> PurePath:
    return PureWindowsPath(path) if "\\" in path or re.match("[A-Za-z]:", path) else PurePosixPath(path)
