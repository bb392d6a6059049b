"""Results as CSV, for spreadsheets, R and MATLAB; empty cells where a value was not computed."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from calscope.export.exported_animal import ExportedAnimal, TraceKind
from calscope.model.progress import Progress, part, silent


def write_csv(animal: ExportedAnimal, folder: Path, progress: Progress = silent) -> None:
    """Write one animal's tables into `folder`; parts that the run doesn't have are left out.

    animal.csv            one row: the recording, how many components, the remark on the animal
    components.csv        a row a component; lengths in px, 0-based numbers
    motion.csv            a row a frame; shifts in px
    traces.csv            a row a component and frame: all kinds of traces beside each other
    traces_<kind>.csv     a row a frame, a column a component
    parameters.json       the parameters in force; `calscope run --params` reads it
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in _tables(animal).items():
        csv.write_csv(pa.Table.from_pandas(table, preserve_index=False), folder / f"{name}.csv")
    if animal.footprints is not None and animal.trace_kinds:
        _write_tidy(folder / "traces.csv", animal, part(progress, 0, 0.6))
        for i, kind in enumerate(animal.trace_kinds):
            progress(0.6 + 0.1 * i, f"{kind} traces")
            _write_wide(folder / f"traces_{kind}.csv", animal, kind)
    if animal.effective:
        (folder / "parameters.json").write_text(json.dumps(animal.effective, indent=1), encoding="utf-8")


def _tables(animal: ExportedAnimal) -> dict[str, pd.DataFrame]:
    components = animal.components
    if components is not None:
        typed = {name: components[name].map(as_text) for name in ("decided_by", "tag", "note")}
        components = components.assign(**typed)
    found = {"animal": _one_row(animal), "components": components, "motion": animal.motion}
    return {name: table for name, table in found.items() if table is not None}


def _one_row(animal: ExportedAnimal) -> pd.DataFrame:
    """Give the animal as one row, so that those of several can be put under each other."""
    accepted, quality, dxy_um = animal.accepted, animal.motion_quality, animal.dxy_um
    row = {
        "animal": as_text(animal.name),
        "frames": animal.n_frames,
        "fr_hz": animal.fr_hz,
        "pixel_y_um": dxy_um[0] if dxy_um else None,
        "pixel_x_um": dxy_um[1] if dxy_um else None,
        "motion_verdict": quality.verdict if quality else None,
        "components": animal.n_components if animal.footprints is not None else None,
        "accepted": None if accepted is None else int(accepted.sum()),
        "rejected": None if accepted is None else int((~accepted).sum()),
        "remark": as_text(animal.remark),
    }
    return pd.DataFrame([row])


def as_text(said: str) -> str:
    """Mark what a spreadsheet would take for a formula as the text that it is."""
    return f"'{said}" if said[:1] in tuple("=+-@") else said


def _write_wide(path: Path, animal: ExportedAnimal, kind: TraceKind) -> None:
    traces = animal.traces(kind)
    columns: dict[str, Any] = {"frame": pa.array(range(traces.shape[1]), pa.int32())}
    if animal.fr_hz is not None:
        columns["time_s"] = pa.array([frame / animal.fr_hz for frame in range(traces.shape[1])])
    columns |= {f"component_{i}": pa.array(trace, from_pandas=True) for i, trace in enumerate(traces)}
    csv.write_csv(pa.table(columns), path)


def _write_tidy(path: Path, animal: ExportedAnimal, progress: Progress) -> None:
    """One component after the other, so that a long recording needs little memory."""
    kinds = animal.trace_kinds
    columns = [("component", pa.int32()), ("frame", pa.int32()), ("time_s", pa.float64())]
    schema = pa.schema(columns + [(kind, pa.float32()) for kind in kinds])
    with csv.CSVWriter(path, schema) as out:
        for number, traces in animal.each_trace(kinds):
            progress(number / animal.n_components, "traces")
            n = len(traces[kinds[0]])
            seconds = [None] * n if animal.fr_hz is None else [frame / animal.fr_hz for frame in range(n)]
            start = [
                pa.array([number] * n, pa.int32()),
                pa.array(range(n), pa.int32()),
                pa.array(seconds, pa.float64()),
            ]
            out.write_table(pa.table([*start, *(pa.array(traces[k], from_pandas=True) for k in kinds)], schema=schema))
