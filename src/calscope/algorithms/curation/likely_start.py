"""Where the estimate of wrong verdicts starts, before a person decided anything: as on simulated recordings.

`benchmarks/when_to_stop.py --calibrate` prints the numbers: twelve kinds of simulated recordings (dim, crowded, with
clutter, other sizes, ...), judged by persons who accept every true cell, or all but the dimmest quarter, under five
sets of thresholds. Each recording has coefficients of its own; mean and covariance are those of all of them (empirical
Bayes, as in Efron & Morris 1975).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Start:
    """Normal prior of the coefficients of 1, margin, SNR, r, size, unusual size, soma."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


WITH_SOMA = Start(
    np.array([-0.07, 0.6, 2.39, 0.38, -0.65, -0.88, 3.06]),
    np.array(
        [
            [1.05, -0.13, 0.05, 0.13, -0.18, -0.75, -0.07],
            [-0.13, 1.57, -0.03, -0.1, 0.16, 0.4, -0.92],
            [0.05, -0.03, 1.19, -0.17, 0.15, 0.7, -1.34],
            [0.13, -0.1, -0.17, 0.22, -0.02, -0.14, 0.2],
            [-0.18, 0.16, 0.15, -0.02, 0.58, 0.67, -0.46],
            [-0.75, 0.4, 0.7, -0.14, 0.67, 1.72, -1.26],
            [-0.07, -0.92, -1.34, 0.2, -0.46, -1.26, 2.73],
        ]
    ),
)
WITHOUT_SOMA = Start(
    np.array([2.53, 0.48, 3.86, 0.66, -0.51, -1.54, 0.0]),
    np.array(
        [
            [0.43, -0.51, 0.11, 0.12, -0.07, -0.33, 0.0],
            [-0.51, 1.65, -0.33, -0.24, 0.05, 0.4, 0.0],
            [0.11, -0.33, 0.86, -0.47, 0.33, 0.98, 0.0],
            [0.12, -0.24, -0.47, 0.53, -0.34, -0.93, 0.0],
            [-0.07, 0.05, 0.33, -0.34, 0.44, 0.79, 0.0],
            [-0.33, 0.4, 0.98, -0.93, 0.79, 2.23, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.02],
        ]
    ),
)
"""Of results whose likeness to a soma was not measured, as those of other programs."""
