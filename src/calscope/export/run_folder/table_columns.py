"""Columns of the tables in an animal's folder, with their types; names and order stay as they are."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike

MOTION = pa.schema(
    [
        ("frame", pa.int64()),
        *((name, pa.float64()) for name in ("time_s", "shift_y_px", "shift_x_px", "corr_before", "corr_after")),
    ]
)
COMPONENTS = pa.schema(
    [
        ("component", pa.int64()),
        ("y_px", pa.float64()),
        ("x_px", pa.float64()),
        ("area_px", pa.int32()),
        *((name, pa.float64()) for name in ("snr", "r_value", "cnn")),
        ("accepted", pa.bool_()),
        ("reason", pa.string()),
        ("soma", pa.float64()),
        *((name, pa.string()) for name in ("decision", "decided_by", "tag", "note")),
        ("carried_over", pa.bool_()),
        ("accepted_by_thresholds", pa.bool_()),
        ("reason_by_thresholds", pa.string()),
        ("flags", pa.string()),
        ("flags_not_told", pa.string()),
        ("flags_why", pa.string()),
    ]
)
INJECTED = pa.schema(
    [
        ("peak_snr", pa.float64()),
        ("found", pa.bool_()),
        ("accepted", pa.bool_()),
        *((name, pa.float64()) for name in ("trace_r", "y_px", "x_px")),
        ("round", pa.int32()),
    ]
)
TRACES = pa.schema(
    [
        ("component", pa.int32()),
        ("frame", pa.int32()),
        ("time_s", pa.float64()),
        *((name, pa.float32()) for name in ("raw", "denoised", "spikes", "dff")),
    ]
)


def as_table(schema: pa.Schema, columns: Sequence[ArrayLike]) -> pa.Table:
    """Put columns together in the types of a schema; what is NaN stays NaN, what is None is empty."""
    kinds = zip(columns, schema.types, strict=True)
    arrays = [pa.array(values, from_pandas=False).cast(kind) for values, kind in kinds]
    return pa.Table.from_arrays(arrays, schema=schema)


def table_of(schema: pa.Schema, frame: pd.DataFrame) -> pa.Table:
    """Give a data frame's columns in the types of a schema; columns that it lacks are left out."""
    known = pa.schema([column for column in schema if column.name in frame])
    return as_table(known, [frame[column.name].to_numpy() for column in known])
