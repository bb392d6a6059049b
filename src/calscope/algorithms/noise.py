"""Noise of pixels and of traces, from the upper half of their power spectrum, where calcium has none.

Pnevmatikakis et al. 2016, section "Estimation of noise".
"""

from itertools import pairwise

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from calscope.algorithms.pixel_stream import PixelChunk, pixel_chunks
from calscope.algorithms.threads import Team
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress

SEGMENT_FRAMES = 256
PIXELS_AT_ONCE = 2048
FEWEST_FOR_MEDIAN = 50


def trace_noise(traces: NDArray) -> FloatArray:
    """Estimate the standard deviation of white noise in each trace.

    Parameters
    ----------
    traces
        (K, T).

    Returns
    -------
    (K,) float32.
    """
    values = np.asarray(traces, np.float32)
    spectral = np.sqrt(_upper_power(values))
    if values.shape[1] < FEWEST_FOR_MEDIAN:
        return spectral
    bend = np.abs(values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2])
    robust = np.median(bend, axis=1) * np.float32(1.4826 / np.sqrt(6.0))
    # Sharp onsets of bright cells have power at all frequencies; they are few, so a median doesn't mind them.
    return np.where(robust > 0, np.minimum(spectral, robust), spectral)


def pixel_noise(movie: Movie, team: Team, progress: Progress) -> FloatArray:
    """Estimate the standard deviation of white noise in each pixel, (H*W,), row order, over all segments."""
    total = np.zeros(movie.shape[1] * movie.shape[2])
    weight = 0
    for chunk in pixel_chunks(movie, team, progress, "Measuring noise"):
        segments = _segments(chunk)
        weight += sum(stop - start for start, stop in segments)

        def work(part: tuple[int, int], chunk: PixelChunk = chunk, segments: list = segments) -> None:
            codes = chunk.codes[part[0] : part[1]].astype(np.float32)
            for start, stop in segments:
                total[part[0] : part[1]] += (stop - start) * _upper_power(codes[:, start:stop])

        team.each(work, chunks(total.size, PIXELS_AT_ONCE))
    return (np.sqrt(total / max(1, weight)) * movie.scale).astype(np.float32)


def _segments(chunk: PixelChunk) -> list[tuple[int, int]]:
    n = chunk.stop - chunk.start
    count = max(1, n // SEGMENT_FRAMES)
    edges = [n * i // count for i in range(count + 1)]
    return list(pairwise(edges))


def _upper_power(values: FloatArray) -> FloatArray:
    """Mean power per sample at frequencies from a quarter of the frame rate up."""
    n = values.shape[1]
    if n < 4:
        return values.var(axis=1) if n else np.zeros(len(values), np.float32)
    # Tapered, lest slow changes leak into high frequencies through the segment's ends.
    taper = np.hanning(n + 2)[1:-1].astype(np.float32)
    values = (values - values.mean(axis=1, keepdims=True)) * taper
    spectrum = scipy.fft.rfft(values, axis=1)[:, (n + 3) // 4 :]
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power.mean(axis=1) / (taper**2).sum(), np.float32)
