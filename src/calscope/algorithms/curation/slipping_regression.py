"""A logistic regression of decisions of which a few are slips, with all that is unknown of it integrated out.

A decision follows the regression, and is its opposite with a small probability, the slip (label noise; Frénay &
Verleysen 2014, IEEE Trans. Neural Netw. Learn. Syst. 25:845). Without that one slip pulls the coefficients far. The
coefficients have a normal prior, of which it is unknown how wide it should be here. A grid of slips and widths stands
for both; at each of its points the posterior of the coefficients is taken as normal around its mode, and the points are
weighted by how well they explain the decisions (Laplace's approximation; MacKay 1992, Neural Computation 4:720). So a
person who decides as expected narrows the prior, and one who never slips is taken for careful, the more the longer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from calscope.algorithms.curation.likely_start import Start

Floats = NDArray[np.float64]
_MOST_STEPS, _MOST_HALVINGS = 50, 12
_SMALL = 1e-12
_ROUNDING = 1e-9
"""What losses may differ by where they are the same: without it steps at the mode were halved for nothing."""


@dataclass(frozen=True)
class Grid:
    """What may hold: G points, each a width of the prior and a probability of slips."""

    variance: Floats
    """(G,) factor on the prior's covariance."""
    slip: Floats
    """(G,) below 0.5."""
    weight: Floats
    """(G,) how likely before any decision; they add up to 1."""


@dataclass(frozen=True)
class Posterior:
    """What holds after the decisions: a normal distribution at each point of the grid."""

    mode: Floats
    """(G, D) coefficients."""
    root: Floats
    """(G, D, D) lower Cholesky factors of the precision."""
    weight: Floats
    """(G,) they add up to 1."""

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Give n coefficients, (n, D)."""
        at = np.searchsorted(np.cumsum(self.weight), (np.arange(n) + 0.5) / n).clip(max=len(self.weight) - 1)
        normal = rng.standard_normal((n, self.mode.shape[1], 1))
        off = np.linalg.solve(self.root.transpose(0, 2, 1)[at], normal)[..., 0]
        return np.asarray(self.mode[at] + off)


def chance(X: Floats, coefficients: Floats, slip: Floats) -> Floats:
    """Give the probability of a 1, (N, G), of N rows under G coefficients (G, D) and slips (G,)."""
    return np.asarray(slip + (1 - 2 * slip) * expit(X @ coefficients.T))


def posterior(X: Floats, y: Floats, start: Start, grid: Grid) -> Posterior:
    """Give what the decisions y (N,), each 0 or 1, on rows X (N, D) tell of the coefficients."""
    fit = _Fit(X, y, start, grid)
    mode = fit.mode()
    _, curvature = fit.slope(mode)
    evidence = np.log(grid.weight) - fit.loss(mode) + (fit.log_determinant - np.linalg.slogdet(curvature)[1]) / 2
    weight = np.exp(evidence - evidence.max())
    return Posterior(mode, np.asarray(np.linalg.cholesky(curvature), np.float64), weight / weight.sum())


class _Fit:
    """The modes at all points of a grid at once."""

    def __init__(self, X: Floats, y: Floats, start: Start, grid: Grid) -> None:
        self._X, self._y, self._slip, self._mean = X, y[:, None], grid.slip, start.mean
        self._precision = np.linalg.inv(start.covariance) / grid.variance[:, None, None]
        self.log_determinant = np.linalg.slogdet(self._precision)[1]

    def loss(self, b: Floats) -> Floats:
        """Give the negative logarithm of likelihood and prior, (G,), but for a constant."""
        p, off = np.clip(chance(self._X, b, self._slip), _SMALL, 1 - _SMALL), b - self._mean
        fits = np.where(self._y > 0, np.log(p), np.log1p(-p)).sum(axis=0)
        return np.asarray(np.einsum("gi,gij,gj->g", off, self._precision, off) / 2 - fits)

    def slope(self, b: Floats) -> tuple[Floats, Floats]:
        """Give the gradient (G, D), and Fisher's information with the prior's precision (G, D, D)."""
        smooth = expit(self._X @ b.T)
        p = np.clip(chance(self._X, b, self._slip), _SMALL, 1 - _SMALL)
        rise, spread = (1 - 2 * self._slip) * smooth * (1 - smooth), p * (1 - p)
        gradient = ((p - self._y) * rise / spread).T @ self._X
        gradient = gradient + np.einsum("gij,gj->gi", self._precision, b - self._mean)
        information = np.einsum("ng,ni,nj->gij", rise**2 / spread, self._X, self._X, optimize=True)
        return gradient, information + self._precision

    def mode(self) -> Floats:
        """Find the modes by Fisher's scoring; a step that does not help is halved."""
        b = np.repeat(self._mean[None], len(self._slip), axis=0)
        loss = self.loss(b)
        for _ in range(_MOST_STEPS if len(self._y) else 0):
            gradient, information = self.slope(b)
            step = np.asarray(np.linalg.solve(information, gradient[..., None])[..., 0], np.float64)
            before = loss
            b, loss = self._stepped(b, step, loss)
            if (before - loss).max() < 1e-6:
                break
        return b

    def _stepped(self, b: Floats, step: Floats, loss: Floats) -> tuple[Floats, Floats]:
        length = np.ones(len(b))
        for _ in range(_MOST_HALVINGS):
            found = self.loss(b - length[:, None] * step)
            worse = found > loss + _ROUNDING
            if not worse.any():
                break
            length[worse] /= 2
        better = found <= loss + _ROUNDING
        return np.where(better[:, None], b - length[:, None] * step, b), np.where(better, found, loss)
