"""The known cells that were put into a movie, as a table and as plain values in an animal's run.json, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from calscope.export.run_folder.table_columns import INJECTED, as_table
from calscope.model.detection import Detection, curves_from_json, curves_to_json
from calscope.model.note_texts import detection_texts

ENTRY = "injected"


def table_of_cells(detection: Detection) -> pd.DataFrame:
    """Give one row a cell."""
    y_px, x_px = detection.centers_px.T
    rounds = np.zeros(detection.n, int) if detection.round is None else detection.round
    columns = [detection.peak_snr, detection.found, detection.accepted, detection.trace_r, y_px, x_px, rounds]
    return as_table(INJECTED, columns).to_pandas()


def plain_of(detection: Detection) -> dict[str, Any]:
    """Give what is not one a cell: the limits, the fitted curves, and both in a sentence."""
    return {
        "n": detection.n,
        "n_rounds": 0 if detection.round is None or not detection.n else int(detection.round.max()) + 1,
        **curves_to_json(detection.curves),
        "decay_time_s": _number(detection.decay_time_s),
        "gain": _number(detection.gain),
        "text": detection_texts.sentence(detection),
    }


def detection_of(cells: pd.DataFrame, values: Mapping[str, Any]) -> Detection:
    """Read what `table_of_cells` and `plain_of` gave; ValueError, TypeError or KeyError where it is something else."""
    decay_time_s, gain = (values.get(name) for name in ("decay_time_s", "gain"))
    peak_snr = cells["peak_snr"].to_numpy(np.float32)
    if not (peak_snr > 0).all():
        raise ValueError("a peak SNR is not above 0")
    return Detection(
        peak_snr=peak_snr,
        found=cells["found"].to_numpy(np.bool_),
        accepted=cells["accepted"].to_numpy(np.bool_),
        trace_r=cells["trace_r"].to_numpy(np.float32),
        centers_px=cells[["y_px", "x_px"]].to_numpy(np.float32),
        round=cells["round"].to_numpy(int),
        curves=curves_from_json(values),
        decay_time_s=np.nan if decay_time_s is None else float(decay_time_s),
        gain=np.nan if gain is None else float(gain),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
