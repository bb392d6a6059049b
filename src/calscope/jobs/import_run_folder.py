"""A folder that `calscope run` wrote, put into the store as other programs' results are: every page opens it.

The folder has no movie that can be read here, no first fit and no parts of the likeness to a cell body, one of an older
version not what flags rest on; what it lacks has no key in the record.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from calscope.algorithms.motion_check.flags import AT_LIMIT_PX, WORSE_BY
from calscope.algorithms.motion_check.shift_summary import shift_length
from calscope.export.exported_animal import ExportedAnimal
from calscope.export.run_folder.animal_folder import AnimalFolder
from calscope.export.run_folder.motion_record import MEASURES, MotionRecord
from calscope.export.run_folder.open_run_folder import open_run
from calscope.io.readers.fingerprint import fingerprint
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.errors import ParameterError, RecordingError
from calscope.model.fields import StageName
from calscope.model.movie import FloatArray
from calscope.model.notes import Note, notes_from_json
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.model.results import (
    ComponentQuality,
    Components,
    Evaluation,
    MotionEstimate,
    MotionMeasures,
    MotionQuality,
    MotionVerdict,
    MotionVersion,
    RelativeFluorescence,
    SummaryImages,
)
from calscope.pipeline.import_results import ENGINE, keep_results
from calscope.pipeline.kept_judgements import open_log
from calscope.pipeline.records import AnimalRun
from calscope.pipeline.store import Store
from calscope.pipeline.versions import library_versions

RUN = "run.json"
_PARTS = ("images.npz", "motion.parquet", "components.parquet")
_VERSIONS: tuple[MotionVersion, ...] = ("raw", "rigid", "piecewise")
_VERDICTS: tuple[MotionVerdict, ...] = ("use raw", "use rigid", "use piecewise-rigid", "no measurable benefit")


def is_run_folder(path: Path) -> bool:
    """Tell from the names alone whether `calscope run` may have written a folder."""
    return (path / RUN).is_file() and bool(animal_folders(path))


def animal_folders(path: Path) -> tuple[Path, ...]:
    """Give the folders of the animals that `calscope run` wrote into a folder, in the order of their names."""
    if any((path / part).is_file() for part in _PARTS):
        return (path,)
    inside = sorted(path.iterdir()) if path.is_dir() else []
    return tuple(place for place in inside if (place / RUN).is_file())


def files_of_run(path: Path) -> tuple[Path, ...]:
    """Give the files that opening the folder reads."""
    return tuple(file for place in (path, *animal_folders(path)) for file in sorted(place.iterdir()) if file.is_file())


def import_run_folder(path: Path, store: Store) -> tuple[AnimalRun, ...]:
    """Open what `calscope run` wrote and keep it in the store; what is there is not written again.

    Returns
    -------
    One record an animal; their engine is `ENGINE`, their engine version the program that ran.

    Raises
    ------
    RecordingError, StoreError
        When it is no such folder or is damaged; when the store can't be written.
    """
    animals = [animal for animal in open_run(path).animals if isinstance(animal, AnimalFolder)]
    if not animals:
        raise RecordingError(f"{path} holds no animal that was run.")
    return tuple(_kept(animal, store) for animal in animals)


def _kept(animal: AnimalFolder, store: Store) -> AnimalRun:
    files = sorted(file for file in animal.path.iterdir() if file.is_file())
    print_ = fingerprint(files)
    results = _results(animal)
    program = _program(animal.meta)
    about = {"recording": animal.name, "fingerprint": print_, "engine_version": program, "path": str(animal.path)}
    keys = keep_results(results, store, about, (__name__,))
    own = (animal.meta.get("keys") or {}).get("refit")
    keep_judgements(store, animal.curation, print_, own=own, refit=keys.get("refit", ""))
    return AnimalRun(
        name=animal.name,
        info=_info(animal, print_, len(files)),
        requested=_requested(animal),
        effective={name: dict(group) for name, group in animal.effective.items()},
        engine=ENGINE,
        engine_version=program,
        versions=library_versions(),
        keys=keys,
        load_report=notes_from_json(animal.meta.get("load_report")),
        notes=(*_lacking(animal), *notes_from_json(animal.meta.get("notes"))),
        counts=_counts(animal),
        error=animal.error,
    )


def keep_judgements(
    store: Store, entries: Sequence[CurationEntry], print_: str, *, own: str | None, refit: str
) -> None:
    """Keep what persons said of opened components apart from what is said here of runs of the same recording.

    Parameters
    ----------
    print_
        Fingerprint of what was opened.
    own, refit
        Keys of the refit: what it had where it was made, and what it has here.
    """
    if entries:
        open_log(store.root, print_).append(lambda _: [_of_import(entry, print_, own, refit) for entry in entries])


def _of_import(entry: CurationEntry, print_: str, own: str | None, refit: str) -> CurationEntry:
    is_of_these = entry.target is not None and entry.target.run == own
    target = replace(entry.target, run=refit) if entry.target is not None and is_of_these else entry.target
    return replace(entry, recording=print_, target=target)


def _lacking(animal: AnimalFolder) -> tuple[Note, ...]:
    """Say what of the components the folder does not hold."""
    has_flags = animal.flag_measures is not None or animal.footprints is None
    return (Note("run_folder_without_soma"), *(() if has_flags else (Note("run_folder_without_flags"),)))


def _program(meta: Mapping[str, Any]) -> str:
    versions = meta.get("versions") or {}
    engine = "" if meta.get("engine") in (None, "builtin") else f", engine {meta['engine']}"
    return f"Calscope {versions.get('calscope', '')}".strip() + engine


def _info(animal: AnimalFolder, print_: str, n_files: int) -> RecordingInfo | None:
    recording = animal.recording
    if not recording.get("shape") and not animal.images:
        return None
    height, width = animal.dims
    return RecordingInfo(
        name=animal.name,
        path=str(animal.path),
        shape=(animal.n_frames or 0, height, width),
        dtype=str(recording.get("dtype") or "float32"),
        n_files=n_files,
        fingerprint=print_,
        fr_hz=animal.fr_hz,
        fr_source=str(recording.get("fr_source") or ""),
        dxy_um=animal.dxy_um,
        dxy_source=str(recording.get("dxy_source") or ""),
    )


def _requested(animal: ExportedAnimal) -> dict[str, dict[str, Any]]:
    """Give the parameters as asked for; none where this version does not know them."""
    try:
        return Parameters.from_dict(animal.requested).to_dict()
    except ParameterError:
        return {}


def _counts(animal: ExportedAnimal) -> dict[str, int]:
    accepted = animal.accepted
    counts = {} if accepted is None else {"accepted": int(accepted.sum()), "rejected": int((~accepted).sum())}
    return counts if animal.footprints is None else {"refit": animal.n_components, **counts}


def _results(animal: ExportedAnimal) -> dict[StageName, Any]:
    found: dict[StageName, Any] = {
        "before": _images(animal, "before"),
        "after": _images(animal, "after"),
        "estimate": _motion(animal),
        "motion_quality": _motion_quality(animal),
        "refit": _components(animal),
        "component_quality": _quality(animal),
        "evaluation": _evaluation(animal),
        "flags": animal.flag_measures,
        "dff": _dff(animal),
        "injected": animal.injected,
    }
    return {stage: result for stage, result in found.items() if result is not None}


def _images(animal: ExportedAnimal, when: str) -> SummaryImages | None:
    if not any(name.endswith(f"_{when}") for name in animal.images):
        return None
    unknown: FloatArray = np.full(animal.dims, np.nan, np.float32)
    return SummaryImages(**{kind: animal.images.get(f"{kind}_{when}", unknown) for kind in ("mean", "max", "corr")})


def _motion(animal: ExportedAnimal) -> MotionEstimate | None:
    table, patches = animal.motion, animal.patches
    if table is None:
        return None
    shifts = table[["shift_y_px", "shift_x_px"]].to_numpy(np.float32)
    unknown = np.full(len(table), np.nan, np.float32)
    return MotionEstimate(
        template=np.full(animal.dims, np.nan, np.float32),
        shifts_rig=shifts,
        corr_raw=table["corr_before"].to_numpy(np.float32) if "corr_before" in table else unknown,
        rim_px=math.ceil(np.nanmax(np.abs(shifts), initial=0)),
        shifts_els=patches.shifts if patches else None,
        centers_px=patches.centers if patches else None,
    )


def _motion_quality(animal: ExportedAnimal) -> MotionQuality | None:
    """Give the verdict; what it says of each frame follows from the table of the motion."""
    record, motion, table = animal.motion_quality, _motion(animal), animal.motion
    if record is None or motion is None or table is None or not {"corr_before", "corr_after"} <= set(table):
        return None
    room = _room_px(animal, motion)
    return MotionQuality(
        shift_px=shift_length(motion),
        margin_to_max_shift_px=np.maximum(room, 0),
        clipped=room <= AT_LIMIT_PX,
        got_worse=(table["corr_after"] < table["corr_before"] - WORSE_BY).to_numpy(np.bool_),
        brightness_r=float(animal.meta["motion_quality"].get("brightness_r") or 0),
        brightness_p=float(animal.meta["motion_quality"].get("brightness_p") or 1),
        measures=_measures(record),
        gains=(),
        verdict=_verdict(record),
        why=Note("sentence", {"text": record.sentence}),
        n_evaluated=record.n_evaluated,
        flags=tuple(Note("sentence", {"text": flag}) for flag in record.flags),
    )


def _measures(record: MotionRecord) -> dict[MotionVersion, MotionMeasures]:
    whole = {name: found for name, found in record.measures.items() if set(found) == set(MEASURES)}
    return {version: MotionMeasures(**whole[version]) for version in _VERSIONS if version in whole}


def _room_px(animal: ExportedAnimal, motion: MotionEstimate) -> FloatArray:
    most = np.asarray(animal.param("motion.max_shifts") or (np.inf, np.inf), np.float32)
    return np.asarray((most - np.abs(motion.shifts_rig)).min(axis=1), np.float32)


def _verdict(record: MotionRecord) -> MotionVerdict:
    return next((verdict for verdict in _VERDICTS if verdict == record.verdict), "not evaluated")


def _components(animal: ExportedAnimal) -> Components | None:
    if animal.footprints is None or not {"raw", "denoised", "spikes"} <= set(animal.trace_kinds):
        return None
    n, n_frames, n_pixels = animal.n_components, animal.n_frames or 0, math.prod(animal.dims)
    C, values, background = animal.traces("denoised"), animal.model_values or {}, animal.background
    bl, c1, neurons_sn = (np.asarray(values.get(name, np.zeros(n)), np.float32) for name in ("bl", "c1", "neurons_sn"))
    return Components(
        dims=animal.dims,
        A=animal.footprints,
        C=C,
        S=animal.traces("spikes"),
        YrA=animal.traces("raw") - C,
        b=np.zeros((n_pixels, 0), np.float32) if background is None else background.b,
        f=np.zeros((0, n_frames), np.float32) if background is None else background.f,
        bl=bl,
        c1=c1,
        neurons_sn=neurons_sn,
        g=np.asarray(values.get("g", np.zeros((n, 0))), np.float32),
        sn=np.asarray(values.get("sn", np.zeros(animal.dims)), np.float32).ravel(order="F"),
        notes=notes_from_json(animal.meta.get("notes")),
    )


def _quality(animal: ExportedAnimal) -> ComponentQuality | None:
    table = animal.components
    if table is None or animal.footprints is None:
        return None
    return ComponentQuality(**{name: table[name].to_numpy(np.float32) for name in ("snr", "r_value", "cnn")})


def _evaluation(animal: ExportedAnimal) -> Evaluation | None:
    """Give what the thresholds decided; what persons decided comes from the log that lies beside it."""
    table = animal.components
    if table is None or animal.accepted is None:
        return None
    reasons = tuple(Note("sentence", {"text": str(reason)}) for reason in table["reason_by_thresholds"])
    return Evaluation(accepted=table["accepted_by_thresholds"].to_numpy(np.bool_), reasons=reasons)


def _dff(animal: ExportedAnimal) -> RelativeFluorescence | None:
    if "dff" not in animal.trace_kinds:
        return None
    dff, f0 = animal.traces("dff"), (animal.model_values or {}).get("f0")
    unknown = np.full(dff.shape, np.nan, np.float32)
    return RelativeFluorescence(dff=dff, f0=unknown if f0 is None else np.asarray(f0, np.float32))
