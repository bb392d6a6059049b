"""Correlations of all pairs of components, as a linked view."""

from typing import Any

import numpy as np

from calscope.algorithms.trace_correlation import correlations, frames_per_bin
from calscope.model.movie import FloatArray
from calscope.model.results import Components, RelativeFluorescence
from calscope.ui.evaluation.evaluated_animal import EvaluatedAnimal
from calscope.ui.linked import all_traces, mounting, packing, trace_raster
from calscope.ui.linked.all_traces import MISSING, Kind
from calscope.ui.widgets import charts

NAME = "trace_matrix"


def show(view: EvaluatedAnimal, page: str, height_px: int, kind: Kind) -> None:
    """Draw the matrix of the listed components; a click chooses a pair."""
    keys = (view.keys[0], view.animal.results.keys.get("dff", ""))
    own = {
        "orders": trace_raster.orders(view),
        "dxy_um": list(view.animal.dxy_um) if view.animal.dxy_um else None,
        "height": height_px,
        "label": f"Correlations of {kind} of the listed components of {view.animal.name}",
        "averaged": _averaged(view.components.n_frames, view.animal.fr_hz),
        "kind": kind,
    }
    data = _data(keys, kind, _components=view.components, _dff=view.animal.results.dff)
    mounting.mount(NAME, view, page, {**data, **own})


def _averaged(n_frames: int, fr_hz: float | None) -> str:
    """Say over what traces were averaged first; empty where they were not."""
    per = frames_per_bin(n_frames)
    if per == 1:
        return ""
    return f"means of {per} frames" + (f" ({per / fr_hz:.2g} s)" if fr_hz else "")


@charts.cached
def _data(
    keys: tuple[str, str], kind: Kind, _components: Components, _dff: RelativeFluorescence | None
) -> dict[str, Any]:
    return make_data(_components, all_traces.traces_of(_components, _dff, kind))


def make_data(components: Components, traces: FloatArray) -> dict[str, Any]:
    """Give what the view draws.

    Parameters
    ----------
    traces
        (K, T) of one kind.
    """
    return {
        "n": components.n,
        "codes": packing.codes(coded(correlations(traces))),
        "centers": packing.floats(components.centers_px()),
    }


def coded(r: FloatArray) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Code correlations of pairs in one byte each, 0 to 254 from -1 to 1: row by row those before the diagonal."""
    below = r[np.tril_indices(len(r), -1)]
    scaled = np.where(np.isfinite(below), (below + 1) / 2 * (MISSING - 1), MISSING)
    return np.rint(scaled).astype(np.uint8)
