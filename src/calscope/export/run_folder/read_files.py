"""Files of a run's folder, read as plain values; what is damaged raises one of `DAMAGE`."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.io.json_files import read_json_file
from calscope.model.errors import StoreError
from calscope.model.movie import FloatArray

DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, pa.ArrowException)
"""What numpy, JSON and pyarrow raise on a file that is cut short, overwritten, or of another kind."""


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
    # Opened here, because numpy leaves a damaged file open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        if not isinstance(found, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        return {name: found[name] for name in found.files}


def sparse(found: Mapping[str, NDArray]) -> csc_matrix:
    """Put the parts of a sparse matrix together; ValueError where they don't fit."""
    matrix = csc_matrix((found["data"], found["indices"], found["indptr"]), shape=tuple(found["shape"]))
    matrix.check_format(full_check=True)
    return matrix


def starts_of(component: NDArray) -> NDArray[np.intp]:
    """Give where in a column of numbers another number begins, the first row included."""
    return np.concatenate([[0], np.flatnonzero(np.diff(component)) + 1]).astype(np.intp)


def one_component(rows: pa.Table, kinds: Sequence[str]) -> tuple[int, dict[str, FloatArray]]:
    """Give the number of the component that rows are of, and its traces by kind."""
    values = {kind: rows[kind].to_numpy().astype(np.float32) for kind in kinds}
    return int(rows["component"][0].as_py()), values
