"""Which cells the points of a sweep have in common: those that every value gives, and those that few of them do."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.recurrence import OFTEN, Recurring, recurring_components
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.store import Store
from calscope.pipeline.sweeps.run_points import SweepPoint


@dataclass(frozen=True)
class RecurringPoints:
    """The cells that were accepted at the points of a sweep."""

    points: tuple[SweepPoint, ...]
    """Those whose results are still in the store."""
    cells: Recurring
    """Members are numbers among the accepted components of each point."""

    def in_words(self) -> str:
        """Say how many cells are accepted at all points, at most, at few."""
        counts = [f"{self.cells.count(often)} at {often}" for often in OFTEN]
        return f"Accepted at the {len(self.points)} points: {', '.join(counts)}"


def recurring_at(points: Sequence[SweepPoint], store: Store) -> RecurringPoints | None:
    """Match the accepted components of all points; None where fewer than two are in the store."""
    found = [(point, A) for point in points if (A := accepted_footprints(point, store)) is not None]
    if len(found) < 2:
        return None
    return RecurringPoints(tuple(point for point, _ in found), recurring_components([A for _, A in found]))


def accepted_footprints(point: SweepPoint, store: Store) -> csc_matrix | None:
    """Give the footprints that were accepted at a point, (H*W, K); None where they are not in the store."""
    if point.record is None:
        return None
    results = AnimalResults(store, point.record.keys)
    components, evaluation = results.refit, results.evaluation
    return None if components is None or evaluation is None else components.A[:, evaluation.accepted]
