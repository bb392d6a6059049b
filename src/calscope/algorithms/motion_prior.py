"""The most probable motion, given what every frame says and what all of them together say about how this tissue moves.

The coefficients of a frame's field are taken as Gaussian around their mean. Their covariance is learned from the movie
itself by expectation maximisation (Dempster et al., 1977, J. R. Stat. Soc. B 39:1): which deformations happen, and how
large they are. In the directions in which evidence and covariance are both diagonal, each direction is then a series in
time of its own with known noise, and a Wiener filter made from its own spectrum smooths it: one that the picture shows
clearly passes untouched, jumps and all; one that is mostly noise is averaged over as many frames as it is slow.
"""

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.motion_evidence import flatten, unflatten
from calscope.algorithms.motion_grid import ShiftField
from calscope.model.movie import FloatArray

ITERATIONS = 12
MEMORY_FRAMES = 64
"""Lags after which motion is taken to have forgotten itself when its spectrum is estimated."""
MIN_FRAMES = 32
"""With fewer no spectrum is estimated and frames stand for themselves."""

FloatArray64 = NDArray[np.float64]


def most_probable(
    evidence: FloatArray,
    information: FloatArray64,
    *,
    first: FloatArray,
    field: ShiftField,
    reach_px: tuple[float, float],
    in_time: bool,
) -> FloatArray:
    """Estimate the coefficients of all frames.

    Parameters
    ----------
    evidence
        (T, 2*Ky*Kx) from `Evidence.read`, at consecutive frames.
    information
        (2*Ky*Kx, 2*Ky*Kx).
    first
        (T, Ky, Kx, 2) px, a first estimate; only how much it varies is used, as a beginning.
    field
        The field that the coefficients are of.
    reach_px
        Distance (y, x) over which shifts are expected to be alike before the movie has said so.
    in_time
        Whether the frames follow each other, so that they may be smoothed in time.

    Returns
    -------
    FloatArray
        (T, Ky, Kx, 2) px.
    """
    expected = _expected(field, reach_px) * max(float(flatten(first).var(axis=0).mean()), 1e-4)
    mean = flatten(first).mean(axis=0)
    shifted = evidence.astype(np.float64) - mean @ information
    covariance, noise = _learn(shifted, information, expected)
    estimate = _estimate(shifted, information / noise, covariance, 1 / noise, in_time=in_time)
    return unflatten(estimate + mean, field.shape)


def _expected(field: ShiftField, reach_px: tuple[float, float]) -> FloatArray64:
    """Covariance of shifts, relative to their variance: the whole frame moves, and near places move alike."""
    y, x = (nodes.astype(np.float64) / far for nodes, far in zip((field.nodes_y, field.nodes_x), reach_px, strict=True))
    along_y = np.exp(-((y[:, None] - y) ** 2) / 2)
    along_x = np.exp(-((x[:, None] - x) ** 2) / 2)
    alike = np.kron(along_y, along_x)
    one = 0.8 + 0.5 * alike
    return np.kron(np.eye(2), one)


def _learn(evidence: FloatArray64, information: FloatArray64, expected: FloatArray64) -> tuple[FloatArray64, float]:
    """Learn the covariance of the coefficients and how much larger the noise is than the information says."""
    moments = evidence.T @ evidence
    covariance = _maximise(moments, len(evidence), information, expected)
    noise = max(1.0, _noise_factor(evidence, information, covariance))
    if noise > 1:
        covariance = _maximise(moments / noise**2, len(evidence), information / noise, expected)
    return covariance, noise


def _maximise(moments: FloatArray64, n: int, information: FloatArray64, expected: FloatArray64) -> FloatArray64:
    """Maximise expectations in turns; `expected` has the weight of as many frames as there are coefficients."""
    covariance = expected
    weight = len(expected)
    unit = np.eye(len(expected))
    for _ in range(ITERATIONS):
        posterior = np.linalg.solve(unit + covariance @ information, covariance)
        posterior = (posterior + posterior.T) / 2
        covariance = (n * posterior + posterior @ moments @ posterior + weight * expected) / (n + weight)
    return (covariance + covariance.T) / 2


def _directions(information: FloatArray64, covariance: FloatArray64) -> tuple[FloatArray64, FloatArray64]:
    """Directions (columns) of unit prior variance along which the information is diagonal, and its diagonal."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    precision, turned = np.linalg.eigh(root.T @ information @ root)
    return root @ turned, np.maximum(precision, 0)


def _noise_factor(evidence: FloatArray64, information: FloatArray64, covariance: FloatArray64) -> float:
    """Compare the variance that doesn't last from frame to frame with the noise expected, where noise prevails."""
    directions, precision = _directions(information, covariance)
    noisy = (precision > 0.3) & (precision < 30)
    if noisy.sum() < 4 or len(evidence) < MIN_FRAMES:
        return 1.0
    series = (evidence @ directions[:, noisy]) / precision[noisy]
    series -= series.mean(axis=0)
    c0, c1, c2 = ((series[lag:] * series[: len(series) - lag]).mean(axis=0) for lag in range(3))
    # what lasts, drawn back to lag 0 by the parabola through lags 1 and 2 that is flat at 0
    return float(np.median((c0 - (4 * c1 - c2) / 3) * precision[noisy]))


def _estimate(
    evidence: FloatArray64,
    information: FloatArray64,
    covariance: FloatArray64,
    scale: float,
    *,
    in_time: bool,
) -> FloatArray64:
    directions, precision = _directions(information, covariance)
    known = precision > 1e-3
    directions, precision = directions[:, known], precision[known]
    series = (evidence @ directions) * scale
    if not in_time or len(evidence) < MIN_FRAMES:
        return (series / (1 + precision)) @ directions.T
    out = np.zeros_like(evidence)
    for begin in range(0, len(precision), 16):
        part = slice(begin, begin + 16)
        out += _wiener(series[:, part] / precision[part], 1 / precision[part]) @ directions[:, part].T
    return out


def _wiener(series: FloatArray64, noise: FloatArray64) -> FloatArray64:
    """Filter series (T, n) with white noise of known variance (n,) by the spectrum that each shows above it."""
    n = len(series)
    mean = series.mean(axis=0)
    centred = series - mean
    lags = min(n - 1, MEMORY_FRAMES)
    covariance = np.stack([(centred[k:] * centred[: n - k]).sum(axis=0) / n for k in range(lags)])
    covariance[0] = np.maximum(covariance[0] - noise, 0)
    covariance *= (0.5 + 0.5 * np.cos(np.pi * np.arange(lags) / lags))[:, None]
    mirrored = np.concatenate([centred, centred[::-1]])
    spectrum = _spectrum(covariance, 2 * n)
    gain = spectrum / (spectrum + noise)
    return np.fft.irfft(np.fft.rfft(mirrored, axis=0) * gain, 2 * n, axis=0)[:n] + mean


def _spectrum(covariance: FloatArray64, n: int) -> FloatArray64:
    """Spectrum at the frequencies of a real transform of length n, from covariances at few lags; never negative."""
    padded = np.zeros((n, covariance.shape[1]))
    padded[: len(covariance)] = covariance
    return np.maximum(2 * np.fft.rfft(padded, axis=0).real - covariance[0], 0)
