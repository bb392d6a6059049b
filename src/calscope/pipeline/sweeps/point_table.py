"""The points of a sweep as a table, for people and programs."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from calscope.pipeline.sweeps.run_points import SweepPoint

MEASURES = (
    *("components", "accepted", "median_snr", "f1", "precision", "recall"),
    *(
        "injected_recall",
        "injected_cells",
        "in_halves",
        "unconfirmed",
        "residual_flow_px",
        "crispness",
        "motion_verdict",
    ),
)
ALWAYS = ("components", "accepted", "median_snr")


def point_table(points: Sequence[SweepPoint]) -> pd.DataFrame:
    """Give a row a point, in the order of their numbers: its values by full name, its measures, its key in the store.

    Measures that no point has are left out.
    """
    ordered = sorted(points, key=lambda point: point.number)
    rows = [_row(point) for point in ordered]
    table = pd.DataFrame(rows)
    unmeasured = [name for name in MEASURES if name in table and name not in ALWAYS and table[name].isna().all()]
    return table.drop(columns=unmeasured)


def _row(point: SweepPoint) -> dict[str, Any]:
    measures = {name: None if point.error else getattr(point.measures, name) for name in MEASURES}
    key = point.record.keys.get("evaluation", "") if point.record else ""
    return {name: _cell(value) for name, value in point.values.items()} | measures | {"key": key, "error": point.error}


def _cell(value: Any) -> Any:
    """Give a value as one cell holds it: a pair of two same numbers as one number, others as 4,5."""
    if not isinstance(value, list):
        return value
    return value[0] if len(set(value)) == 1 else ",".join(str(one) for one in value)
