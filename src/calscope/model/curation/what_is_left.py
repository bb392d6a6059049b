"""How many of the components that nobody looked at yet are likely to have the wrong verdict."""

from dataclasses import dataclass

from calscope.model.movie import FloatArray


@dataclass(frozen=True)
class WhatIsLeft:
    """An estimate; it decides nothing."""

    wrong: FloatArray
    """(K,) probability that the person would change the verdict of the thresholds; NaN of those that were judged."""
    n_decisions: int
    """Accepted or rejected by hand: what the estimate learnt from, beside its start."""
    n_unseen: int
    expected: float
    """Wrong verdicts among those unseen."""
    low: int
    """Of the 90 % interval of that number."""
    high: int
    n_looks: int
    """Looks at the most doubtful that bring the expected number under 1; 0 where it is."""
