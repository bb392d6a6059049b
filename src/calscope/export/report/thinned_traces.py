"""Traces for the report: thinned to what a screen can show, one byte a value."""

import base64
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from calscope.export.exported_animal import ExportedAnimal, TraceKind
from calscope.model.movie import FloatArray
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
    entries = []
    for number, values in animal.each_trace(kinds) if kinds else ():
        progress(number / animal.n_components, "traces")
        packed = [pack([values[kind] for kind, _ in panel["lines"]], buckets) for panel in panels]
        entries.append({"component": number, "panels": packed})
    return {"frames": animal.n_frames, "fr_hz": animal.fr_hz, "panels": panels, "components": entries}


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
