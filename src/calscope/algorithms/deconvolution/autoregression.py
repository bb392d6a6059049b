"""Time constants of calcium from the autocovariance of a noisy trace.

White noise changes the autocovariance at lag 0 only, so the lags from 1 on are the calcium's alone (Pnevmatikakis et
al. 2016). If spikes came independently they would follow the decay of the calcium. They come in bouts, whose own slow
covariance adds to that decay and makes it look slower: fitted directly, the time constant comes out 1.2 to 1.5 times
too long on simulated bouts. Over a few time constants the share of the bouts is nearly constant, so it is fitted as a
constant beside the decay.
"""

import math

import numpy as np
from numpy.typing import NDArray

from calscope.compiled import kernel

FIRST_LAGS = 5
"""Lags from which the first guess is made."""
REACH = 3.0
"""Lags that are fitted, in time constants of the first guess (which is rather too long)."""
FEWEST_LAGS = 6
TRIED = 50
"""Time constants tried, from a quarter of the first guess to one and a half times it."""
TRIED_RISES = 12
SLOWEST_RISE = 1 / 3
"""Of the decay's time constant."""
LARGEST_ROOT = 0.995
FALLBACK_ROOT = 0.9
"""Used where the trace tells nothing (no activity, too short)."""
SMALLEST_ROOT = 0.05


def coefficients(trace: NDArray, p: int, noise: float) -> NDArray[np.float64]:
    """Autoregressive coefficients g of one trace: c[t] = g1 c[t-1] + ... + gp c[t-p] + s[t].

    Roots are real, in (0, 1): a decay, and with p = 2 a rise that is faster.

    Parameters
    ----------
    trace
        (T,).
    p
        1 or 2.
    noise
        Standard deviation of the trace's white noise; the rise shows in the lags from 0 on, from which it is taken out.
    """
    x = trace.astype(np.float64) - trace.mean(dtype=np.float64)
    decay, rise = FALLBACK_ROOT, SMALLEST_ROOT
    if x.size >= 2 * FEWEST_LAGS and np.isfinite(x).all():
        guess = _first_guess(_autocovariance(x, FIRST_LAGS + 1))
        if guess > 0:
            tau = -1.0 / math.log(guess)
            cov = _autocovariance(x, min(x.size // 4, max(FEWEST_LAGS, int(REACH * tau))))
            cov[0] -= noise**2
            decay, rise = _roots(cov, tau, p == 2)
    if p == 1:
        return np.array([decay])
    return np.array([decay + rise, -decay * rise])


@kernel
def _autocovariance(x: NDArray, n_lags: int) -> NDArray:
    """Lags 0 to `n_lags`."""
    out = np.empty(n_lags + 1)
    for lag in range(n_lags + 1):
        total = 0.0
        for t in range(x.size - lag):
            total += x[t] * x[t + lag]
        out[lag] = total / x.size
    return out


def _first_guess(cov: NDArray) -> float:
    """Give the root of the decay through lags 1 and up, 0 where there is none to see."""
    if cov[1] <= 0:
        return 0.0
    root = float(cov[2:] @ cov[1:-1] / (cov[1:-1] @ cov[1:-1]))
    return min(max(root, SMALLEST_ROOT), LARGEST_ROOT)


@kernel
def _roots(cov: NDArray, first_tau: float, with_rise: bool) -> tuple[float, float]:  # noqa: FBT001
    """Roots of decay and rise (0 without one) whose covariance comes nearest to `cov`."""
    decay, constant = _fit_decay(cov, first_tau, 0.0)
    if not with_rise:
        return decay, 0.0
    rise = _fit_rise(cov, decay, constant)
    decay, constant = _fit_decay(cov, first_tau, rise)
    return decay, _fit_rise(cov, decay, constant)


@kernel
def _fit_decay(cov: NDArray, first_tau: float, rise: float) -> tuple[float, float]:
    """Best decay from lag 1 on, and the constant under it."""
    shape = np.empty(cov.size)
    best, best_decay, best_constant = np.inf, FALLBACK_ROOT, 0.0
    for i in range(TRIED):
        tau = 0.25 * first_tau * 6.0 ** (i / (TRIED - 1))
        decay = min(max(math.exp(-1.0 / tau), SMALLEST_ROOT), LARGEST_ROOT)
        _shape(decay, min(rise, 0.9 * decay), shape)
        error, constant = _misfit(cov[1:], shape[1:], np.inf)
        if error < best:
            best, best_decay, best_constant = error, decay, constant
    return best_decay, best_constant


@kernel
def _fit_rise(cov: NDArray, decay: float, constant: float) -> float:
    """Best rise from the first lags; they are flat near 0 where the calcium takes time to come."""
    n = min(cov.size, FEWEST_LAGS)
    few, shape = cov[:n] - constant, np.empty(n)
    slowest = SLOWEST_RISE * -1.0 / math.log(decay)
    best, best_rise = np.inf, SMALLEST_ROOT
    for i in range(TRIED_RISES):
        rise = max(SMALLEST_ROOT, math.exp(-1.0 / (slowest * (i + 1) / TRIED_RISES)))
        if rise >= decay:
            break
        _shape(decay, rise, shape)
        error, _ = _misfit(few, shape, 0.0)
        if error < best:
            best, best_rise = error, rise
    return best_rise


@kernel
def _shape(decay: float, rise: float, out: NDArray) -> None:
    """Covariance of an AR(2) process of these roots, but for its scale; with rise = 0 that of AR(1)."""
    slow, fast = decay / (1.0 - decay * decay), rise / (1.0 - rise * rise)
    for k in range(out.size):
        out[k] = slow - fast
        slow *= decay
        fast *= rise


@kernel
def _misfit(cov: NDArray, shape: NDArray, most: float) -> tuple[float, float]:
    """Squares left by a non-negative multiple of `shape` on a constant of 0 to `most`; and the constant."""
    n = shape.size
    sum_s = sum_c = sum_ss = sum_sc = sum_cc = 0.0
    for k in range(n):
        s, c = shape[k], cov[k]
        sum_s += s
        sum_c += c
        sum_ss += s * s
        sum_sc += s * c
        sum_cc += c * c
    spread = sum_ss - sum_s * sum_s / n
    scale, constant = max(0.0, sum_sc / sum_ss), 0.0
    if most > 0 and spread > 0:
        tilted = max(0.0, (sum_sc - sum_s * sum_c / n) / spread)
        if sum_c > tilted * sum_s:
            scale, constant = tilted, (sum_c - tilted * sum_s) / n
    fitted = scale * scale * sum_ss + n * constant * constant + 2.0 * scale * constant * sum_s
    return sum_cc + fitted - 2.0 * (scale * sum_sc + constant * sum_c), constant
