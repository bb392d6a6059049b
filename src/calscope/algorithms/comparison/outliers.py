"""Which values of a group lie far from its middle, by a rule that the far ones themselves hardly move.

Distances are measured in robust standard deviations, 1.4826 times the median distance from the median, as Iglewicz and
Hoaglin advise (1993, How to Detect and Handle Outliers). In a group whose values are almost alike that would call any
difference large, so a floor is set under it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 4
"""In a smaller group nothing tells which value is the odd one."""
FAR = 3.5
"""Robust standard deviations."""
FLOOR_SHARE = 0.1
"""Of the median: a robust standard deviation counts as no smaller."""
_NORMAL = 1.4826
"""From the median distance of a normal distribution to its standard deviation."""


@dataclass(frozen=True)
class Spread:
    """The middle of a group, and how far from it a value may lie."""

    median: float
    deviation: float
    """Robust standard deviation, not below the floor."""
    far: NDArray[np.bool_]
    """(n,) the values that lie farther away than `FAR` deviations; what was not measured does not."""


def spread(values: Sequence[float | None], least: float) -> Spread | None:
    """Give the spread of a group; None where fewer than `FEWEST` values were measured.

    Parameters
    ----------
    values
        One for each member; None or NaN where there is none.
    least
        The smallest deviation that is taken for one, in the values' unit; a tenth of the median where that is more.
    """
    found = np.array([np.nan if value is None else value for value in values], np.float64)
    known = np.isfinite(found)
    if known.sum() < FEWEST:
        return None
    median = float(np.median(found[known]))
    distance = np.abs(found - median)
    deviation = max(_NORMAL * float(np.median(distance[known])), FLOOR_SHARE * abs(median), least)
    return Spread(median, deviation, known & (distance > FAR * deviation))
