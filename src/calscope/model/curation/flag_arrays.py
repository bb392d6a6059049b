"""The measures of flags as named arrays, for the store and for files, and back."""

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from calscope.model.curation.component_flags import FLAG_KINDS, FlagMeasures

MEASURES = tuple(field.name for field in fields(FlagMeasures) if field.name != "marks")
"""Names of the arrays that have a value for each component."""
_MARKS = "marks_"


def flag_arrays(measures: FlagMeasures) -> dict[str, NDArray]:
    """Give an array for each measure, (K,), and one for the marks of each kind, (n, 3) int32."""
    marks = {f"{_MARKS}{kind}": np.asarray(rows, np.int32) for kind, rows in measures.marks.items()}
    return {name: np.asarray(getattr(measures, name)) for name in MEASURES} | marks


def flags_from_arrays(found: Mapping[str, NDArray]) -> FlagMeasures:
    """Put together what `flag_arrays` gave; KeyError where a measure is missing."""
    marks = {kind: found[f"{_MARKS}{kind}"] for kind in FLAG_KINDS if f"{_MARKS}{kind}" in found}
    return FlagMeasures(**{name: found[name] for name in MEASURES}, marks=marks)


def check_named(measures: FlagMeasures, n_frames: int) -> None:
    """Refuse measures that name components or frames which are not there.

    Raises
    ------
    ValueError
        Naming the array.
    """
    for name in ("overlap_with", "double_with"):
        _check_range(getattr(measures, name), -1, measures.n, name)
    for kind, marks in measures.marks.items():
        if marks.ndim != 2 or marks.shape[1] != 3:
            raise ValueError(f"flags: {kind} is not (n, 3)")
        _check_range(marks[:, 0], 0, measures.n, kind)
        _check_range(marks[:, 1:], 0, n_frames + 1, kind)


def _check_range(array: NDArray, least: int, end: int, what: str) -> None:
    if array.dtype.kind not in "iu" or (array.size and not least <= array.min() <= array.max() < end):
        raise ValueError(f"flags: {what} names components or frames that are not there")
