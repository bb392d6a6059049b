"""Which components come back in several analyses of one movie, and in how many of them.

Analyses are gone through one after the other, and each one's footprints are paired one to one with the mean footprints
of what was found so far (`agreement.match_footprints`); what has no partner begins a new cell. Because the means then
depend on the order, all analyses are paired once more with the means at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.comparison.agreement import match_footprints

NONE = -1
"""Stands where an analysis doesn't have the cell."""
Often = Literal["all", "most", "few"]
OFTEN: tuple[Often, ...] = ("all", "most", "few")


@dataclass(frozen=True)
class Recurring:
    """Cells of several analyses, those that are in most of them first."""

    members: NDArray[np.intp]
    """(n, analyses) number of the cell's component in each of them, or NONE."""
    footprints: csc_matrix
    """(H*W, n) mean of its components' footprints, each of length 1."""

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.members)

    @property
    def n_analyses(self) -> int:
        """Number of analyses."""
        return int(self.members.shape[1])

    @property
    def n_in(self) -> NDArray[np.intp]:
        """(n,) in how many analyses each cell is."""
        return np.asarray((self.members != NONE).sum(axis=1), np.intp)

    def often(self, cell: int) -> Often:
        """Tell whether a cell is in all analyses, in most (half of them or more), or in few."""
        n_in = int(self.n_in[cell])
        if n_in == self.n_analyses:
            return "all"
        return "most" if 2 * n_in >= self.n_analyses else "few"

    def count(self, often: Often) -> int:
        """Count the cells that are so often there."""
        return sum(self.often(cell) == often for cell in range(self.n))


def recurring_components(footprints: Sequence[csc_matrix]) -> Recurring:
    """Find the same cells in several analyses.

    Parameters
    ----------
    footprints
        (H*W, K) of each analysis, on one field; components without a pixel are left out.

    Raises
    ------
    ValueError
        When there is no analysis.
    """
    if not footprints:
        raise ValueError("There is nothing to compare.")
    units = [_unit(one) for one in footprints]
    first = _paired(units, csc_matrix((units[0].shape[0], 0)))
    members = _paired(units, _means(units, first), follows=False)
    members = members[np.argsort(-(members != NONE).sum(axis=1), kind="stable")]
    return Recurring(members, _means(units, members))


def _paired(units: list[csc_matrix], centres: csc_matrix, *, follows: bool = True) -> NDArray[np.intp]:
    """Give the members of each cell, (n, analyses).

    Centres are the means of the members found so far where they follow them; else they stay, and only new ones come.
    """
    members = np.full((centres.shape[1], len(units)), NONE, np.intp)
    for at, unit in enumerate(units):
        pairs = match_footprints(centres, unit).pairs
        members[pairs[:, 0], at] = pairs[:, 1]
        alone = np.setdiff1d(np.flatnonzero(unit.getnnz(axis=0)), pairs[:, 1])
        new = np.full((len(alone), len(units)), NONE, np.intp)
        new[:, at] = alone
        members = np.vstack([members, new])
        centres = _means(units, members) if follows else csc_matrix(hstack([centres, unit[:, alone]]))
    return members[(members != NONE).any(axis=1)]


def _means(units: list[csc_matrix], members: NDArray[np.intp]) -> csc_matrix:
    """Give the mean footprint of each cell's members, (H*W, n)."""
    total = csc_matrix((units[0].shape[0], len(members)))
    for at, unit in enumerate(units):
        cells = np.flatnonzero(members[:, at] != NONE)
        chosen = csc_matrix((np.ones(len(cells)), (members[cells, at], cells)), shape=(unit.shape[1], len(members)))
        total = total + unit @ chosen
    n_in = np.maximum((members != NONE).sum(axis=1), 1)
    return csc_matrix(total.multiply(1.0 / n_in[None, :]))


def _unit(footprints: csc_matrix) -> csc_matrix:
    """Give the footprints, each of length 1; those without a pixel stay as they are."""
    A = csc_matrix(footprints, dtype=np.float64)
    lengths = np.sqrt(np.asarray(A.multiply(A).sum(axis=0)).ravel())
    return csc_matrix(A.multiply((1.0 / np.where(lengths > 0, lengths, 1.0))[None, :]))
