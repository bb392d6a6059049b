"""Results as CSV, for spreadsheets, R and MATLAB; empty cells where a value was not computed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from calscope.export.run_folder.animal_folder import AnimalFolder, TraceKind
from calscope.io.atomic_write import atomic_folder


def write_csv(animal: AnimalFolder, folder: Path) -> list[Path]:
    """Write one animal's tables into `folder`; an earlier export there is replaced.

    components.csv        a row a component; lengths in px, 0-based numbers
    motion.csv            a row a frame; shifts in px
    traces.csv            a row a component and frame: all kinds of traces beside each other
    traces_<kind>.csv     a row a frame, a column a component
    parameters.json       the parameters in force; `calscope run --params` reads it

    Returns
    -------
    paths
        What was written; parts that the run doesn't have are left out.
    """
    with atomic_folder(folder) as part:
        written = [_write_frame(part / f"{name}.csv", table) for name, table in _tables(animal).items()]
        if animal.footprints is not None and animal.trace_kinds:
            written.append(_write_tidy(part / "traces.csv", animal))
            written += [_write_wide(part / f"traces_{kind}.csv", animal, kind) for kind in animal.trace_kinds]
        if animal.effective:
            written.append(_write_params(part / "parameters.json", animal.effective))
    return [folder / path.name for path in written]


def _tables(animal: AnimalFolder) -> dict[str, pd.DataFrame]:
    found = {"components": animal.components, "motion": animal.motion}
    return {name: table for name, table in found.items() if table is not None}


def _write_frame(path: Path, table: pd.DataFrame) -> Path:
    csv.write_csv(pa.Table.from_pandas(table, preserve_index=False), path)
    return path


def _write_wide(path: Path, animal: AnimalFolder, kind: TraceKind) -> Path:
    traces = animal.traces(kind)
    columns: dict[str, Any] = {"frame": pa.array(range(traces.shape[1]), pa.int32())}
    if animal.fr_hz is not None:
        columns["time_s"] = pa.array([frame / animal.fr_hz for frame in range(traces.shape[1])])
    columns |= {f"component_{i}": pa.array(trace, from_pandas=True) for i, trace in enumerate(traces)}
    csv.write_csv(pa.table(columns), path)
    return path


def _write_tidy(path: Path, animal: AnimalFolder) -> Path:
    """One component after the other, so that a long recording needs little memory."""
    kinds = animal.trace_kinds
    columns = [("component", pa.int32()), ("frame", pa.int32()), ("time_s", pa.float64())]
    schema = pa.schema(columns + [(kind, pa.float32()) for kind in kinds])
    with csv.CSVWriter(path, schema) as out:
        for number, traces in animal.each_trace(kinds):
            n = len(traces[kinds[0]])
            seconds = [None] * n if animal.fr_hz is None else [frame / animal.fr_hz for frame in range(n)]
            start = [
                pa.array([number] * n, pa.int32()),
                pa.array(range(n), pa.int32()),
                pa.array(seconds, pa.float64()),
            ]
            out.write_table(pa.table([*start, *(pa.array(traces[k], from_pandas=True) for k in kinds)], schema=schema))
    return path


def _write_params(path: Path, effective: Mapping[str, Mapping[str, Any]]) -> Path:
    path.write_text(json.dumps(effective, indent=1), encoding="utf-8")
    return path
