"""Deconvolution of AR(1) calcium: OASIS with a noise constraint (Friedrich, Zhou & Paninski 2017, PLoS Comput Biol).

The calcium c obeys c[t] = g c[t-1] + s[t], s >= 0; sought is the sparsest s whose residual is no larger than the noise:

    minimise sum(s)   such that   |y - b - c|² <= sn² T,   s >= 0,   b >= 0 (if wished)

For a given penalty lambda the solution falls into pools, each a single decay, found in one sweep by merging pools that
would need a negative spike. Given the pools, c is linear in lambda and b, so the noise constraint and the condition on b
are a quadratic equation; solving it and sweeping again converges in a few rounds.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROUNDS = 30


class Deconvolved(NamedTuple):
    """A trace taken apart."""

    c: NDArray[np.float64]
    """(T,) calcium, without the baseline."""
    s: NDArray[np.float64]
    """(T,) activity; the first sample is 0, what was there before is in `c1`."""
    baseline: float
    c1: float
    """Calcium in the first frame."""
    penalty: float


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
    start = max(0.0, float(np.percentile(y, 15))) if nonneg_baseline else float(np.percentile(y, 15))
    c, s, baseline, penalty = _constrained(y, g, noise * noise * y.size, start, nonneg_baseline)
    return Deconvolved(c, s, baseline, float(c[0]), penalty)


@njit(nogil=True, fastmath=True, cache=True)
def _powers(g: float, n: int) -> NDArray:
    out = np.empty(n + 1)
    out[0] = 1.0
    for i in range(n):
        out[i + 1] = out[i] * g
    return out


@njit(nogil=True, fastmath=True, cache=True)
def _pool(y: NDArray, gl: NDArray, lam: float, b: float, value: NDArray, weight: NDArray, length: NDArray) -> int:
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


@njit(nogil=True, fastmath=True, cache=True)
def _calcium(gl: NDArray, pools: int, value: NDArray, length: NDArray, c: NDArray) -> None:
    t = 0
    for i in range(pools):
        v = max(value[i], 0.0)
        for j in range(length[i]):
            c[t + j] = v * gl[j]
        t += length[i]


@njit(nogil=True, fastmath=True, cache=True)
def _slopes(
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


@njit(nogil=True, fastmath=True, cache=True)
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
    c, dc, db, r0 = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    lam = 0.0
    for _ in range(ROUNDS):
        pools = _pool(y, gl, lam, b, value, weight, length)
        _calcium(gl, pools, value, length, c)
        _slopes(gl, pools, value, weight, length, dc, db)
        new_lam, new_b = _step(y, c, dc, db, r0, lam, b, allowed, nonneg)
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


@njit(nogil=True, fastmath=True, cache=True)
def _step(
    y: NDArray,
    c: NDArray,
    dc: NDArray,
    db: NDArray,
    r0: NDArray,
    lam: float,
    b: float,
    allowed: float,
    nonneg: bool,  # noqa: FBT001
) -> tuple[float, float]:
    """Penalty and baseline at which, with these pools, the residual is as large as the noise and its mean is zero."""
    free = True
    for attempt in range(2):
        # Residual as a line in lambda: r = r0 + (lam' - lam) r1, with the baseline following as b' = b0 + b1 (lam' - lam).
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
