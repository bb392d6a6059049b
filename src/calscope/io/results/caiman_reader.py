"""Reads the file that CaImAn's `CNMF.save` writes: the object's fields as a tree, sparse matrices as groups."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy.sparse import csc_matrix

from calscope.io.results.hdf5_tree import (
    array_at,
    each_at,
    group_at,
    numbers_at,
    plain_values,
    refuse_other_files,
    shape_at,
    sparse_at,
    text_at,
)
from calscope.io.results.imported_results import ImportedResults, evaluation_by, unmeasured
from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Components, Evaluation

HDF5_ENDINGS = (".hdf5", ".h5")
_RAW_MINUS_C = "calscope/raw_minus_C"
_DEFAULT_RATE_HZ = 30


def read_caiman(path: Path) -> ImportedResults:
    """Open a CaImAn file; only h5py touches it.

    Raises
    ------
    RecordingError
        When it is no such file, is damaged, is of a volume, or takes parts of it from other files.
    """
    try:
        with h5py.File(path, "r") as file:
            refuse_other_files(path, file)
            return _results(path, file)
    except MemoryError:
        raise RecordingError(f"{path} says that it holds more numbers than this machine's memory can take.") from None
    except (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError, RuntimeError) as error:
        raise RecordingError(
            f"{path} can't be read as CaImAn's results: {error}. It should be a file that CaImAn's `cnm.save` wrote."
        ) from None


def _results(path: Path, file: h5py.File) -> ImportedResults:
    if "estimates" not in file:
        raise RecordingError(f"{path} is an HDF5 file, but not CaImAn's results: it has no `estimates`.")
    estimates = file["estimates"]
    dims = _dims(path, file)
    found = _components(estimates, sparse_at(estimates["A"]), dims)
    dff, rate_hz = _like(array_at(estimates, "F_dff"), found.C), _rate(file)
    image = array_at(estimates, "Cn")
    quality = ComponentQuality(
        snr=_measure(estimates, "SNR_comp", found.n),
        r_value=_measure(estimates, "r_values", found.n),
        cnn=_measure(estimates, "cnn_preds", found.n),
    )
    return ImportedResults(
        name=path.stem,
        path=path,
        program=_written_by_us(file) or f"CaImAn {text_at(file, 'params/data/caiman_version')}".strip(),
        components=found,
        component_quality=quality,
        evaluation=_evaluation(file, found.n),
        fr_hz=rate_hz,
        images={"corr": image} if image is not None and image.shape == dims else {},
        dff=dff,
        params=_params(file),
        notes=(*_about_components(estimates, found), *_about_measures(quality), *_about_rate(file, rate_hz)),
    )


def _written_by_us(file: h5py.File) -> str:
    """Give the version of Calscope that wrote a file; empty where CaImAn did, or has saved it again.

    CaImAn saves our array with it but not the attribute; its rows may be those of components that were removed.
    """
    ours = file.get(_RAW_MINUS_C)
    return str(ours.attrs.get("written_by", "")) if isinstance(ours, h5py.Dataset) else ""


def _components(estimates: h5py.Group, A: csc_matrix, dims: tuple[int, int]) -> Components:
    n, n_pixels = A.shape[1], dims[0] * dims[1]
    if A.shape[0] != n_pixels:
        raise ValueError(f"footprints of {A.shape[0]} pixels don't fit a field of {dims[0]} x {dims[1]}")
    C = array_at(estimates, "C")
    if C is None or C.ndim != 2 or C.shape[0] != n or not C.shape[1]:
        raise ValueError("there are no traces for the footprints")
    S, residual = _like(array_at(estimates, "S"), C), _residual(estimates, C)
    b, f = _background(estimates, n_pixels, C.shape[1])
    g = array_at(estimates, "g")
    return Components(
        dims=dims,
        A=A,
        C=C,
        S=np.zeros_like(C) if S is None else S,
        YrA=np.zeros_like(C) if residual is None else residual,
        b=b,
        f=f,
        g=np.zeros((n, 0), np.float32) if g is None or not n or g.shape[:1] != (n,) else g.reshape(n, -1),
        bl=_each(estimates, "bl", n),
        c1=_each(estimates, "c1", n),
        neurons_sn=_each(estimates, "neurons_sn", n),
        sn=_each(estimates, "sn", n_pixels),
    )


def _dims(path: Path, file: h5py.File) -> tuple[int, int]:
    for place in ("estimates/dims", "dims", "params/data/dims"):
        values = array_at(file, place)
        sides = [] if values is None else [int(side) for side in values.ravel()]
        if len(sides) == 3 and sides[2] != 1:
            raise RecordingError(
                f"{path} holds results of a volume of {sides[0]} x {sides[1]} x {sides[2]} px. Calscope opens results "
                "of one plane."
            )
        if len(sides) in (2, 3):
            return sides[0], sides[1]
    raise ValueError("the size of the field (dims) is not in it")


def _residual(estimates: h5py.Group, C: FloatArray) -> FloatArray | None:
    """Give raw less denoised traces: ours as they were where Calscope wrote the file, else CaImAn's residual."""
    if _written_by_us(estimates.file):
        return _like(array_at(estimates.file, _RAW_MINUS_C), C)
    found = [_like(array_at(estimates, name), C) for name in ("YrA", "R")]  # R is the same, under its newer name
    return next((values for values in found if values is not None), None)


def _like(values: FloatArray | None, C: FloatArray) -> FloatArray | None:
    return values if values is not None and values.shape == C.shape else None


def _background(estimates: h5py.Group, n_pixels: int, n_frames: int) -> tuple[FloatArray, FloatArray]:
    """Give images and traces of the background; none where the file has not both."""
    b, f = array_at(estimates, "b"), array_at(estimates, "f")
    if b is not None and f is not None and b.size and f.size:
        b, f = b.reshape(n_pixels, -1), f.reshape(-1, n_frames)
        if b.shape[1] == len(f):
            return b, f
    return np.zeros((n_pixels, 0), np.float32), np.zeros((0, n_frames), np.float32)


def _each(group: h5py.Group, name: str, n: int) -> FloatArray:
    values = each_at(group, name, n)
    return np.zeros(n, np.float32) if values is None else values


def _measure(group: h5py.Group, name: str, n: int) -> FloatArray:
    values = each_at(group, name, n)
    return unmeasured(n) if values is None else values


def _evaluation(file: h5py.File, n: int) -> Evaluation | None:
    """Give CaImAn's evaluation; None where its components were never evaluated."""
    estimates, program = file["estimates"], _written_by_us(file) or "CaImAn"
    chosen = numbers_at(estimates, "idx_components")
    by_hand = numbers_at(estimates, "accepted_list")
    # CaImAn makes accepted_list with every object, fills it by hand only, and leaves it where components are removed
    if by_hand is not None and by_hand.size and not _n_removed(estimates):
        chosen = by_hand
    if chosen is not None:
        if chosen.size and not 0 <= chosen.min() <= chosen.max() < n:
            raise ValueError(f"it accepts component {chosen.max()} of {n}")
        return evaluation_by(program, np.isin(np.arange(n), chosen))
    if n and each_at(estimates, "SNR_comp", n) is not None:
        # evaluated, and then only the accepted were kept: CaImAn forgets their numbers with it
        return Evaluation(np.ones(n, np.bool_), (Note("kept_in_program", {"program": program}),) * n)
    return None


def _n_removed(estimates: h5py.Group) -> int:
    removed = group_at(estimates, "discarded_components")
    shape = () if removed is None else shape_at(removed, "A")
    return shape[1] if len(shape) == 2 else 0


def _about_components(estimates: h5py.Group, found: Components) -> tuple[Note, ...]:
    """Say what the file lacks that other files have, and what it has that is not shown."""
    notes = [Note("caiman_components_removed", {"n": n})] if (n := _n_removed(estimates)) else []
    if not found.n:
        return (*notes, Note("caiman_without_components"))
    shapes = {name: shape_at(estimates, name) for name in ("S", "YrA", "R", "F_dff", "b0")}
    if shapes["S"] != found.C.shape:
        notes.append(Note("imported_without_spikes"))
    if found.C.shape not in (shapes["YrA"], shapes["R"]) and not _written_by_us(estimates.file):
        notes.append(Note("caiman_without_residual"))
    if group_at(estimates, "W") is not None or shapes["b0"][:1] == found.A.shape[:1]:
        notes.append(Note("caiman_ring_background"))
    elif not len(found.f):
        notes.append(Note("imported_without_background"))
    if shapes["F_dff"] not in ((), found.C.shape):
        notes.append(Note("caiman_dff_left_out"))
    return tuple(notes)


def _about_measures(quality: ComponentQuality) -> tuple[Note, ...]:
    is_measured = not (np.isnan(quality.snr).all() and np.isnan(quality.r_value).all())
    return () if is_measured or not quality.snr.size else (Note("imported_without_measures"),)


def _rate(file: h5py.File) -> float | None:
    node = file.get("params/data/fr")
    is_number = isinstance(node, h5py.Dataset) and node.dtype.kind in "fiu" and node.size == 1
    rate_hz = float(node[()].item()) if is_number else 0.0  # in its own precision: 14.7 is no float32
    return rate_hz if np.isfinite(rate_hz) and rate_hz > 0 else None


def _about_rate(file: h5py.File, rate_hz: float | None) -> tuple[Note, ...]:
    is_default = rate_hz == _DEFAULT_RATE_HZ and not _written_by_us(file)
    return (Note("caiman_rate_may_be_default"),) if is_default else ()


def _params(file: h5py.File) -> dict[str, dict[str, Any]]:
    """Numbers, short lists of them, short texts and None, by CaImAn's groups."""
    groups = file.get("params")
    found: dict[str, dict[str, Any]] = {}
    for name in groups if isinstance(groups, h5py.Group) else ():
        group = group_at(groups, name)
        found[name] = {} if group is None else plain_values(group)
    return found
