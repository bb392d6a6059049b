"""Results for MATLAB (version 5 files, which every MATLAB since 1996 and scipy read): `load`, no toolbox.

Footprints are a sparse matrix in MATLAB's own pixel order: `reshape(full(A(:, k)), dims)` is the image of component
k - 1. Numbers of components and places in px count from 0, as everywhere in Calscope.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.io import savemat
from scipy.sparse import csc_matrix

import calscope
from calscope.export.exported_animal import ExportedAnimal
from calscope.model.errors import StoreError
from calscope.model.progress import Progress, silent

FILE = "results.mat"
_MOST_BYTES = 2**31 - 1
"""Of one variable, which is what MATLAB reads of this version."""


class _OneByOne:
    """Variables that are made when they are written, so that only one is in memory."""

    def __init__(self, variables: Mapping[str, Callable[[], Any]], animal: ExportedAnimal, progress: Progress) -> None:
        self._variables, self._animal, self._progress = variables, animal, progress

    def items(self) -> Iterator[tuple[str, Any]]:
        """Give name and value, as `savemat` asks for them."""
        for i, (name, make) in enumerate(self._variables.items()):
            self._progress(i / len(self._variables), name)
            value = make()
            if _bytes(value) > _MOST_BYTES:
                raise StoreError(
                    f"{name} of {self._animal.place} is larger than 2 GB, the most that such a file holds of one "
                    "variable. Export to nwb or caiman, whose files MATLAB reads with h5read."
                )
            yield name, value


def write_matlab(animal: ExportedAnimal, folder: Path, progress: Progress = silent) -> None:
    """Write one animal's results into `folder`; parts that the run doesn't have are left out.

    Raises
    ------
    StoreError
        When a variable is too large for such a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    variables = _OneByOne(_variables(animal), animal, progress)
    with (folder / FILE).open("wb") as file:
        savemat(file, cast("dict[str, Any]", variables), do_compression=True, oned_as="column", long_field_names=True)


def _variables(animal: ExportedAnimal) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {"about": lambda: _about(animal)}
    if animal.images:
        found["images"] = lambda: dict(animal.images)
    if (motion := animal.motion) is not None:
        found["motion"] = lambda: _columns(motion)
    if (patches := animal.patches) is not None:
        found["motion_patches"] = lambda: {"shifts": patches.shifts, "centers": patches.centers}
    if animal.footprints is None:
        return found
    found["dims"] = lambda: np.array([animal.dims], np.float64)
    found["A"] = lambda: csc_matrix(animal.need_footprints(), dtype=np.float64)  # MATLAB's sparse is double
    if (components := animal.components) is not None:
        found["components"] = lambda: _columns(components)
    for kind in animal.trace_kinds:
        found[kind] = lambda kind=kind: np.asarray(animal.traces(kind))  # type: ignore[misc]
    if (background := animal.background) is not None:
        found["b"], found["f"] = (lambda: background.b), (lambda: background.f)
    return found


def _about(animal: ExportedAnimal) -> dict[str, Any]:
    """Give what the numbers mean; what is unknown is NaN or empty."""
    return {
        "animal": animal.name,
        "calscope": calscope.__version__,
        "engine": str(animal.meta.get("engine", "")),
        "recording": str(animal.recording.get("path", "")),
        "remark": animal.remark,
        "fr_hz": np.nan if animal.fr_hz is None else animal.fr_hz,
        "dxy_um": np.full(2, np.nan) if animal.dxy_um is None else np.array(animal.dxy_um, np.float64),
        "parameters_json": json.dumps(animal.effective),
        "note": "Component numbers and pixels (y, x) count from 0. A(:, k) is component k - 1: "
        "reshape(full(A(:, k)), dims). Traces and f are component by frame; shifts are down and right positive.",
    }


def _columns(table: pd.DataFrame) -> dict[str, NDArray]:
    return {str(name): _column(table[name]) for name in table.columns}


def _column(column: pd.Series) -> NDArray:
    """Give a column as MATLAB knows it: numbers, logical, or a cell of texts; what is missing is NaN."""
    if column.dtype.kind in "iufb":
        return column.to_numpy()
    if column.isna().all():
        return np.full(len(column), np.nan)
    if all(isinstance(value, bool | np.bool_) for value in column):
        return column.to_numpy(np.bool_)
    return np.array([str(value) for value in column], np.object_)


def _bytes(value: Any) -> int:
    if isinstance(value, csc_matrix):
        return int(value.data.nbytes)
    return int(getattr(value, "nbytes", 0))
