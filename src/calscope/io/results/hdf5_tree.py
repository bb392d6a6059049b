"""Values of a tree in an HDF5 file as CaImAn saves it: arrays, sparse matrices as groups, `None` as a word.

Nothing is read from other files, and no claim of a header costs more memory than the file could hold.
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray

MOST_NUMBERS = 16
"""A longer list is no parameter that a person sets."""
_MOST_LETTERS = 64
_NONE = "NoneType"
_MOST_PACKED = 1100
"""Deflate, the packing that HDF5 files use, makes nothing smaller than a 1032nd of its size."""
_ALWAYS_ALLOWED_BYTES = 16 * 2**20


def refuse_other_files(path: Path, group: h5py.Group, seen: set[int] | None = None) -> None:
    """Refuse a file that would have others read in its name: HDF5 can take any part from any file on the disk.

    Raises
    ------
    RecordingError
        Also where an array says that it is larger than the file can hold.
    """
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
            refuse_other_files(path, node, seen)
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


def sparse_at(node: Any) -> csc_matrix:
    """Give a matrix that is a group of its parts, or an array; ValueError where its indices lead beyond it."""
    if isinstance(node, h5py.Group):
        parts = (node["data"][:], node["indices"][:], node["indptr"][:])
        found = csc_matrix(parts, shape=tuple(int(n) for n in node["shape"][:]), dtype=np.float32)
        found.check_format(full_check=True)  # a wrong index would be written through later, wherever it leads
        return found
    return csc_matrix(np.asarray(node[:], np.float32))


def array_at(group: h5py.Group, name: str) -> FloatArray | None:
    """Give numbers, of which there may be none; None where it is not there, or is `None` to CaImAn."""
    node = group.get(name)
    if isinstance(node, h5py.Group) and "indptr" in node:
        return np.asarray(sparse_at(node).toarray(), np.float32)
    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in "fiub" or node.shape is None:
        return None
    return np.asarray(node[()], np.float32)


def shape_at(group: h5py.Group, name: str) -> tuple[int, ...]:
    """Give the shape of numbers without reading them; empty where `array_at` gives None."""
    node = group.get(name)
    if isinstance(node, h5py.Group) and "shape" in node:
        return tuple(int(n) for n in node["shape"][:])
    is_array = isinstance(node, h5py.Dataset) and node.dtype.kind in "fiub" and node.shape is not None
    return tuple(node.shape) if is_array else ()


def each_at(group: h5py.Group, name: str, n: int) -> FloatArray | None:
    """Give one number for each of `n`; None where there are not as many."""
    values = _written_as_text(group.get(name), n)
    values = array_at(group, name) if values is None else values
    return values.ravel() if values is not None and values.size == n else None


def _written_as_text(node: Any, n: int) -> FloatArray | None:
    """Give numbers that CaImAn wrote as texts, as '[0.25]', from mixed lists; None where they are numbers."""
    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in "SO" or node.ndim == 0 or node.size != n:
        return None
    texts = [value.decode() if isinstance(value, bytes) else str(value) for value in node[:].ravel()]
    return np.array([0.0 if text in ("None", "") else float(text.strip("[] ")) for text in texts], np.float32)


def numbers_at(group: h5py.Group, name: str) -> NDArray[np.int64] | None:
    """Give a list of whole numbers, which may be empty; None where there is none."""
    node = group.get(name)
    is_list = isinstance(node, h5py.Dataset) and node.ndim == 1 and node.dtype.kind in "iuf"
    return np.asarray(node[:], np.int64) if is_list else None


def group_at(group: h5py.Group, name: str) -> h5py.Group | None:
    """Give a group; None where there is none."""
    node = group.get(name)
    return node if isinstance(node, h5py.Group) else None


def plain_values(group: h5py.Group) -> dict[str, Any]:
    """Give the numbers, short lists, short texts and `None` that are directly in a group."""
    values = {name: _plain(group[name]) for name in group}
    texts = {name: value for name, value in group.attrs.items() if isinstance(value, str)}
    held = texts | {name: entry[0] for name, entry in values.items() if entry}
    return {name: value for name, value in held.items() if not isinstance(value, str) or len(value) <= _MOST_LETTERS}


def _plain(node: Any) -> tuple[Any] | None:
    """Give a value, in brackets since it may be None; None where it is no plain one."""
    if not isinstance(node, h5py.Dataset) or node.shape is None:
        return None
    if node.dtype.kind in "fiub":
        return (node[()].tolist(),) if 0 < node.size <= MOST_NUMBERS else None
    if node.dtype.kind not in "SO" or node.ndim:
        return None
    text = _decoded(node[()])
    return (None if text == _NONE else text,)


def text_at(file: h5py.File, name: str) -> str:
    """Give a text, be it an attribute, as CaImAn writes it now, or an array, as it did; empty where there is none."""
    folder, _, last = name.rpartition("/")
    group = file.get(folder)
    if group is None:
        return ""
    return _decoded(group.attrs.get(last) if last in group.attrs else group[last][()] if last in group else "")


def _decoded(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
