"""Time constants of calcium from the autocovariance of a noisy trace (Pnevmatikakis et al. 2016)."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq, toeplitz

LAGS = 5
LARGEST_ROOT = 0.995
FALLBACK_ROOT = 0.9
"""Used where the trace tells nothing (no activity, too short)."""
SMALLEST_ROOT = 0.05
BURST_FACTOR = 1.4
"""Spikes come in bursts, which makes decays look slower than they are. On simulated bouts at 5 to 60 Hz and 0.4 to 1.5
s the slowest time constant comes out 1.3 to 2 times too long; it is divided by this."""


def coefficients(trace: NDArray, p: int, noise: float) -> NDArray[np.float64]:
    """Autoregressive coefficients g of one trace: c[t] = g1 c[t-1] + ... + gp c[t-p] + s[t].

    White noise adds to the autocovariance at lag 0 only; taken out there, the lags 1 to p + 5 obey the recursion of the
    calcium alone. Roots are kept real, in (0, 1): decays, not oscillations.

    Parameters
    ----------
    trace
        (T,).
    p
        1 or 2.
    noise
        Standard deviation of the trace's white noise.
    """
    n = trace.size
    fallback = _from_roots(np.array([FALLBACK_ROOT, SMALLEST_ROOT])[:p])
    if n < LAGS + p + 2:
        return fallback
    x = trace.astype(np.float64) - trace.mean(dtype=np.float64)
    cov = np.array([x[: n - lag] @ x[lag:] for lag in range(LAGS + p + 1)]) / n
    cov[0] = max(cov[0] - noise**2, 1e-3 * cov[0])
    if not np.isfinite(cov).all() or cov[0] <= 0 or cov[1] <= 0:
        return fallback
    lags = toeplitz(cov[: LAGS + p], cov[:p])
    g = lstsq(lags, cov[1 : LAGS + p + 1])[0]
    roots = np.roots(np.concatenate([[1.0], -g])).real
    roots = np.sort(np.clip(roots, SMALLEST_ROOT, LARGEST_ROOT))
    roots[-1] = max(SMALLEST_ROOT, roots[-1] ** BURST_FACTOR)
    return _from_roots(roots)


def _from_roots(roots: NDArray) -> NDArray[np.float64]:
    return np.asarray(-np.poly(roots)[1:], np.float64)
