"""How strong the penalty on spikes must be, and where the baseline lies, so that the residual is just the noise.

Shared by the deconvolutions (Friedrich et al. 2017, section on the hard noise constraint).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calscope.compiled import kernel


class Deconvolved(NamedTuple):
    """A deconvolved trace."""

    c: NDArray[np.float64]
    """(T,) calcium, without the baseline."""
    s: NDArray[np.float64]
    """(T,) activity; the first sample is 0, what was there before is in `c1`."""
    baseline: float
    c1: float
    """Calcium in the first frame."""
    penalty: float
    """Infinite where nothing is active."""


def first_baseline(y: NDArray, *, nonneg: bool) -> float:
    """Give a low percentile of the trace, to start from."""
    at = 0.15 * (y.size - 1)
    below = int(at)
    ordered = np.partition(y, (below, min(below + 1, y.size - 1)))
    low = float(ordered[below] + (at - below) * (ordered[min(below + 1, y.size - 1)] - ordered[below]))
    return max(0.0, low) if nonneg else low


def without_activity(y: NDArray, noise: float, *, nonneg: bool) -> Deconvolved | None:
    """Give the solution for a trace that is no larger than its noise without any spike; None for others.

    No penalty makes the residual of such a trace as large as the noise, which `step` looks for.
    """
    baseline = max(0.0, float(y.mean())) if nonneg else float(y.mean())
    if np.sum((y - baseline) ** 2) > noise * noise * y.size:
        return None
    return Deconvolved(np.zeros(y.size), np.zeros(y.size), baseline, 0.0, np.inf)


@kernel
def step(  # noqa: PLR0917 - kernels take no keywords
    y: NDArray,
    c: NDArray,
    dc: NDArray,
    db: NDArray,
    lam: float,
    b: float,
    allowed: float,
    nonneg: bool,  # noqa: FBT001
) -> tuple[float, float]:
    """Penalty and baseline at which, with these pools, the residual is as large as the noise and its mean is zero."""
    free = True
    for attempt in range(2):
        # Residual as a line in lambda: r = r0 + (lam' - lam) r1, with the baseline following as b' = b0 + b1 (lam' -
        # lam).
        sum_r, sum_c, sum_b = 0.0, 0.0, 0.0
        for t in range(y.size):
            sum_r += y[t] - b - c[t]
            sum_c += dc[t]
            sum_b += 1.0 + db[t]
        b0, b1 = -b, 0.0
        if free and sum_b > 1e-9 * y.size:
            b0, b1 = sum_r / sum_b, -sum_c / sum_b
        elif free:
            b0 = 0.0
        q0, q1, q2 = -allowed, 0.0, 0.0
        for t in range(y.size):
            start = y[t] - b - c[t] - b0 * (1.0 + db[t])
            slope = -dc[t] - b1 * (1.0 + db[t])
            q0 += start * start
            q1 += start * slope
            q2 += slope * slope
        delta = -lam
        if q2 > 0:
            root = q1 * q1 - q2 * q0
            delta = (-q1 + np.sqrt(root)) / q2 if root > 0 else -q1 / q2
        delta = max(delta, -lam)
        new_b = b + b0 + b1 * delta
        if attempt == 0 and nonneg and new_b < 0:
            free = False
            continue
        break
    return lam + delta, new_b
