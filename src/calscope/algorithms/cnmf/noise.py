"""Noise of pixels and of traces, from the upper half of their power spectrum, where calcium has none.

Pnevmatikakis et al. 2016, section "Estimation of noise".
"""

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from calscope.algorithms.cnmf.pixel_stream import PixelChunk
from calscope.algorithms.threads import WorkerPool
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, Movie, chunks

PIXELS_AT_ONCE = 2048
TAPS = np.array([-0.61135, 0.13631, -0.03224, 0.00728], np.float32)
"""Half-band high-pass filter of 15 taps (a windowed sinc): 1 in the middle, these at the distances 1, 3, 5 and 7, 0
between; they sum up to 0."""
REACH = 2 * TAPS.size - 1
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


class NoiseMeter:
    """Measures the white noise of every pixel from chunks of frames.

    The mean power above a quarter of the frame rate is that of the movie after a filter which lets just that half of
    the spectrum pass; with few taps it costs a twentieth of a spectrum.
    """

    def __init__(self, movie: Movie, pool: WorkerPool) -> None:
        self.scale, self.pool = movie.scale, pool
        self.power = np.zeros(movie.shape[1] * movie.shape[2])
        self.frames = 0

    def add(self, chunk: PixelChunk) -> None:
        """Add a chunk of frames; one too short for the filter counts only when it comes first."""
        n = chunk.stop - chunk.start
        if n <= 2 * REACH and self.frames:
            return

        def work(part: tuple[int, int]) -> None:
            codes, power = chunk.codes[part[0] : part[1]], self.power[part[0] : part[1]]
            if n > 2 * REACH:
                _add_filtered_power(codes, TAPS, power)
            else:
                power += n * _upper_power(codes.astype(np.float32))

        self.pool.each(work, chunks(self.power.size, PIXELS_AT_ONCE))
        self.frames += n - 2 * REACH if n > 2 * REACH else n

    def result(self) -> FloatArray:
        """Give the standard deviation of each pixel's noise, (H*W,), row order."""
        return (np.sqrt(self.power / max(1, self.frames)) * self.scale).astype(np.float32)


@kernel
def _add_filtered_power(codes: NDArray, taps: NDArray, power: NDArray) -> None:
    """Add each pixel's power after the symmetric filter with 1 in the middle and `taps` at the odd distances."""
    n = codes.shape[1]
    reach = 2 * taps.size - 1
    middle, out = np.empty(n, np.float32), np.empty(n - 2 * reach, np.float32)
    norm = np.float32(1) + np.float32(2) * (taps * taps).sum()
    for p in range(codes.shape[0]):
        pixel = codes[p]
        level = np.float32(pixel[0])
        for t in range(n):
            middle[t] = np.float32(pixel[t]) - level
        out[:] = middle[reach : n - reach]
        for i in range(taps.size):
            distance = 2 * i + 1
            before, after = middle[reach - distance :], middle[reach + distance :]
            for t in range(out.size):
                out[t] += taps[i] * (before[t] + after[t])
        total = np.float32(0)
        for t in range(out.size):
            total += out[t] * out[t]
        power[p] += total / norm


def _upper_power(values: FloatArray) -> FloatArray:
    """Mean power per sample at frequencies from a quarter of the frame rate up."""
    n = values.shape[1]
    if n < 4:
        return values.var(axis=1) if n else np.zeros(len(values), np.float32)
    # Tapered, lest slow changes leak into high frequencies through the segment's ends.
    taper = _taper(n)
    values = (values - values.mean(axis=1, keepdims=True)) * taper
    spectrum = scipy.fft.rfft(values, axis=1)[:, (n + 3) // 4 :]
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power.mean(axis=1) / (taper**2).sum(), np.float32)


@lru_cache(maxsize=8)
def _taper(n: int) -> FloatArray:
    return np.hanning(n + 2)[1:-1].astype(np.float32)
