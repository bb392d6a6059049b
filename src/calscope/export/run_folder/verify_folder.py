"""Whether a folder that `calscope run` wrote, and the recordings it is of, are as they were when it was written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.open_run_folder import open_run
from calscope.export.run_folder.write_animal import CHECKSUM, CHECKSUMS, RUN
from calscope.io.checksums import sha256_of, sha256_of_values
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import RecordingError
from calscope.model.progress import Progress, silent

State = Literal["same", "changed", "missing", "unknown"]


@dataclass(frozen=True)
class Verified:
    """One thing that was looked at."""

    what: str
    """A file, by its place in the folder, or the recording of an animal."""
    state: State
    """`unknown` where nothing tells what it was, or it is not here."""
    why: str = ""


def verify_folder(folder: Path, progress: Progress = silent) -> Iterator[Verified]:
    """Look at every file of every animal, and at the recordings as far as they are here.

    Raises
    ------
    RecordingError, StoreError
        When the folder holds no results, or a record can't be read.
    """
    animals = [animal for animal in open_run(folder).animals if isinstance(animal, AnimalFolder)]
    for number, animal in enumerate(animals):
        progress(number / len(animals), animal.name)
        yield from _files(animal, folder)
        yield _recording(animal)


def _files(animal: AnimalFolder, folder: Path) -> Iterator[Verified]:
    below = animal.path.resolve().relative_to(folder.resolve())
    sums = animal.meta.get(CHECKSUMS)
    if not isinstance(sums, Mapping):
        yield Verified((below / RUN).as_posix(), "unknown", "it was written by a version that kept no checksums")
        return
    record = {name: value for name, value in animal.meta.items() if name != CHECKSUM}
    is_same = sha256_of_values(record) == animal.meta.get(CHECKSUM)
    yield Verified((below / RUN).as_posix(), "same" if is_same else "changed")
    for name, wanted in sums.items():
        yield Verified((below / name).as_posix(), _state(animal.path / Path(name).name, wanted))


def _state(file: Path, wanted: Any) -> State:
    try:
        return "same" if sha256_of(file) == wanted else "changed"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unknown"


def _recording(animal: AnimalFolder) -> Verified:
    """Compare the recording's fingerprint with the one of the run."""
    what, recording = f"recording of {animal.name}", animal.recording
    path, wanted = str(recording.get("path") or ""), recording.get("fingerprint")
    if not path or not wanted:
        return Verified(what, "unknown", "the record does not say which it was")
    if not Path(path).exists():
        return Verified(what, "unknown", f"{path} is not here")
    try:
        found = open_recording(Path(path)).info.fingerprint
    except RecordingError as error:
        return Verified(what, "changed", str(error))
    return Verified(what, "same" if found == wanted else "changed", path)
