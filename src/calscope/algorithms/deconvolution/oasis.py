"""Deconvolution of AR(1) calcium: OASIS with a noise constraint (Friedrich, Zhou & Paninski 2017, PLoS Comput Biol).

The calcium c obeys c[t] = g c[t-1] + s[t], s >= 0; sought is the sparsest s whose residual is no larger than the noise:

    minimise sum(s)   such that   |y - b - c|² <= sn² T,   s >= 0,   b >= 0 (if wished)

For a given penalty lambda the solution falls into pools, each a single decay, found in one sweep by merging pools that
would need a negative spike. Given the pools, c is linear in lambda and b, so the noise constraint and the condition on
b are a quadratic equation; solving it and sweeping again converges in a few rounds.
"""

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.deconvolution.noise_constraint import Deconvolved, first_baseline, step
from calscope.compiled import kernel

ROUNDS = 30


def deconvolve_ar1(trace: NDArray, g: float, noise: float, *, nonneg_baseline: bool) -> Deconvolved:
    """Deconvolve one trace.

    Parameters
    ----------
    trace
        (T,) finite.
    g
        Decay per frame, in (0, 1).
    noise
        Standard deviation of the trace's white noise.
    nonneg_baseline
        Keep the baseline at 0 or above.
    """
    y = np.ascontiguousarray(trace, np.float64)
    start = first_baseline(y, nonneg=nonneg_baseline)
    c, s, baseline, penalty = _constrained(y, g, noise * noise * y.size, start, nonneg_baseline)
    return Deconvolved(c, s, baseline, float(c[0]), penalty)


@kernel
def _powers(g: float, n: int) -> NDArray:
    out = np.empty(n + 1)
    out[0] = 1.0
    for i in range(n):
        out[i + 1] = out[i] * g
    return out


@kernel
def _pool(y: NDArray, gl: NDArray, lam: float, b: float, value: NDArray, weight: NDArray, length: NDArray) -> int:  # noqa: PLR0917 - kernels take no keywords
    """One sweep: give the number of pools; their first value, weight (sum of g^2j) and length are written."""
    n = y.size
    g = gl[1]
    last = -1
    for t in range(n):
        last += 1
        penalty = lam if t == n - 1 else lam * (1.0 - g)
        value[last], weight[last], length[last] = y[t] - b - penalty, 1.0, 1
        while last > 0:
            decay = gl[length[last - 1]]
            if value[last] >= value[last - 1] * decay:
                break
            total = weight[last - 1] + decay * decay * weight[last]
            value[last - 1] = (weight[last - 1] * value[last - 1] + decay * weight[last] * value[last]) / total
            weight[last - 1] = total
            length[last - 1] += length[last]
            last -= 1
    return last + 1


@kernel
def _calcium(gl: NDArray, pools: int, value: NDArray, length: NDArray, c: NDArray) -> None:
    t = 0
    for i in range(pools):
        v = max(value[i], 0.0)
        for j in range(length[i]):
            c[t + j] = v * gl[j]
        t += length[i]


@kernel
def _slopes(  # noqa: PLR0917 - kernels take no keywords
    gl: NDArray, pools: int, value: NDArray, weight: NDArray, length: NDArray, dc: NDArray, db: NDArray
) -> None:
    """How c changes with lambda (dc) and with b (db) while the pools stay as they are."""
    n = dc.size
    g = gl[1]
    t = 0
    for i in range(pools):
        m = length[i]
        by_penalty = 0.0
        by_baseline = 0.0
        if value[i] > 0:
            # A sum of g^j over the pool; its share of the penalty telescopes to 1 - g^m, and to 1 at the trace's end.
            geometric = (1.0 - gl[m]) / (1.0 - g)
            by_penalty = -(1.0 if t + m == n else 1.0 - gl[m]) / weight[i]
            by_baseline = -geometric / weight[i]
        for j in range(m):
            dc[t + j] = by_penalty * gl[j]
            db[t + j] = by_baseline * gl[j]
        t += m


@kernel
def _constrained(
    y: NDArray,
    g: float,
    allowed: float,
    b: float,
    nonneg: bool,  # noqa: FBT001
) -> tuple[NDArray, NDArray, float, float]:
    n = y.size
    gl = _powers(g, n)
    value, weight, length = np.empty(n), np.empty(n), np.empty(n, np.int64)
    c, dc, db = np.empty(n), np.empty(n), np.empty(n)
    lam = 0.0
    for _ in range(ROUNDS):
        pools = _pool(y, gl, lam, b, value, weight, length)
        _calcium(gl, pools, value, length, c)
        _slopes(gl, pools, value, weight, length, dc, db)
        new_lam, new_b = step(y, c, dc, db, lam, b, allowed, nonneg)
        moved = abs(new_lam - lam) > 1e-9 * (1e-12 + abs(lam)) or abs(new_b - b) > 1e-9 * (1e-12 + abs(b))
        lam, b = new_lam, new_b
        if not moved:
            break
    pools = _pool(y, gl, lam, b, value, weight, length)
    _calcium(gl, pools, value, length, c)
    s = np.zeros(n)
    for t in range(1, n):
        rise = c[t] - g * c[t - 1]
        if rise > 1e-9 * c[t]:
            s[t] = rise
    return c, s, b, lam
