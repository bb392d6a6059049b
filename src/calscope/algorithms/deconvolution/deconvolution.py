"""Deconvolution of one trace into baseline, calcium and spikes, for a model of any order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.cnmf.noise import trace_noise
from calscope.algorithms.deconvolution.autoregression import coefficients
from calscope.algorithms.deconvolution.interior_point import deconvolve_ar2
from calscope.algorithms.deconvolution.noise_constraint import Deconvolved
from calscope.algorithms.deconvolution.oasis import deconvolve_ar1


@dataclass(frozen=True)
class TraceModel:
    """Everything that deconvolution finds in one trace."""

    c: NDArray[np.float32]
    s: NDArray[np.float32]
    baseline: float
    c1: float
    g: NDArray[np.float64]
    noise: float


def model_trace(trace: NDArray, *, p: int, nonneg_baseline: bool, noise: float | None = None) -> TraceModel:
    """Denoise and deconvolve one trace.

    Parameters
    ----------
    trace
        (T,) raw, finite.
    p
        Order of the autoregressive model; 0 only clips the trace at zero and leaves the activity empty.
    nonneg_baseline
        Keep the baseline at 0 or above.
    noise
        Standard deviation of the trace's white noise, where it is known already.
    """
    if noise is None:
        noise = float(trace_noise(trace[None])[0])
    if p == 0 or not np.any(trace != trace[0]) or noise <= 0:
        c = np.maximum(trace, 0).astype(np.float32)
        return TraceModel(c, np.zeros_like(c), 0.0, float(c[0]), np.zeros(p), noise)
    g = coefficients(trace, p, noise)
    found = _deconvolve(trace, g, noise, nonneg_baseline)
    return TraceModel(found.c.astype(np.float32), found.s.astype(np.float32), found.baseline, found.c1, g, noise)


def _deconvolve(trace: NDArray, g: NDArray, noise: float, nonneg_baseline: bool) -> Deconvolved:  # noqa: FBT001
    if g.size == 2:
        return deconvolve_ar2(trace, g, noise, nonneg_baseline=nonneg_baseline)
    return deconvolve_ar1(trace, float(g[0]), noise, nonneg_baseline=nonneg_baseline)
