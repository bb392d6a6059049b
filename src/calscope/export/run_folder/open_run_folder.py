"""Find the animals in a folder that `calscope run` wrote."""

from collections.abc import Sequence
from pathlib import Path

from calscope.export.exported_animal import ExportedRun
from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.read_files import read_json
from calscope.io.file_names import natural_key
from calscope.model.errors import RecordingError
from calscope.model.nwb.project_metadata import NOTHING_SAID, ProjectNwbMetadata

_MARKS = ("images.npz", "motion.parquet", "components.parquet", "traces.parquet", "footprints.npz")


def open_run(path: Path, nwb_metadata: ProjectNwbMetadata = NOTHING_SAID) -> ExportedRun:
    """Open a run's folder, or the folder of one of its animals.

    Parameters
    ----------
    nwb_metadata
        What is said of the animals for NWB; a run's folder holds nothing of it.

    Raises
    ------
    RecordingError
        When the path is no folder, or nothing in it was written by `calscope run`.
    ParameterError
        When something is said of animals that are not there.
    """
    if not path.is_dir():
        raise RecordingError(f"{path} is not a folder. Give the folder that `calscope run DATA --out OUT` wrote, OUT.")
    if _is_animal(path):
        return ExportedRun(path.resolve().name, _animals([path.resolve()], nwb_metadata))
    folders = [folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    # One that failed early has left a run.json and nothing else.
    ran = (folder for folder in folders if _is_animal(folder) or (folder / "run.json").is_file())
    found = sorted(ran, key=lambda folder: natural_key(folder.name))
    animals = _animals(found, nwb_metadata)
    run = ExportedRun(path.resolve().name, animals, read_json(path / "run.json"))
    if not run.animals and not run.failures:
        raise RecordingError(
            f"{path} has no results in it: no folder of it holds {' or '.join(_MARKS[:3])}. Give the folder that "
            "`calscope run DATA --out OUT` wrote, OUT."
        )
    return run


def _animals(folders: Sequence[Path], nwb_metadata: ProjectNwbMetadata) -> tuple[AnimalFolder, ...]:
    nwb_metadata.check_animals([folder.name for folder in folders])
    return tuple(AnimalFolder(folder, nwb_metadata.of(folder.name)) for folder in folders)


def _is_animal(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in _MARKS)
