"""What `calscope run` leaves for other programs: one folder an animal, in formats that need nothing of Calscope's.

Component numbers are 0-based, shifts are what is applied to a frame (px, y down, x right), footprint pixels are in
Fortran order (index = y + x * H) as in CaImAn's A.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tifffile
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import save_npz

from calscope.export.run_folder.motion_record import to_plain
from calscope.io.atomic_write import atomic_file
from calscope.io.readers.tiff.imagej import imagej_description
from calscope.model.errors import StoreError
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.note_texts.all_texts import with_text
from calscope.model.notes import notes_from_json
from calscope.model.progress import Progress, silent
from calscope.model.recording import Pair
from calscope.model.results import (
    ComponentQuality,
    Components,
    Evaluation,
    MotionQuality,
    MotionResult,
    RelativeFluorescence,
    SummaryImages,
)

RUN, MOVIE = "run.json", "corrected.tif"
NOT_EVALUATED = "not evaluated"
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
    MOVIE,
)
"""All that may stand in an animal's folder besides run.json; of an earlier run, what the new one lacks is removed."""

_MOTION_SCHEMA = pa.schema(
    [
        ("frame", pa.int64()),
        *((name, pa.float64()) for name in ("time_s", "shift_y_px", "shift_x_px", "corr_before", "corr_after")),
    ]
)
_COMPONENT_SCHEMA = pa.schema(
    [
        ("component", pa.int64()),
        ("y_px", pa.float64()),
        ("x_px", pa.float64()),
        ("area_px", pa.int32()),
        *((name, pa.float64()) for name in ("snr", "r_value", "cnn")),
        ("accepted", pa.bool_()),
        ("reason", pa.string()),
        ("soma", pa.float64()),
    ]
)
_TRACE_SCHEMA = pa.schema(
    [
        ("component", pa.int32()),
        ("frame", pa.int32()),
        ("time_s", pa.float64()),
        *((name, pa.float32()) for name in ("raw", "denoised", "spikes", "dff")),
    ]
)


class Results(Protocol):
    """One animal's results; None where a stage did not run."""

    @property
    def before(self) -> SummaryImages | None:
        """Summary images of the raw movie."""

    @property
    def motion(self) -> MotionResult | None:
        """Motion and the corrected movie."""

    @property
    def after(self) -> SummaryImages | None:
        """Summary images of the corrected movie."""

    @property
    def motion_quality(self) -> MotionQuality | None:
        """How good the motion correction is."""

    @property
    def refit(self) -> Components | None:
        """Components of the second fit."""

    @property
    def component_quality(self) -> ComponentQuality | None:
        """Measures of the components."""

    @property
    def evaluation(self) -> Evaluation | None:
        """Accepted or rejected, and why."""

    @property
    def dff(self) -> RelativeFluorescence | None:
        """Relative fluorescence of the components."""


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


def _is_taken(folder: Path) -> bool:
    return folder.is_file() or (folder.is_dir() and any(folder.iterdir()))


def _is_record(path: Path, keys: Sequence[str]) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and all(key in found for key in keys)


def write_animal(
    folder: Path,
    record: Mapping[str, Any],
    results: Results,
    *,
    save_movie: bool = False,
    progress: Progress = silent,
) -> list[Path]:
    """Write one animal's folder; every file is whole or absent, and run.json comes last.

    Parameters
    ----------
    folder
        OUT/<animal>; made if it is not there.
    record
        The record of the run as plain values (`AnimalRun.to_dict`).
    results
        What the run gave; stages that did not run leave no files.
    save_movie
        Write the corrected movie as BigTIFF too.

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
    write_json(folder / RUN, {"name": record["name"], "error": UNFINISHED})
    dataset = record["effective"].get("dataset", {})
    fr_hz, dxy_um = dataset.get("fr"), dataset.get("dxy")
    written = []
    if results.before is not None:
        written.append(_write_images(folder, results.before, results.after))
    if results.motion is not None:
        written += _write_motion(folder, results.motion, fr_hz)
    if results.refit is not None:
        written += _write_components(folder, results.refit, results, fr_hz)
    if save_movie and results.motion is not None:
        path, dtype = folder / MOVIE, str(record["info"]["dtype"])
        written.append(write_movie(path, results.motion.movie, dtype, fr_hz=fr_hz, dxy_um=dxy_um, progress=progress))
    for name in FILES:
        if folder / name not in written:
            (folder / name).unlink(missing_ok=True)
    return [*written, _write_record(folder, record, results, written)]


def write_json(path: Path, values: Mapping[str, Any]) -> Path:
    """Write a JSON file whole."""
    with atomic_file(path) as part:
        part.write_text(json.dumps(values, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def write_movie(
    path: Path,
    movie: Movie,
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
    with atomic_file(path) as part, tifffile.TiffWriter(part, bigtiff=True) as writer:
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


def _frames(movie: Movie, dtype: np.dtype, progress: Progress) -> Iterator[NDArray]:
    for start, stop in chunks(movie.shape[0], _MOVIE_CHUNK):
        progress(start / movie.shape[0], MOVIE)
        values = movie.read(start, stop)
        if dtype.kind in "ui":
            limits = np.iinfo(dtype)
            values = np.clip(np.rint(values), limits.min, limits.max)
        yield from values.astype(dtype)


def _write_images(folder: Path, before: SummaryImages, after: SummaryImages | None) -> Path:
    images = {f"{name}_before": getattr(before, name) for name in ("mean", "max", "corr")}
    if after is not None:
        images |= {f"{name}_after": getattr(after, name) for name in ("mean", "max", "corr")}
    return _write_npz(folder / "images.npz", images)


def _write_motion(folder: Path, motion: MotionResult, fr_hz: float | None) -> list[Path]:
    frame = np.arange(len(motion.shifts_rig))
    columns: list[ArrayLike] = [
        frame,
        _times(frame, fr_hz),
        motion.shifts_rig[:, 0],
        motion.shifts_rig[:, 1],
        motion.corr_before,
        motion.corr_after,
    ]
    written = [_write_table(folder / "motion.parquet", _MOTION_SCHEMA, columns)]
    if motion.shifts_els is not None and motion.centers_px is not None:
        arrays = {"shifts": motion.shifts_els, "centers": motion.centers_px}
        written.append(_write_npz(folder / "motion_patches.npz", arrays))
    return written


def _write_components(folder: Path, components: Components, results: Results, fr_hz: float | None) -> list[Path]:
    with atomic_file(folder / "footprints.npz") as part:
        save_npz(part, components.A)
    background = {"b": components.b, "f": components.f}
    return [
        _write_table(
            folder / "components.parquet",
            _COMPONENT_SCHEMA,
            _component_columns(components, results.component_quality, results.evaluation),
        ),
        _write_traces(folder / "traces.parquet", components, results.dff, fr_hz),
        folder / "footprints.npz",
        _write_npz(folder / "background.npz", background),
        _write_npz(folder / "cnmf.npz", _model_values(components, results.dff)),
    ]


def _model_values(components: Components, dff: RelativeFluorescence | None) -> dict[str, FloatArray]:
    """Give what the fit and dF/F rest on, by CaImAn's names: time constants, baselines, noise, F0."""
    values = {name: getattr(components, name) for name in ("g", "bl", "c1", "neurons_sn")}
    values["sn"] = components.sn.reshape(components.dims, order="F")
    return values | ({"f0": dff.f0} if dff else {})


def _component_columns(
    components: Components, quality: ComponentQuality | None, evaluation: Evaluation | None
) -> list[ArrayLike]:
    """Columns of components.parquet; before evaluation `accepted` is empty, for nobody has judged yet."""
    n, centers = components.n, components.centers_px()
    unknown = np.full(n, np.nan)
    return [
        np.arange(n),
        centers[:, 0],
        centers[:, 1],
        np.diff(components.A.indptr),
        quality.snr if quality else unknown,
        quality.r_value if quality else unknown,
        quality.cnn if quality else unknown,
        evaluation.accepted if evaluation else [None] * n,
        list(evaluation.reasons) if evaluation else [NOT_EVALUATED] * n,
        quality.soma if quality else unknown,
    ]


def _write_traces(path: Path, components: Components, dff: RelativeFluorescence | None, fr_hz: float | None) -> Path:
    n_frames = components.n_frames
    frame = np.arange(n_frames, dtype=np.int32)
    time_s, unknown = _times(frame, fr_hz), np.full(n_frames, np.nan, np.float32)
    with atomic_file(path) as part, pq.ParquetWriter(part, _TRACE_SCHEMA) as writer:
        for k in range(components.n):
            columns: list[ArrayLike] = [
                np.full(n_frames, k),
                frame,
                time_s,
                components.C[k] + components.YrA[k],
                components.C[k],
                components.S[k],
                dff.dff[k] if dff else unknown,
            ]
            writer.write_table(_table(_TRACE_SCHEMA, columns), row_group_size=max(1, n_frames))
    return path


def _write_record(folder: Path, record: Mapping[str, Any], results: Results, written: list[Path]) -> Path:
    values = {"recording" if name == "info" else name: value for name, value in record.items()}
    quality = results.motion_quality
    if quality is not None:
        values["motion_quality"] = to_plain(quality)
    for name in ("load_report", "notes"):
        values[name] = [with_text(note) for note in notes_from_json(record.get(name))]
    values["files"] = [path.name for path in written]
    return write_json(folder / RUN, values)


def _write_npz(path: Path, arrays: Mapping[str, FloatArray]) -> Path:
    with atomic_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, **{name: np.asarray(array, np.float32) for name, array in arrays.items()})
    return path


def _write_table(path: Path, schema: pa.Schema, columns: Sequence[ArrayLike]) -> Path:
    with atomic_file(path) as part:
        pq.write_table(_table(schema, columns), part)
    return path


def _table(schema: pa.Schema, columns: Sequence[ArrayLike]) -> pa.Table:
    kinds = zip(columns, schema.types, strict=True)
    arrays = [pa.array(values, from_pandas=False).cast(kind) for values, kind in kinds]
    return pa.Table.from_arrays(arrays, schema=schema)


def _times(frame: NDArray, fr_hz: float | None) -> NDArray[np.float64]:
    return frame / fr_hz if fr_hz else np.full(len(frame), np.nan)
