"""Deconvolution of AR(p) calcium by an interior-point method, for the orders that OASIS doesn't solve exactly.

The problem is that of `oasis`. With the spikes s = G c banded in the calcium c, each Newton step of a primal-dual
method is a banded system, solved in time linear in the number of frames (Vogelstein et al. 2010, J Neurophysiol). Each
step is first tried without centring, which tells how much of it is needed, and what its second order is (Mehrotra 1992,
SIAM J Optim 2:575). Penalty and baseline follow from how the solution moves with them, by the same factors.
"""

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.deconvolution.noise_constraint import Deconvolved, first_baseline, step, without_activity
from calscope.compiled import kernel

NEWTON_STEPS = 60
OUTER_ROUNDS = 25
GAP = 1e-10
EXACT = 1e-7
"""Where the conditions of the solution hold to this share of the trace's size, rounding forbids more."""
TINY = 1e-11
"""Activity never gets smaller, or the banded system would lose its digits; the gap is counted above it."""
NEARLY = 0.995
"""Share of the way to 0 that a step goes at most."""
SMALLEST_SPIKE = 1e-4
"""Activity below this share of the noise is what the method leaves instead of zeros."""


def deconvolve_ar2(trace: NDArray, g: NDArray, noise: float, *, nonneg_baseline: bool) -> Deconvolved:
    """Deconvolve one trace.

    Parameters
    ----------
    trace
        (T,) finite.
    g
        (2,) coefficients, of real roots in (0, 1).
    noise
        Standard deviation of the trace's white noise, above 0.
    nonneg_baseline
        Keep the baseline at 0 or above.
    """
    if (silent := without_activity(np.asarray(trace, np.float64), noise, nonneg=nonneg_baseline)) is not None:
        return silent
    y = np.ascontiguousarray(trace, np.float64) / noise
    start = first_baseline(y, nonneg=nonneg_baseline)
    c, s, baseline, penalty = _constrained(y, float(g[0]), float(g[1]), start, nonneg_baseline)
    s[s < SMALLEST_SPIKE] = 0.0
    s[0] = 0.0
    return Deconvolved(c * noise, s * noise, baseline * noise, float(c[0]) * noise, penalty * noise)


@kernel
def _constrained(
    y: NDArray,
    g1: float,
    g2: float,
    b: float,
    nonneg: bool,  # noqa: FBT001
) -> tuple[NDArray, NDArray, float, float]:
    n = y.size
    s, z = np.ones(n), np.ones(n)
    c, dc, db = np.empty(n), np.empty(n), np.empty(n)
    factors = np.empty((3, n))
    ones = _spread_back(np.ones(n), g1, g2)
    lam = 0.1
    for _ in range(OUTER_ROUNDS):
        _solve(y, g1, g2, b, lam, s, z, c, factors, ones)
        for t in range(n):
            dc[t], db[t] = -ones[t], -1.0
        _back_substitute(factors, dc)
        _back_substitute(factors, db)
        new_lam, new_b = step(y, c, dc, db, lam, b, float(n), nonneg)
        moved = abs(new_lam - lam) + abs(new_b - b)
        lam, b = new_lam, new_b
        if moved < 1e-7 * (1.0 + lam + abs(b)):
            break
        for t in range(n):
            s[t], z[t] = max(s[t], 1e-2), max(z[t], 1e-2)
    _solve(y, g1, g2, b, lam, s, z, c, factors, ones)
    return c, s, b, lam


@kernel
def _solve(  # noqa: PLR0917 - kernels take no keywords
    y: NDArray,
    g1: float,
    g2: float,
    b: float,
    lam: float,
    s: NDArray,
    z: NDArray,
    c: NDArray,
    factors: NDArray,
    ones: NDArray,
) -> None:
    """Minimise |y - b - c|²/2 + lam sum(s) over s >= 0; s and z hold the start, and the solution afterwards."""
    n = y.size
    weight, rest, target, ds, dz = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    size = 1.0
    for t in range(n):
        size = max(size, abs(y[t] - b))
    for _ in range(NEWTON_STEPS):
        _filter(s, g1, g2, c)
        gap, above = 0.0, 0.0
        for t in range(n):
            gap += s[t] * z[t]
            above += (s[t] - TINY) * z[t]
        gap, above = gap / n, above / n
        error = _spread_back(z, g1, g2)
        worst = 0.0
        for t in range(n):
            rest[t] = y[t] - b - c[t] - lam * ones[t]
            worst = max(worst, abs(rest[t] + error[t]))
            weight[t] = z[t] / s[t]
        _factorise(weight, g1, g2, factors)
        if above < GAP and (worst < EXACT * size or above < 1e-4 * GAP):
            return
        target[:] = 0.0
        length = _direction(s, z, target, rest, g1, g2, factors, ds, dz)
        straight = 0.0
        for t in range(n):
            straight += (s[t] + length * ds[t]) * (z[t] + length * dz[t])
        mu = (straight / n / gap) ** 3 * gap
        for t in range(n):
            target[t] = mu - ds[t] * dz[t]
        length = _direction(s, z, target, rest, g1, g2, factors, ds, dz)
        for t in range(n):
            s[t] = max(s[t] + length * ds[t], TINY)
            z[t] += length * dz[t]


@kernel
def _direction(  # noqa: PLR0917 - kernels take no keywords
    s: NDArray,
    z: NDArray,
    target: NDArray,
    rest: NDArray,
    g1: float,
    g2: float,
    factors: NDArray,
    ds: NDArray,
    dz: NDArray,
) -> float:
    """Write the step towards s z = target into ds and dz; give how far of it s and z stay above 0, at most 1."""
    n = s.size
    move = _spread_back(target / s, g1, g2)
    for t in range(n):
        move[t] += rest[t]
    _back_substitute(factors, move)
    length = 1.0
    for t in range(n):
        ds[t] = move[t]
        if t > 0:
            ds[t] -= g1 * move[t - 1]
        if t > 1:
            ds[t] -= g2 * move[t - 2]
        dz[t] = (target[t] - z[t] * ds[t]) / s[t] - z[t]
        if ds[t] < 0:
            length = min(length, -NEARLY * s[t] / ds[t])
        if dz[t] < 0:
            length = min(length, -NEARLY * z[t] / dz[t])
    return length


@kernel
def _filter(s: NDArray, g1: float, g2: float, c: NDArray) -> None:
    """Calcium of the spikes: c = G⁻¹ s."""
    for t in range(s.size):
        c[t] = s[t]
        if t > 0:
            c[t] += g1 * c[t - 1]
        if t > 1:
            c[t] += g2 * c[t - 2]


@kernel
def _spread_back(x: NDArray, g1: float, g2: float) -> NDArray:
    """Gᵀ x."""
    n = x.size
    out = np.empty(n)
    for t in range(n):
        out[t] = x[t]
        if t + 1 < n:
            out[t] -= g1 * x[t + 1]
        if t + 2 < n:
            out[t] -= g2 * x[t + 2]
    return out


@kernel
def _factorise(weight: NDArray, g1: float, g2: float, factors: NDArray) -> None:
    """Factors L D Lᵀ of 1 + Gᵀ diag(weight) G: the inverse of D, and the two diagonals below that of L."""
    n = weight.size
    d1, d2, e1, h1, h2 = 0.0, 0.0, 0.0, 0.0, 0.0  # of the one and the two frames before
    for t in range(n):
        w0 = weight[t]
        w1 = weight[t + 1] if t + 1 < n else 0.0
        w2 = weight[t + 2] if t + 2 < n else 0.0
        main = 1.0 + w0 + g1 * g1 * w1 + g2 * g2 * w2 - e1 * e1 * d1 - h2 * h2 * d2
        # At least 1 but for rounding: the matrix is the unit matrix plus a positive one.
        d0 = max(main, 1.0)
        inverse = 1.0 / d0
        e0 = (g1 * (g2 * w2 - w1) - h1 * e1 * d1) * inverse
        h0 = -g2 * w2 * inverse
        factors[0, t], factors[1, t], factors[2, t] = inverse, e0, h0
        d1, d2, e1, h1, h2 = d0, d1, e0, h0, h1


@kernel
def _back_substitute(factors: NDArray, x: NDArray) -> None:
    """Solve in place with the factors."""
    n = x.size
    for t in range(1, n):
        x[t] -= factors[1, t - 1] * x[t - 1]
        if t > 1:
            x[t] -= factors[2, t - 2] * x[t - 2]
    for t in range(n):
        x[t] *= factors[0, t]
    for t in range(n - 2, -1, -1):
        x[t] -= factors[1, t] * x[t + 1]
        if t + 2 < n:
            x[t] -= factors[2, t] * x[t + 2]
