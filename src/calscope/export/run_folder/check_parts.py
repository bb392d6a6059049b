"""Whether the arrays and tables of an animal's folder have the shapes and kinds of one animal; ValueError where not."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from calscope.model.movie import FloatArray

_LARGEST = float(np.finfo(np.float32).max)


def numbers(found: Mapping[str, NDArray], shapes: Mapping[str, tuple[int | None, ...]]) -> dict[str, FloatArray]:
    """Give arrays, of which those that `shapes` names must have that shape; None there is any length."""
    for name, array in found.items():
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{name} holds no numbers")
        shape = shapes.get(name)
        if shape is not None and not _fits(array.shape, shape):
            wanted = " x ".join("any" if n is None else str(n) for n in shape)
            raise ValueError(f"{name} is {' x '.join(map(str, array.shape)) or 'one number'} and not {wanted}")
        check_bounded(array, name)
    return dict(found)


def check_bounded(values: NDArray, what: str) -> None:
    """Refuse numbers that are infinite, or that 32 bits can't hold; NaN is what is unknown, and passes."""
    if values.dtype.kind == "f" and bool((np.abs(values) > _LARGEST).any()):
        raise ValueError(f"{what} holds infinite or far too large numbers")


def image_shape(found: Mapping[str, NDArray], recorded: Any) -> tuple[int, int]:
    """Give rows and columns of the images; those of the recording where the record has them."""
    first = next(iter(found.values()))
    if first.ndim != 2 or not first.size:
        raise ValueError("it holds no images")
    shape = (int(first.shape[0]), int(first.shape[1]))
    if isinstance(recorded, list) and shape != (recorded[1], recorded[2]):
        raise ValueError(f"its images are {shape[0]} x {shape[1]}, the recording is {recorded[1]} x {recorded[2]}")
    return shape


def typed(table: pa.Table, schema: pa.Schema, needed: int) -> pd.DataFrame:
    """Give the columns of a table that a schema names, in its types; the first `needed` must be there and full."""
    check_columns(table.schema, schema.names[:needed])
    known = [column for column in schema if column.name in table.column_names]
    columns = {column.name: table[column.name].cast(column.type) for column in known}
    for name in schema.names[:needed]:
        if columns[name].null_count:
            raise ValueError(f"its column {name} has empty cells")
    frame = pa.table(columns).to_pandas()
    for name in frame.select_dtypes("floating"):
        check_bounded(frame[name].to_numpy(), f"its column {name}")
    return frame


def check_columns(found: pa.Schema, needed: list[str]) -> None:
    """Refuse a table that lacks a column, or has two of one name."""
    for name in needed:
        if name not in found.names:
            raise ValueError(f"it has no column {name}")
    if len(set(found.names)) != len(found.names):
        raise ValueError("two of its columns have one name")


def check_counted(values: pd.Series, what: str) -> None:
    """Refuse numbers of frames or components that don't count up from 0 one by one."""
    if not np.array_equal(values.to_numpy(), np.arange(len(values))):
        raise ValueError(f"its {what}s are not numbered 0, 1, 2, …")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(n is None or n == m for m, n in zip(shape, wanted, strict=True))
