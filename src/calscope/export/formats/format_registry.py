"""The formats that a run can be exported to, by name, and how their files come into place."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py

from calscope.export.exported_animal import ExportedAnimal, ExportedRun
from calscope.export.formats import caiman_export
from calscope.export.formats.csv_export import write_csv
from calscope.export.formats.hdf5_target import check_replaceable
from calscope.export.formats.imagej_export import write_imagej
from calscope.export.formats.images_export import write_images
from calscope.export.formats.matlab_export import write_matlab
from calscope.export.formats.movie_export import write_corrected
from calscope.export.formats.nwb import write_nwb as nwb
from calscope.export.formats.suite2p_export import write_suite2p
from calscope.export.run_folder.write_animal import RUN, check_place, write_animal, write_json
from calscope.io.atomic_write import atomic_file, atomic_folder, is_full
from calscope.model.errors import CalscopeError, EngineError, StoreError
from calscope.model.notes import Note
from calscope.model.progress import Progress, part, silent


@dataclass(frozen=True)
class Format:
    """How one animal is written; to a file, or to a folder that is there and empty."""

    write: Callable[[ExportedAnimal, Path, Progress], None]
    ending: str = ""
    """Of the file; empty for a folder."""
    is_ours: Callable[[h5py.File], bool] | None = None
    """Tells our files from other programs', which are never replaced."""
    notes: Callable[[ExportedAnimal], tuple[Note, ...]] = lambda animal: ()
    """What a person should know of an animal's file."""

    def place(self, target: Path) -> AbstractContextManager[Path]:
        """Give where to write what takes the place of `target` when it is whole; StoreError where others' files are."""
        if self.is_ours is None:
            return atomic_folder(target)
        check_replaceable(target, self.is_ours)
        return atomic_file(target)


def _write_run_folder(animal: ExportedAnimal, folder: Path, progress: Progress) -> None:
    write_animal(folder, animal, progress=progress)


RUN_FOLDER = "run"
NWB = "nwb"
FORMATS = {
    NWB: Format(nwb.write_nwb, ".nwb", nwb.is_ours),
    "caiman": Format(caiman_export.write_caiman, ".hdf5", caiman_export.is_ours, caiman_export.caiman_export_notes),
    "suite2p": Format(write_suite2p),
    "suite2p-with-movie": Format(partial(write_suite2p, with_movie=True)),
    "csv": Format(write_csv),
    "matlab": Format(write_matlab),
    "imagej": Format(write_imagej),
    "images": Format(write_images),
    "movie": Format(write_corrected),
    RUN_FOLDER: Format(_write_run_folder),
}


def export_run(
    run: ExportedRun,
    format: str,  # noqa: A002 - the command's word
    folder: Path,
    progress: Progress = silent,
) -> list[Path]:
    """Export every animal of a run; nothing is left, and nothing replaced, when it is stopped.

    Parameters
    ----------
    format
        nwb, caiman, suite2p, suite2p-with-movie, csv, matlab, imagej (outlines), images, movie, or run: the files of
        `calscope run`.
    folder
        Folder to write into. Each animal gets a file or a folder of its own name in it.

    Returns
    -------
    paths
        What was written.

    Raises
    ------
    StoreError
        When there is no such format, or an animal can't be exported, and the others are written all the same; when the
        disk is full, and nothing is left.
    EngineError
        When the format needs a package that is not installed.
    Cancelled
        When `progress` says so.
    """
    if format not in FORMATS:
        raise StoreError(f"There is no format {format!r}. Formats: {', '.join(FORMATS)}.")
    if format == RUN_FOLDER:
        check_place(folder, [])
    with _no_empty_folders(folder), ExitStack() as finished:
        written, failed = _write_animals(run, FORMATS[format], folder, finished, progress)
    if format == RUN_FOLDER and written:
        written.append(write_json(folder / RUN, run.meta))
    if failed:
        kept = f" The others are in {folder}." if written else ""
        raise StoreError("\n".join(failed) + kept)
    return written


def _write_animals(
    run: ExportedRun, chosen: Format, folder: Path, finished: ExitStack, progress: Progress
) -> tuple[list[Path], list[str]]:
    """Write every animal beside its place, where it comes when `finished` ends well; give files and failures."""
    written: list[Path] = []
    failed: list[str] = []
    for i, animal in enumerate(run.animals):
        target = folder / f"{animal.name}{chosen.ending}"
        told = part(progress, i / len(run.animals), (i + 1) / len(run.animals))
        told(0.0, animal.name)
        try:
            with ExitStack() as unfinished:
                place = unfinished.enter_context(chosen.place(target))
                chosen.write(animal, place, told)
                written += _files(place, target)
                finished.enter_context(unfinished.pop_all())
        except EngineError:
            raise
        except CalscopeError as error:
            if isinstance(error.__cause__, OSError) and is_full(error.__cause__):
                raise  # the others would be taken for the whole run
            failed.append(str(error))
    return written, failed


def _files(place: Path, target: Path) -> list[Path]:
    """Give the names that the files at `place` will have when it has become `target`."""
    if place.is_file():
        return [target]
    return [target / path.relative_to(place) for path in sorted(place.rglob("*")) if path.is_file()]


@contextmanager
def _no_empty_folders(folder: Path) -> Iterator[None]:
    """Take folders that are made inside away again where nothing came into them."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    finally:
        for path in made:
            with suppress(OSError):  # it was not made, or has something in it
                path.rmdir()
