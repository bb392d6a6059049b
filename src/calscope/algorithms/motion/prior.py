"""The most probable motion, given what every frame says and what all of them together say about how this tissue moves.

The coefficients of a frame's field are taken as Gaussian around their mean. Their covariance is learned from the movie
itself by expectation maximisation (Dempster et al., 1977, J. R. Stat. Soc. B 39:1): which deformations happen, and how
large they are. In the directions in which evidence and covariance are both diagonal, each direction is then a series in
time of its own with known noise, and a Wiener filter made from its own spectrum smooths it: one that the picture shows
clearly passes untouched, jumps and all; one that is mostly noise is averaged over as many frames as it is slow.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from calscope.algorithms.motion.evidence import flatten, unflatten
from calscope.algorithms.motion.grid import ShiftField
from calscope.model.movie import FloatArray, chunks

ITERATIONS = 12
MORE_ITERATIONS = 4
"""Where the covariance is known nearly."""
SERIES = 8
"""Series filtered together."""
NOISE_FRAMES = 4096
"""Frames that the noise is estimated from; more would only take memory."""
NEGLIGIBLE = 1e-2
"""Shapes of the field that are expected to take a smaller share of the mean variance are left out: learning would never
find more of them, since it goes on from what is expected."""
FRAMES = 512
"""Frames that are looked at together where nothing but a sum or a few numbers of each are kept."""
MEMORY_FRAMES = 64
"""Lags after which motion is taken to have forgotten itself when its spectrum is estimated."""
MIN_FRAMES = 32
"""With fewer no spectrum is estimated and frames stand for themselves."""

FloatArray64 = NDArray[np.float64]


@dataclass(frozen=True)
class SmoothShapes:
    """What a field is expected to be a sum of: the whole frame moves, and near places move alike."""

    vectors: FloatArray64
    """(2*Ky*Kx, r)."""
    variances: FloatArray64
    """(r,) relative to each other."""
    field: tuple[int, int]
    """Ky, Kx."""


@dataclass(frozen=True)
class Fields:
    """Fields of all frames as sums of smooth shapes, worked out for those that are asked for."""

    amounts: FloatArray
    """(T, r) of each shape, px."""
    mean: FloatArray64
    """(2*Ky*Kx,)."""
    shapes: SmoothShapes

    def __getitem__(self, frames: slice) -> FloatArray:
        """Coefficients of some frames, (n, Ky, Kx, 2) px."""
        return unflatten(self.amounts[frames] @ self.shapes.vectors.T + self.mean, self.shapes.field)


@dataclass(frozen=True)
class MotionPrior:
    """What a movie has shown about how its tissue moves."""

    covariance: FloatArray64
    """(r, r) px², of the field's smooth shapes over the frames."""
    noise: float
    """How much larger the variance of the evidence is than its information says."""


def estimate_map_fields(
    evidence: FloatArray,
    information: FloatArray64,
    *,
    first: FloatArray,
    shapes: SmoothShapes,
    in_time: bool,
    known: MotionPrior | None = None,
    bridge: Callable[[FloatArray], FloatArray] | None = None,
    workers: int = 1,
) -> tuple[Fields, MotionPrior]:
    """Estimate the fields of all frames.

    Parameters
    ----------
    evidence
        (T, r) float32, the evidence of consecutive frames from `Evidence.combine`, times the shapes.
    information
        (2*Ky*Kx, 2*Ky*Kx).
    first
        (T, Ky, Kx, 2) px, a first estimate; only its mean, and how much it varies, are used, as a beginning.
    shapes
        From `smooth_shapes`.
    in_time
        Whether the frames follow each other, so that they may be smoothed in time.
    known
        What other frames of the movie, or an earlier look at these, have shown: learning goes on from there.
    bridge
        Replaces the values (T, r) of frames that show nothing; none does where it isn't given.
    workers
        Threads.

    Returns
    -------
    fields
        Of every frame.
    prior
        What was learned.
    """
    mean, variance = _mean_and_variance(first)
    expected = shapes.variances
    own = information @ shapes.vectors
    known_of_shapes = shapes.vectors.T @ own
    evidence = evidence - (mean @ own).astype(np.float32)
    if bridge is not None:
        evidence = bridge(evidence)
    # what the first estimate got wrong in every frame alike; a fault of 1 px is expected, and all frames tell of it
    shared = np.linalg.solve(
        known_of_shapes + np.diag(1 / expected) / len(evidence), evidence.mean(axis=0, dtype=np.float64)
    )
    evidence -= (known_of_shapes @ shared).astype(np.float32)
    mean += shapes.vectors @ shared
    prior = _learn(evidence, known_of_shapes, np.diag(expected * max(variance, 1e-4)), known, in_time=in_time)
    return Fields(_estimate(evidence, known_of_shapes, prior, in_time=in_time, workers=workers), mean, shapes), prior


def _mean_and_variance(first: FloatArray) -> tuple[FloatArray64, float]:
    """Mean of fields over the frames, flat, and how much their coefficients vary about it, px²."""
    mean = flatten(first.mean(axis=0, dtype=np.float64)[None])[0]
    squares = [((flatten(first[a:b]) - mean) ** 2).sum() for a, b in chunks(len(first), FRAMES)]
    return mean, float(sum(squares)) / first.size


def smooth_shapes(field: ShiftField, reach_px: tuple[float, float]) -> SmoothShapes:
    """Make the shapes of a field whose shifts are expected to be alike over a distance (y, x), px."""
    y, x = (nodes.astype(np.float64) / far for nodes, far in zip((field.nodes_y, field.nodes_x), reach_px, strict=True))
    along_y = np.exp(-((y[:, None] - y) ** 2) / 2)
    along_x = np.exp(-((x[:, None] - x) ** 2) / 2)
    values, vectors = np.linalg.eigh(0.8 + 0.5 * np.kron(along_y, along_x))
    kept = values > NEGLIGIBLE * values.mean()
    return SmoothShapes(np.kron(np.eye(2), vectors[:, kept]), np.tile(values[kept], 2), field.shape)


def _learn(
    evidence: FloatArray,
    information: FloatArray64,
    expected: FloatArray64,
    known: MotionPrior | None,
    *,
    in_time: bool,
) -> MotionPrior:
    """Learn the covariance of the coefficients and how much larger the noise is than the information says."""
    n = len(evidence)
    moments = np.zeros(information.shape)
    for a, b in chunks(n, FRAMES):
        some = evidence[a:b].astype(np.float64)
        moments += some.T @ some
    if known is not None and known.noise > 1:
        scaled = moments / known.noise**2
        start = known.covariance
        return MotionPrior(
            _maximise(scaled, n, information / known.noise, expected, start, MORE_ITERATIONS), known.noise
        )
    start, iterations = (expected, ITERATIONS) if known is None else (known.covariance, MORE_ITERATIONS)
    covariance = _maximise(moments, n, information, expected, start, iterations)
    # noise is estimated from what doesn't last from frame to frame: frames must follow each other
    noise = max(1.0, _noise_factor(evidence, information, covariance)) if in_time else 1.0
    if noise > 1:
        covariance = _maximise(moments / noise**2, n, information / noise, expected, covariance, MORE_ITERATIONS)
    return MotionPrior(covariance, noise)


def _maximise(  # noqa: PLR0917
    moments: FloatArray64,
    n: int,
    information: FloatArray64,
    expected: FloatArray64,
    start: FloatArray64,
    iterations: int,
) -> FloatArray64:
    """Maximise expectations in turns; `expected` has the weight of as many frames as there are coefficients."""
    covariance = start
    weight = len(expected)
    unit = np.eye(len(expected))
    for _ in range(iterations):
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


def _noise_factor(evidence: FloatArray, information: FloatArray64, covariance: FloatArray64) -> float:
    """Compare the variance that doesn't last from frame to frame with the noise expected, where noise prevails."""
    directions, precision = _directions(information, covariance)
    noisy = (precision > 0.3) & (precision < 30)
    if noisy.sum() < 4 or len(evidence) < MIN_FRAMES:
        return 1.0
    series = (evidence[:NOISE_FRAMES] @ directions[:, noisy]) / precision[noisy]
    series -= series.mean(axis=0)
    c0, c1, c2 = ((series[lag:] * series[: len(series) - lag]).mean(axis=0) for lag in range(3))
    # what lasts, drawn back to lag 0 by the parabola through lags 1 and 2 that is flat at 0
    return float(np.median((c0 - (4 * c1 - c2) / 3) * precision[noisy]))


def _estimate(
    evidence: FloatArray, information: FloatArray64, prior: MotionPrior, *, in_time: bool, workers: int
) -> FloatArray:
    """Amounts of the shapes in each frame, (T, r)."""
    directions, precision = _directions(information / prior.noise, prior.covariance)
    known = precision > 1e-3
    directions, precision = directions[:, known], precision[known]
    if not in_time or len(evidence) < MIN_FRAMES:
        return np.asarray(((evidence @ directions) / (prior.noise * (1 + precision))) @ directions.T, np.float32)

    def filtered(few: slice) -> FloatArray:
        series = evidence @ (directions[:, few] / (prior.noise * precision[few])).astype(np.float32)
        return _wiener(series.astype(np.float64), 1 / precision[few]).astype(np.float32)

    parts = [slice(k, k + SERIES) for k in range(0, len(precision), SERIES)]
    out = np.zeros_like(evidence)
    back = np.ascontiguousarray(directions.T, np.float32)
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="series") as pool:
        for begin in range(0, len(parts), workers):
            some = parts[begin : begin + workers]
            for few, series in zip(some, pool.map(filtered, some), strict=True):
                for a, b in chunks(len(out), FRAMES):
                    out[a:b] += series[a:b] @ back[few]
    return out


def _wiener(series: FloatArray64, noise: FloatArray64) -> FloatArray64:
    """Filter series (T, n) with white noise of known variance (n,) by the spectrum that each shows above it."""
    n = len(series)
    mean = series.mean(axis=0)
    centred = (series - mean).T.copy()
    lags = min(n - 1, MEMORY_FRAMES)
    covariance = np.stack([np.einsum("kt,kt->k", centred[:, k:], centred[:, : n - k]) / n for k in range(lags)], axis=1)
    covariance[:, 0] = np.maximum(covariance[:, 0] - noise, 0)
    covariance *= 0.5 + 0.5 * np.cos(np.pi * np.arange(lags) / lags)
    spectrum = _spectrum(covariance, n)
    gain = spectrum / (spectrum + noise[:, None])
    # the cosine transform is that of the series followed by its mirror image
    return np.asarray(scipy.fft.idct(scipy.fft.dct(centred, axis=1) * gain, axis=1).T + mean)


def _spectrum(covariance: FloatArray64, n: int) -> FloatArray64:
    """Spectrum at the frequencies of a cosine transform of length n, from covariances (k, lags); never negative."""
    padded = np.zeros((len(covariance), 2 * n))
    padded[:, : covariance.shape[1]] = covariance
    return np.maximum(2 * scipy.fft.rfft(padded, axis=1).real[:, :n] - covariance[:, :1], 0)
