"""The corrected movie as BigTIFF, which ImageJ and every other program of the field open."""

from pathlib import Path

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.run_folder.write_animal import MOVIE, write_movie
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import StoreError
from calscope.model.movie import FrameSource
from calscope.model.progress import Progress, silent


def write_corrected(animal: ExportedAnimal, folder: Path, progress: Progress = silent) -> None:
    """Write the corrected movie of one animal, a few frames at a time.

    Raises
    ------
    StoreError
        When the corrected movie was not kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_movie(
        folder / MOVIE,
        movie_of(animal, "Run it with --save-movie."),
        str(animal.recording.get("dtype", "float32")),
        fr_hz=animal.fr_hz,
        dxy_um=animal.dxy_um,
        progress=progress,
    )
    progress(1.0, MOVIE)


def movie_of(animal: ExportedAnimal, advice: str) -> FrameSource:
    """Give the corrected movie.

    Raises
    ------
    StoreError
        When it was not kept, with the advice.
    """
    if animal.movie is not None:
        return animal.movie
    if animal.movie_file is not None:
        return open_recording(animal.movie_file)
    raise StoreError(f"{animal.place} has no corrected movie. {advice}")
