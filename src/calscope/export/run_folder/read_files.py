"""Files of a run's folder, read as plain values; what is damaged raises one of `DAMAGE`."""

import math
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.export.run_folder.check_parts import check_bounded
from calscope.io.json_files import read_json_file
from calscope.model.errors import StoreError
from calscope.model.movie import FloatArray

DAMAGE = (
    *(OSError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error, pa.ArrowException),
)
"""What numpy, JSON and pyarrow raise on a file that is cut short, overwritten, or of another kind."""

CURATION = "curation.jsonl"
"""What persons said of the components of the recording, an entry a line."""
FLAGS = "flags.npz"
"""What the flags of the components rest on."""
INJECTED_FILE = "injected.parquet"
"""The known cells that were put into the movie, a row a cell."""
_MOST_PACKED = 1100
"""Deflate makes nothing smaller than a 1032nd of its size."""


def read_json(path: Path) -> Mapping[str, Any]:
    """Give the object in a JSON file; empty when absent, StoreError when damaged."""
    if not path.is_file():
        return {}
    try:
        found = read_json_file(path)
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} is damaged: {error}. Run the animal again, or remove the file.") from error
    if not isinstance(found, Mapping):
        raise StoreError(f"{path} must hold a JSON object. Run the animal again, or remove the file.")
    return found


def load_npz(path: Path) -> dict[str, NDArray]:
    """Give the arrays of an npz file."""
    _check_claims(path)
    # Opened here, because numpy leaves a damaged file open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        if not isinstance(found, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        return {name: found[name] for name in found.files}


def _check_claims(path: Path) -> None:
    """Refuse arrays that say that they are larger than the file can hold, before memory is asked for."""
    most_bytes = _MOST_PACKED * path.stat().st_size
    with zipfile.ZipFile(path) as members:
        for member in members.infolist():
            with members.open(member) as file:
                is_first = np.lib.format.read_magic(file) == (1, 0)
                formats = np.lib.format
                shape, _, dtype = (formats.read_array_header_1_0 if is_first else formats.read_array_header_2_0)(file)
            if math.prod(shape) * dtype.itemsize > min(member.file_size, most_bytes):
                raise ValueError(f"{member.filename} says that it is {shape}, more than it holds")


def sparse(found: Mapping[str, NDArray]) -> csc_matrix:
    """Put the parts of a sparse matrix together; ValueError where they don't fit."""
    if any(found[name].dtype.kind not in "iu" for name in ("indices", "indptr", "shape")):
        raise ValueError("its places are no whole numbers")
    matrix = csc_matrix((found["data"], found["indices"], found["indptr"]), shape=tuple(found["shape"]))
    matrix.check_format(full_check=True)
    return matrix


def starts_of(rows: pa.Table) -> NDArray[np.intp]:
    """Give the rows with which another component begins, the first row included."""
    return np.concatenate([[0], np.flatnonzero(np.diff(rows["component"].to_numpy())) + 1]).astype(np.intp)


def one_component(rows: pa.Table, kinds: Sequence[str]) -> tuple[int, dict[str, FloatArray]]:
    """Give the number of the component that rows are of, and its traces by kind."""
    values = {kind: rows[kind].to_numpy() for kind in kinds}
    for kind, trace in values.items():
        check_bounded(trace, f"its column {kind}")
    return int(rows["component"][0].as_py()), {kind: trace.astype(np.float32) for kind, trace in values.items()}
