"""Find the animals in a folder that `calscope run` wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.read_files import read_json
from calscope.io.file_names import natural_key
from calscope.model.errors import RecordingError

_MARKS = ("images.npz", "motion.parquet", "components.parquet", "traces.parquet", "footprints.npz")


@dataclass(frozen=True)
class RunFolder:
    """A folder of `calscope run`: one folder an animal."""

    path: Path
    animals: tuple[AnimalFolder, ...]
    meta: Mapping[str, Any]
    """The run's own `run.json`; empty when absent."""

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.resolve().name

    @property
    def failures(self) -> Mapping[str, str]:
        """Animals that failed and left nothing to show, with the reason in words."""
        listed = self.meta.get("animals")
        entries = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
        told = {entry["name"]: entry["error"] for entry in entries if entry.get("name") and entry.get("error")}
        shown = {animal.name for animal in self.animals}
        return {str(name): str(error) for name, error in told.items() if name not in shown}


def open_run(path: Path) -> RunFolder:
    """Open a run's folder, or the folder of one of its animals.

    Raises
    ------
    RecordingError
        When the path is no folder, or nothing in it was written by `calscope run`.
    """
    if not path.is_dir():
        raise RecordingError(f"{path} is not a folder. Give the folder that `calscope run DATA --out OUT` wrote, OUT.")
    if _is_animal(path):
        return RunFolder(path, (AnimalFolder(path.resolve()),), {})
    folders = [folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    # One that failed early has left a run.json and nothing else.
    ran = (folder for folder in folders if _is_animal(folder) or (folder / "run.json").is_file())
    found = sorted(ran, key=lambda folder: natural_key(folder.name))
    run = RunFolder(path, tuple(AnimalFolder(folder) for folder in found), read_json(path / "run.json"))
    if not run.animals and not run.failures:
        raise RecordingError(
            f"{path} has no results in it: no folder of it holds {' or '.join(_MARKS[:3])}. Give the folder that "
            "`calscope run DATA --out OUT` wrote, OUT."
        )
    return run


def _is_animal(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in _MARKS)
