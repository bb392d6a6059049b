"""Reads the file that CaImAn's `CNMF.save` writes: the object's fields as a tree, sparse matrices as groups."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.io.results.imported_results import ImportedResults, evaluation_by, unmeasured
from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality, Components, Evaluation

HDF5_ENDINGS = (".hdf5", ".h5")
_RAW_MINUS_C = "calscope/raw_minus_C"
MOST_NUMBERS = 16
"""A longer list is no parameter that a person sets."""
_MOST_PACKED = 1100
"""Deflate, the packing that HDF5 files use, makes nothing smaller than a 1032nd of its size."""
_ALWAYS_ALLOWED_BYTES = 16 * 2**20


def read_caiman(path: Path) -> ImportedResults:
    """Open a CaImAn file; only h5py touches it.

    Raises
    ------
    RecordingError
        When it is no such file, is damaged, has no components, or takes parts of it from other files.
    """
    try:
        with h5py.File(path, "r") as file:
            _refuse_other_files(path, file)
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
    dims = _dims(file)
    A = _sparse(estimates["A"])
    found = _components(estimates, A, dims)
    measures = {
        "snr": _measure(estimates, "SNR_comp", found.n),
        "r_value": _measure(estimates, "r_values", found.n),
        "cnn": _measure(estimates, "cnn_preds", found.n),
    }
    dff = _array(estimates, "F_dff")
    return ImportedResults(
        name=path.stem,
        path=path,
        program=f"CaImAn {_text(file, 'params/data/caiman_version')}".strip(),
        components=found,
        component_quality=ComponentQuality(**measures),
        evaluation=_evaluation(estimates, found.n),
        fr_hz=_rate(file),
        images=_images(estimates, dims),
        dff=None if dff is None or dff.shape != found.C.shape else dff,
        params=_params(file),
    )


def _refuse_other_files(path: Path, group: h5py.Group, seen: set[int] | None = None) -> None:
    """Refuse a file that would have others read in its name: HDF5 can take any part from any file on the disk."""
    seen = set() if seen is None else seen
    address = h5py.h5o.get_info(group.id).addr
    if address in seen:
        return
    seen.add(address)
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
            raise RecordingError(f"{path}: {group.name}/{name} leads to another file, which is not opened.")
        node = group.get(name)
        if isinstance(node, h5py.Group):
            _refuse_other_files(path, node, seen)
        elif isinstance(node, h5py.Dataset):
            _check_dataset(path, node)


def _check_dataset(path: Path, node: h5py.Dataset) -> None:
    """Refuse what lies in another file, and what says that it is larger than it can be."""
    if node.external or node.is_virtual:
        raise RecordingError(f"{path}: {node.name} takes its numbers from another file, which is not opened.")
    stored_bytes = min(node.id.get_storage_size(), path.stat().st_size)
    # Packed in chunks, equal numbers become very small; what was never written takes no room at all.
    most_bytes = stored_bytes if node.chunks is None else _MOST_PACKED * stored_bytes
    if node.nbytes > max(most_bytes, _ALWAYS_ALLOWED_BYTES):
        raise RecordingError(
            f"{path} is damaged: {node.name} says that it holds {node.nbytes} bytes, which a file of "
            f"{path.stat().st_size} bytes can't."
        )


def _components(estimates: h5py.Group, A: csc_matrix, dims: tuple[int, int]) -> Components:
    n, n_pixels = A.shape[1], dims[0] * dims[1]
    if A.shape[0] != n_pixels:
        raise ValueError(f"footprints of {A.shape[0]} pixels don't fit a field of {dims[0]} x {dims[1]}")
    C = _array(estimates, "C")
    if C is None or C.shape[0] != n:
        raise ValueError("there are no traces for the footprints")
    n_frames = C.shape[1]
    b, f = _array(estimates, "b"), _array(estimates, "f")
    g = _array(estimates, "g")
    return Components(
        dims=dims,
        A=A,
        C=C,
        S=_like(_array(estimates, "S"), C),
        YrA=_residual(estimates, C),
        b=np.zeros((n_pixels, 0), np.float32) if b is None else b.reshape(n_pixels, -1),
        f=np.zeros((0, n_frames), np.float32) if f is None else f.reshape(-1, n_frames),
        bl=_each(estimates, "bl", n),
        c1=_each(estimates, "c1", n),
        g=np.zeros((n, 0), np.float32) if g is None or len(g) != n else g.reshape(n, -1),
        neurons_sn=_each(estimates, "neurons_sn", n),
        sn=_each(estimates, "sn", n_pixels),
    )


def _dims(file: h5py.File) -> tuple[int, int]:
    for place in ("estimates/dims", "dims", "params/data/dims"):
        values = _array(file, place)
        if values is not None and values.size == 2:
            return int(values.ravel()[0]), int(values.ravel()[1])
    raise ValueError("the size of the field (dims) is not in it")


def _sparse(node: Any) -> csc_matrix:
    if isinstance(node, h5py.Group):
        parts = (node["data"][:], node["indices"][:], node["indptr"][:])
        found = csc_matrix(parts, shape=tuple(int(n) for n in node["shape"][:]), dtype=np.float32)
        found.check_format(full_check=True)  # a wrong index would be written through later, wherever it leads
        return found
    return csc_matrix(np.asarray(node[:], np.float32))


def _array(group: h5py.Group, name: str) -> FloatArray | None:
    """Give numbers; None where there are none (CaImAn writes the word NoneType then)."""
    node = group.get(name)
    if isinstance(node, h5py.Group) and "indptr" in node:
        return np.asarray(_sparse(node).toarray(), np.float32)
    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in "fiub" or node.size == 0:
        return None
    return np.asarray(node[()], np.float32)


def _residual(estimates: h5py.Group, C: FloatArray) -> FloatArray:
    """Give raw less denoised traces: ours as they were where Calscope wrote the file, else CaImAn's `YrA`."""
    ours = estimates.file.get(_RAW_MINUS_C)
    # CaImAn saves the array again but not its attribute; then its rows may be those of components since removed
    is_as_written = isinstance(ours, h5py.Dataset) and "written_by" in ours.attrs
    return _like(_array(estimates.file, _RAW_MINUS_C) if is_as_written else _array(estimates, "YrA"), C)


def _like(values: FloatArray | None, C: FloatArray) -> FloatArray:
    return values if values is not None and values.shape == C.shape else np.zeros_like(C)


def _each(group: h5py.Group, name: str, n: int) -> FloatArray:
    values = _written_as_text(group.get(name), n)
    values = _array(group, name) if values is None else values
    return values.ravel() if values is not None and values.size == n else np.zeros(n, np.float32)


def _written_as_text(node: Any, n: int) -> FloatArray | None:
    """Give numbers that CaImAn wrote as texts, as '[0.25]', from mixed lists; None where they are numbers."""
    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in "SO" or node.ndim == 0 or node.size != n:
        return None
    texts = [value.decode() if isinstance(value, bytes) else str(value) for value in node[:].ravel()]
    return np.array([0.0 if text in ("None", "") else float(text.strip("[] ")) for text in texts], np.float32)


def _measure(group: h5py.Group, name: str, n: int) -> FloatArray:
    values = _array(group, name)
    return values.ravel() if values is not None and values.size == n else unmeasured(n)


def _evaluation(estimates: h5py.Group, n: int) -> Evaluation:
    for name in ("accepted_list", "idx_components"):
        chosen = _numbers(estimates, name)
        if chosen is not None:
            return evaluation_by("CaImAn", np.isin(np.arange(n), chosen))
    reason = Note("saved_before_evaluation", {"program": "CaImAn"})
    return Evaluation(accepted=np.ones(n, np.bool_), reasons=(reason,) * n)


def _numbers(group: h5py.Group, name: str) -> NDArray[np.int64] | None:
    """Give whole numbers; an empty list means none of the components, None that the file says nothing of it."""
    node = group.get(name)
    is_list = isinstance(node, h5py.Dataset) and node.ndim == 1 and node.dtype.kind in "iuf"
    # CaImAn makes accepted_list with every object; it is filled by hand only
    unused = name == "accepted_list" and is_list and node.size == 0
    return np.asarray(node[:], np.int64) if is_list and not unused else None


def _images(estimates: h5py.Group, dims: tuple[int, int]) -> dict[str, FloatArray]:
    image = _array(estimates, "Cn")
    return {"corr": image} if image is not None and image.shape == dims else {}


def _rate(file: h5py.File) -> float | None:
    node = file.get("params/data/fr")
    is_number = isinstance(node, h5py.Dataset) and node.dtype.kind in "fiu" and node.size == 1
    rate_hz = float(node[()].item()) if is_number else 0.0  # in its own precision: 14.7 is no float32
    return rate_hz if np.isfinite(rate_hz) and rate_hz > 0 else None


def _params(file: h5py.File) -> dict[str, dict[str, Any]]:
    """Numbers and short lists of them, by CaImAn's groups."""
    groups = file.get("params")
    found: dict[str, dict[str, Any]] = {}
    for group in groups if isinstance(groups, h5py.Group) else ():
        entries = groups[group] if isinstance(groups[group], h5py.Group) else {}
        plain = {name: _plain(entries[name]) for name in entries}
        found[group] = {name: value for name, value in plain.items() if value is not None}
    return found


def _plain(node: Any) -> Any:
    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in "fiub" or not 0 < node.size <= MOST_NUMBERS:
        return None
    return node[()].tolist()


def _text(file: h5py.File, name: str) -> str:
    folder, _, last = name.rpartition("/")
    group = file.get(folder)
    if group is None:
        return ""
    value = group.attrs.get(last) if last in group.attrs else group[last][()] if last in group else ""
    return value.decode() if isinstance(value, bytes) else str(value)
