"""What `calscope run` leaves for other programs: one folder an animal, in formats that need nothing of Calscope's.

Component numbers are 0-based, shifts are what is applied to a frame (px, y down, x right), footprint pixels are in
Fortran order (index = y + x * H) as in CaImAn's A.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import tifffile
from numpy.typing import NDArray
from scipy.sparse import save_npz

from calscope.export.exported_animal import TRACE_KINDS, ExportedAnimal
from calscope.export.run_folder.injected_record import table_of_cells
from calscope.export.run_folder.read_files import CURATION, FLAGS, INJECTED_FILE
from calscope.export.run_folder.table_columns import COMPONENTS, INJECTED, MOTION, TRACES, as_table, table_of
from calscope.io.atomic_write import atomic_file
from calscope.io.checksums import sha256_of, sha256_of_values
from calscope.io.curation_log import line_of
from calscope.io.event_files import events_text
from calscope.io.file_names import EVENTS_FILE
from calscope.io.json_files import read_json_file
from calscope.io.readers.tiff.imagej import imagej_description
from calscope.io.unfinished import is_unfinished
from calscope.model.curation.flag_arrays import flag_arrays
from calscope.model.errors import StoreError
from calscope.model.events import EventFile
from calscope.model.movie import FrameSource, chunks
from calscope.model.note_texts.all_texts import with_text
from calscope.model.notes import Note, notes_from_json
from calscope.model.progress import Progress, part, silent
from calscope.model.recording import Pair

RUN, MOVIE = "run.json", "corrected.tif"
CHECKSUMS, CHECKSUM = "sha256", "sha256_of_record"
"""Entries of the record: of each file beside it, and of the record without this entry."""
UNFINISHED = "The run was stopped while its files were written. Run again."
_MOVIE_CHUNK = 64
FILES = (
    "images.npz",
    "motion.parquet",
    "motion_patches.npz",
    "components.parquet",
    "traces.parquet",
    "footprints.npz",
    "background.npz",
    "cnmf.npz",
    FLAGS,
    CURATION,
    EVENTS_FILE,
    INJECTED_FILE,
    MOVIE,
)
"""All that may stand in an animal's folder besides run.json; of an earlier run, what the new one lacks is removed."""


def check_place(out: Path, names: Sequence[str]) -> None:
    """Refuse folders that hold anything else than a run's results; asked before hours go into a run.

    Parameters
    ----------
    out
        Where a run is to write; it may hold other things, as long as none of them is called run.json.
    names
        The animals, whose folders in `out` may be absent, empty, or an earlier run's.

    Raises
    ------
    StoreError
        When somebody else's files are there, which results would mix with or replace.
    """
    for folder in (out / name for name in names):
        if _is_taken(folder) and not _is_record(folder / RUN, ("name", "error")):
            raise StoreError(
                f"{folder} holds files that are no results of Calscope's; they are left alone. Choose another folder."
            )
    if (out / RUN).exists() and not _is_record(out / RUN, ("animals", "state")):
        raise StoreError(f"{out / RUN} was not written by Calscope; it is left alone. Choose another folder.")


def check_apart(out: Path, data: Path) -> None:
    """Refuse to write among the recordings, where results would be taken for more of them.

    Raises
    ------
    StoreError
        When `out` lies in the folder `data`, or is the folder of the one recording `data`.
    """
    place, source = out.resolve(), data.resolve()
    # Beside one recording a folder for results is in nobody's way.
    if place == source.parent if source.is_file() else place.is_relative_to(source):
        raise StoreError(
            f"{out} would put results among the recordings, where they would be taken for more of them. "
            f"Choose another folder, beside {data}."
        )


def _is_taken(folder: Path) -> bool:
    return folder.is_file() or (folder.is_dir() and not all(map(is_unfinished, folder.iterdir())))


def _is_record(path: Path, keys: Sequence[str]) -> bool:
    try:
        found = read_json_file(path)
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and all(key in found for key in keys)


def write_animal(
    folder: Path,
    animal: ExportedAnimal,
    *,
    save_movie: bool = False,
    progress: Progress = silent,
) -> list[Path]:
    """Write one animal's folder; every file is whole or absent, and run.json comes last.

    Parameters
    ----------
    folder
        OUT/<animal>; made if it is not there.
    animal
        What the run gave; stages that did not run leave no files.
    save_movie
        Write the corrected movie as BigTIFF too.
    progress
        Told how far it is, and may end it.

    Returns
    -------
    list of Path
        The files, run.json last.

    Raises
    ------
    StoreError
        When the folder holds somebody else's files, can't be written, or the disk is full.
    """
    check_place(folder.parent, [folder.name])
    write_json(folder / RUN, {"name": animal.name, "error": UNFINISHED})
    written = [
        *_write_tables(folder, animal),
        *_write_arrays(folder, animal),
        *_write_texts(folder, animal),
        *_write_traces(folder, animal, part(progress, 0, 0.5)),
        *(_write_movie(folder, animal, part(progress, 0.5, 1)) if save_movie else ()),
    ]
    for name in FILES:
        if folder / name not in written:
            (folder / name).unlink(missing_ok=True)
    return [*written, _write_record(folder, animal, written)]


def write_json(path: Path, values: Mapping[str, Any]) -> Path:
    """Write a JSON file whole."""
    with atomic_file(path) as unfinished:
        unfinished.write_text(json.dumps(values, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def write_movie(
    path: Path,
    movie: FrameSource,
    raw_dtype: str,
    *,
    fr_hz: float | None = None,
    dxy_um: Pair | None = None,
    progress: Progress = silent,
) -> Path:
    """Write the corrected movie as BigTIFF, streamed; in the raw movie's type where that is of whole numbers.

    So it takes no more room than the raw one; values are rounded and clipped to that type. Other types give float32.
    Frame rate and pixel size (y, x) stand in it as in ImageJ's stacks.
    """
    dtype = np.dtype(raw_dtype)
    if dtype.kind not in "ui":
        dtype = np.dtype(np.float32)
    resolution = (1 / dxy_um[1], 1 / dxy_um[0]) if dxy_um else None
    with atomic_file(path) as unfinished, tifffile.TiffWriter(unfinished, bigtiff=True) as writer:
        writer.write(
            _frames(movie, dtype, progress),
            shape=movie.shape,
            dtype=dtype,
            photometric="minisblack",
            description=imagej_description(movie.shape[0], fr_hz, in_um=dxy_um is not None),
            metadata=None,
            resolution=resolution,
            resolutionunit=1,
            software="calscope",
        )
    return path


def _frames(movie: FrameSource, dtype: np.dtype, progress: Progress) -> Iterator[NDArray]:
    for start, stop in chunks(movie.shape[0], _MOVIE_CHUNK):
        progress(start / movie.shape[0], MOVIE)
        values = movie.read(start, stop)
        if dtype.kind in "ui":
            limits = np.iinfo(dtype)
            values = np.clip(np.rint(values), limits.min, limits.max)
        yield from values.astype(dtype)


def _write_tables(folder: Path, animal: ExportedAnimal) -> Iterator[Path]:
    tables = (
        ("motion.parquet", MOTION, animal.motion),
        ("components.parquet", COMPONENTS, animal.components),
        (INJECTED_FILE, INJECTED, None if animal.injected is None else table_of_cells(animal.injected)),
    )
    for name, columns, frame in tables:
        if frame is not None:
            with atomic_file(folder / name) as unfinished:
                pq.write_table(table_of(columns, frame), unfinished)
            yield folder / name


def _write_arrays(folder: Path, animal: ExportedAnimal) -> Iterator[Path]:
    if animal.images:
        yield _write_npz(folder / "images.npz", animal.images)
    if animal.patches is not None:
        yield _write_npz(folder / "motion_patches.npz", vars(animal.patches))
    if animal.footprints is not None:
        with atomic_file(folder / "footprints.npz") as unfinished:
            save_npz(unfinished, animal.footprints)
        yield folder / "footprints.npz"
    if animal.background is not None:
        yield _write_npz(folder / "background.npz", vars(animal.background))
    if animal.model_values is not None:
        yield _write_npz(folder / "cnmf.npz", animal.model_values)
    if animal.flag_measures is not None:
        yield _write_npz(folder / FLAGS, flag_arrays(animal.flag_measures))


def _write_texts(folder: Path, animal: ExportedAnimal) -> Iterator[Path]:
    texts = {CURATION: "".join(f"{line_of(entry)}\n" for entry in animal.curation)}
    if isinstance(animal.events, EventFile):
        texts[EVENTS_FILE] = events_text(animal.events)
    for name, text in texts.items():
        if text:
            with atomic_file(folder / name) as unfinished:
                unfinished.write_text(text, encoding="utf-8")
            yield folder / name


def _write_traces(folder: Path, animal: ExportedAnimal, progress: Progress) -> Iterator[Path]:
    """Write a row group a component; a kind that was not computed is NaN."""
    if not animal.trace_kinds:
        return
    path, n_frames = folder / "traces.parquet", animal.n_frames or 0
    frame = np.arange(n_frames, dtype=np.int32)
    time_s, unknown = animal.times_s(frame), np.full(n_frames, np.nan, np.float32)
    with atomic_file(path) as unfinished, pq.ParquetWriter(unfinished, TRACES) as writer:
        for k, values in animal.each_trace(animal.trace_kinds):
            progress(k / animal.n_components, path.name)
            kinds = (values.get(kind, unknown) for kind in TRACE_KINDS)
            table = as_table(TRACES, [np.full(n_frames, k), frame, time_s, *kinds])
            writer.write_table(table, row_group_size=max(1, n_frames))
    yield path


def _write_movie(folder: Path, animal: ExportedAnimal, progress: Progress) -> Iterator[Path]:
    if animal.movie is not None:
        dtype = str(animal.recording["dtype"])
        yield write_movie(
            folder / MOVIE, animal.movie, dtype, fr_hz=animal.fr_hz, dxy_um=animal.dxy_um, progress=progress
        )


def _write_record(folder: Path, animal: ExportedAnimal, written: list[Path]) -> Path:
    values = dict(animal.meta)
    for name in ("load_report", "notes"):
        values[name] = [with_text(note) for note in notes_from_json(values.get(name))]
    values["reasons"] = {name: with_text(Note.from_json(note)) for name, note in values.get("reasons", {}).items()}
    values["files"] = [path.name for path in written]
    values[CHECKSUMS] = {path.name: sha256_of(path) for path in written}
    values[CHECKSUM] = sha256_of_values({name: value for name, value in values.items() if name != CHECKSUM})
    return write_json(folder / RUN, values)


def _write_npz(path: Path, arrays: Mapping[str, NDArray]) -> Path:
    """Write arrays: whole numbers as they are, others in 32 bits."""
    with atomic_file(path) as unfinished, unfinished.open("wb") as file:
        values: dict[str, Any] = {
            name: array if array.dtype.kind in "iu" else np.asarray(array, np.float32) for name, array in arrays.items()
        }
        np.savez_compressed(file, **values)
    return path
