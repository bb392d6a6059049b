"""Bootstrap intervals over stretches of frames (Efron & Tibshirani, 1993, An Introduction to the Bootstrap).

Frames near in time resemble each other, so that whole stretches are drawn, not frames. Every version of a movie and
every measure is looked at under the same draws: their differences are paired.
"""

import numpy as np
from numpy.typing import NDArray

from calscope.model.results import Estimate

DRAWS = 500
Weights = NDArray[np.float64]


def draw_weights(n_blocks: int, draws: int = DRAWS, seed: int = 0) -> Weights:
    """Give how often each block stands in each draw, (1 + draws, n_blocks); the first row is the sample as it is."""
    rng = np.random.default_rng([seed, n_blocks])
    drawn = rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=draws)
    return np.concatenate([np.ones((1, n_blocks)), drawn])


def estimate(values: NDArray[np.float64]) -> Estimate:
    """Sum up (1 + draws,) values: the first, and where 95 % of the others lie."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return Estimate(float(values[0]), float(low), float(high))
