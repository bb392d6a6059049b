"""Find the animals in a folder that `calscope run` wrote."""

from pathlib import Path

from calscope.export.exported_animal import ExportedRun
from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.read_files import read_json
from calscope.io.file_names import natural_key
from calscope.model.errors import RecordingError

_MARKS = ("images.npz", "motion.parquet", "components.parquet", "traces.parquet", "footprints.npz")


def open_run(path: Path) -> ExportedRun:
    """Open a run's folder, or the folder of one of its animals.

    Raises
    ------
    RecordingError
        When the path is no folder, or nothing in it was written by `calscope run`.
    """
    if not path.is_dir():
        raise RecordingError(f"{path} is not a folder. Give the folder that `calscope run DATA --out OUT` wrote, OUT.")
    if _is_animal(path):
        return ExportedRun(path.resolve().name, (AnimalFolder(path.resolve()),))
    folders = [folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    # One that failed early has left a run.json and nothing else.
    ran = (folder for folder in folders if _is_animal(folder) or (folder / "run.json").is_file())
    found = sorted(ran, key=lambda folder: natural_key(folder.name))
    animals = tuple(AnimalFolder(folder) for folder in found)
    run = ExportedRun(path.resolve().name, animals, read_json(path / "run.json"))
    if not run.animals and not run.failures:
        raise RecordingError(
            f"{path} has no results in it: no folder of it holds {' or '.join(_MARKS[:3])}. Give the folder that "
            "`calscope run DATA --out OUT` wrote, OUT."
        )
    return run


def _is_animal(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in _MARKS)
