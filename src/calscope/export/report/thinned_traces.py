"""Traces for the report: thinned to what a screen can show, one byte a value."""

import base64
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.component_order import by_similarity
from calscope.export.exported_animal import ExportedAnimal, TraceKind
from calscope.model.events import PlacedEvents, labelled, placed
from calscope.model.movie import FloatArray
from calscope.model.notes import Note
from calscope.model.progress import Progress, silent
from calscope.plots import style

MISSING = 255
"""Code of a value that isn't a number; 0 to 254 span the range of a panel."""


class Panel(TypedDict):
    """Traces that share one axis."""

    title: str
    lines: list[tuple[TraceKind, str]]
    """Kind and colour."""


PANELS: tuple[Panel, ...] = (
    {"title": "fluorescence (a.u.)", "lines": [("raw", style.RAW), ("denoised", style.DENOISED)]},
    {"title": "spikes (a.u.)", "lines": [("spikes", style.SPIKES)]},
    {"title": "dF/F", "lines": [("dff", style.RATIO)]},
)


def trace_data(animal: ExportedAnimal, buckets: int, progress: Progress = silent) -> dict[str, Any]:
    """Give the traces of one animal in the form the page's script draws: panels, and one entry a component."""
    there = animal.trace_kinds
    panels: list[Panel] = [
        {"title": panel["title"], "lines": [line for line in panel["lines"] if line[0] in there]}
        for panel in PANELS
        if any(kind in there for kind, _ in panel["lines"])
    ]
    kinds = [kind for panel in panels for kind, _ in panel["lines"]]
    entries, active = [], []
    for number, values in animal.each_trace(kinds) if kinds else ():
        progress(number / animal.n_components, "traces")
        packed = [pack([values[kind] for kind, _ in panel["lines"]], buckets) for panel in panels]
        entries.append({"component": number, "panels": packed})
        active.append(envelope(values["denoised" if "denoised" in kinds else kinds[0]], buckets))
    shared = {"frames": animal.n_frames, "fr_hz": animal.fr_hz, "panels": panels}
    rows = _sorted(rows_of_raster(animal), active)
    return shared | {"raster": rows, "flags": _flags(animal), "components": entries} | labelled(placed_events(animal))


def rows_of_raster(animal: ExportedAnimal) -> list[int]:
    """Give the accepted components; all where none is, and before evaluation."""
    accepted = animal.accepted
    chosen = np.ones(animal.n_components, np.bool_) if accepted is None or not accepted.any() else accepted
    return np.flatnonzero(chosen).tolist()


def _sorted(rows: list[int], active: list[FloatArray]) -> list[int]:
    """Order rows so that components that are active together are neighbours."""
    if not active:
        return rows
    return [rows[at] for at in by_similarity(np.stack([active[row] for row in rows]))]


def placed_events(animal: ExportedAnimal) -> PlacedEvents:
    """Lay the events of the recording on its frames; what is not shown, and why, is told by the notes."""
    found = animal.events
    if isinstance(found, Note):
        return PlacedEvents(notes=(found,))
    return PlacedEvents() if found is None else placed(found, animal.n_frames or 0, animal.fr_hz)


def _flags(animal: ExportedAnimal) -> dict[int, str]:
    """Give by component, where there is any, what speaks against it in sentences."""
    told = [] if animal.components is None else animal.components["flags_why"].tolist()
    return {number: why for number, why in enumerate(told) if why}


def pack(traces: list[FloatArray], buckets: int) -> dict[str, Any]:
    """Thin and code traces that share one axis.

    Returns
    -------
    packed
        low and high of the axis, and `codes`: base64 of one byte a value for each trace.
    """
    thinned = [envelope(trace, buckets) for trace in traces]
    finite = np.concatenate([trace[np.isfinite(trace)] for trace in thinned])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    high = high if high > low else low + max(1.0, abs(low) * 1e-3)  # one more changes nothing in a very large number
    codes = [base64.b64encode(_code(trace, low, high).tobytes()).decode("ascii") for trace in thinned]
    return {"low": float(f"{low:.6g}"), "high": float(f"{high:.6g}"), "codes": codes}


def envelope(values: FloatArray, buckets: int) -> FloatArray:
    """Give the lowest and highest value of each of `buckets` stretches, alternating; short traces as they are."""
    if values.size <= 2 * buckets:
        return values
    edges = np.linspace(0, values.size, buckets + 1).astype(np.intp)[:-1]
    out = np.empty(2 * buckets, np.float32)
    out[0::2] = np.fmin.reduceat(values, edges)
    out[1::2] = np.fmax.reduceat(values, edges)
    return out


def _code(values: FloatArray, low: float, high: float) -> NDArray[np.uint8]:
    scaled = np.rint((values.astype(np.float64) - low) / (high - low) * (MISSING - 1))
    return np.where(np.isfinite(scaled), np.clip(scaled, 0, MISSING - 1), MISSING).astype(np.uint8)
