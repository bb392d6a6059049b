"""Results in the HDF5 layout of CaImAn: what its `load_CNMF`, and the programs that read its files, expect.

The file is the attribute tree of a CNMF object: `estimates`, `params` and `dims`. Tuples are arrays, texts are
attributes, and what is None is the text NoneType. Our names are CaImAn's, so most of this is putting them in place.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy.sparse import csc_matrix

import calscope
from calscope.export.exported_animal import ExportedAnimal
from calscope.export.formats.hdf5_target import new_hdf5
from calscope.export.formats.residual_traces import residual_traces
from calscope.io.readers.reader_registry import open_recording
from calscope.model.caiman_params import to_caiman
from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.note_texts.all_texts import text
from calscope.model.notes import Note
from calscope.model.progress import Progress, part, silent

NONE = "NoneType"
"""How CaImAn writes a value that is not there."""

_WRITTEN_BY = "written_by"
"""Attribute that tells our files from CaImAn's own; `load_CNMF` takes it for one more field."""
_OF_THE_FIT = ("bl", "c1", "g", "neurons_sn")
_NOT_IN_A_RUN = ("lam", "R", "W", "b0", "center", "ecc", "A_thr")
_NOT_OURS = ("discarded_components", "noisyC", "C_on", "Ab", "Cf", "mn", "vr")


def write_caiman(animal: ExportedAnimal, path: Path, progress: Progress = silent) -> None:
    """Write one animal as CaImAn's CNMF file, all components in it, the accepted in `idx_components`.

    Raises
    ------
    StoreError
        When the run has no components, because it ended before extraction.
    """
    animal.need_footprints()
    writer = f"Calscope {calscope.__version__}"
    with new_hdf5(path) as file:
        file.attrs[_WRITTEN_BY] = writer
        _write_tree(file, {"dims": animal.dims, "params": _params(animal), "dview": None, "mmap_file": None})
        estimates, group = _estimates(animal), file.create_group("estimates")
        for i, (name, read) in enumerate(estimates.items()):
            progress(i / len(estimates) / 4, "estimates")
            _write_tree(group, {name: read()})
        _write_residual(group, animal, part(progress, 0.25, 1))
        _write_ours(file, animal, writer)


def is_ours(file: h5py.File) -> bool:
    """Whether Calscope wrote a file."""
    return _WRITTEN_BY in file.attrs


def caiman_export_notes(animal: ExportedAnimal) -> tuple[Note, ...]:
    """Say what a file of this animal lacks."""
    about = _about_residual(animal)
    return (about,) if about.kind == "caiman_residual_absent" else ()


def _write_ours(file: h5py.File, animal: ExportedAnimal, writer: str) -> None:
    """Write what CaImAn has no name for, in a group beside its own.

    CaImAn saves groups and their attributes again, but no attributes of arrays: where the array has ours, it is as it
    was written, and its rows are those of the footprints.
    """
    group = file.create_group("calscope")
    group["raw_minus_C"] = _raw_minus_denoised(animal)
    group["raw_minus_C"].attrs[_WRITTEN_BY] = writer
    group.attrs["about_YrA"] = text(_about_residual(animal))
    if animal.remark:
        group.attrs["remark"] = animal.remark


def _about_residual(animal: ExportedAnimal) -> Note:
    if _is_caimans(animal):
        return Note("caiman_residual_kept")
    is_known = _corrected_movie(animal) is not None and animal.background is not None
    return Note("caiman_residual_computed" if is_known else "caiman_residual_absent")


def _write_residual(group: h5py.Group, animal: ExportedAnimal, progress: Progress) -> None:
    """Write `YrA`, as None where it can't be known."""
    movie, background = _corrected_movie(animal), animal.background
    if _is_caimans(animal):
        group["YrA"] = _raw_minus_denoised(animal)
    elif movie is None or background is None:
        group["YrA"] = NONE
    else:
        C = animal.traces("denoised")
        written = group.create_dataset("YrA", C.shape, np.float32)
        for start, stop, values in residual_traces(movie, animal.need_footprints(), C, background, progress):
            written[:, start:stop] = values


def _raw_minus_denoised(animal: ExportedAnimal) -> FloatArray:
    return np.asarray(animal.traces("raw") - animal.traces("denoised"))


def _is_caimans(animal: ExportedAnimal) -> bool:
    """Whether CaImAn fitted the components: its raw trace is C + YrA, of its own movie."""
    engine, version = (str(animal.meta.get(name, "")) for name in ("engine", "engine_version"))
    return engine == "caiman" or (engine == "imported" and version.startswith("CaImAn"))


def _corrected_movie(animal: ExportedAnimal) -> FrameSource | None:
    """Give the movie that the components were found in; None where it is not at hand, or is another one."""
    movie: FrameSource | None = animal.movie
    if movie is None and animal.movie_file is not None:
        try:
            movie = open_recording(animal.movie_file)
        except RecordingError:
            return None
    return movie if movie is not None and movie.shape == (animal.n_frames, *animal.dims) else None


def _estimates(animal: ExportedAnimal) -> dict[str, Callable[[], Any]]:
    """Name what stands in `estimates`, each read when it is its turn, so that one array is in memory at a time.

    `YrA` is not among them.
    """
    background = animal.background
    known: dict[str, Any] = dict.fromkeys([*_NOT_IN_A_RUN, *_NOT_OURS])
    known |= {
        "A": animal.footprints,
        "b": background.b if background else None,
        "f": background.f if background else None,
        "Cn": animal.images.get("corr_after"),
        "dims": animal.dims,
        "nr": animal.n_components,
        "shifts": np.empty(0),
    }
    known |= _fit_values(animal) | _evaluation(animal)
    return {name: partial(_same, value) for name, value in known.items()} | {
        "C": lambda: animal.traces("denoised"),
        "S": lambda: animal.traces("spikes"),
        "F_dff": lambda: animal.traces("dff") if "dff" in animal.trace_kinds else None,
    }


def _same(value: Any) -> Any:
    return value


def _fit_values(animal: ExportedAnimal) -> dict[str, Any]:
    """Time constants, baselines and noise; None where the run has none, and `g` where nothing was deconvolved."""
    kept = animal.model_values
    if kept is None:
        return dict.fromkeys([*_OF_THE_FIT, "sn"])
    values: dict[str, Any] = {name: kept[name] for name in _OF_THE_FIT}
    if values["g"].shape[1] == 0:
        values["g"] = None
    return values | {"sn": kept["sn"].ravel(order="F")}


def _evaluation(animal: ExportedAnimal) -> dict[str, Any]:
    names = ("idx_components", "idx_components_bad", "SNR_comp", "r_values", "cnn_preds")
    if animal.accepted is None or animal.components is None:
        return dict.fromkeys(names)
    cnn = animal.components["cnn"].to_numpy(np.float64)
    return {
        "idx_components": np.flatnonzero(animal.accepted),
        "idx_components_bad": np.flatnonzero(~animal.accepted),
        "SNR_comp": animal.components["snr"].to_numpy(np.float64),
        "r_values": animal.components["r_value"].to_numpy(np.float64),
        # CaImAn's list is empty when its network was not asked; ROICaT takes a score for each component, or none
        "cnn_preds": None if np.isnan(cnn).all() else cnn,
    }


def _params(animal: ExportedAnimal) -> dict[str, dict[str, Any]]:
    groups = to_caiman(animal.params) if animal.params is not None else {}
    known = {"dims": animal.dims, "fr": animal.fr_hz, "dxy": animal.dxy_um}
    return groups | {
        "data": groups.get("data", {}) | {name: value for name, value in known.items() if value is not None}
    }


def _write_tree(group: h5py.Group, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, Mapping):
            _write_tree(group.create_group(name), value)
        elif isinstance(value, csc_matrix):
            _write_sparse(group.create_group(name), value)
        elif value is None:
            group[name] = NONE
        elif isinstance(value, str):
            group.attrs[name] = value
        else:
            group[name] = np.asarray(value)


def _write_sparse(group: h5py.Group, matrix: csc_matrix) -> None:
    group["data"], group["indices"], group["indptr"] = matrix.data, matrix.indices, matrix.indptr
    group["shape"] = np.asarray(matrix.shape, np.int64)
