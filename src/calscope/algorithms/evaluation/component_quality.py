"""How well each component is supported: event SNR of its trace and spatial r-value of its footprint.

Both follow the definitions of CaImAn (Giovannucci et al. 2019, eLife 8:e38173), so that thresholds chosen there keep
their meaning here.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom
from scipy.sparse import csr_matrix
from scipy.special import log_ndtr, ndtri_exp

from calscope.algorithms.evaluation.soma import measure_soma
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Progress, part, silent
from calscope.model.results import SOMA_PARTS, ComponentQuality, Components

NOISE_UNITS = 3.0
"""An excursion is measured in three standard deviations: an SNR of 2 is an event of six, held for a decay time."""
BASELINE_PERCENTILE = 8.0
PEAKS_PER_COMPONENT = 10
PEAK_THRESHOLD = 0.3
"""Height of a peak above the trace's minimum, as a share of the trace's range."""
NEIGHBOUR_OVERLAP = 0.1
"""Cosine of two footprints above which the frames of one are left out for the other."""
CHUNK_FRAMES = 256


def measure_components(
    movie: Movie,
    components: Components,
    *,
    gSig: tuple[int, int],
    fr_hz: float,
    decay_time_s: float,
    workers: int = 1,
    progress: Progress = silent,
) -> ComponentQuality:
    """Measure SNR, r-value and likeness to a soma of every component; the network's score is left open (NaN).

    Parameters
    ----------
    movie
        The motion-corrected movie.
    components
        From `cnmf.refit` (or `cnmf.fit`).
    gSig
        Half-size of a soma, px (y, x).
    fr_hz
        Frames per second.
    decay_time_s
        How long a typical transient lasts.
    workers
        Threads; the result doesn't depend on how many.
    progress
        Told how far the pass over the movie is.
    """
    cnn = np.full(components.n, np.nan, np.float32)
    if components.n == 0:
        none = np.zeros(0, np.float32)
        return ComponentQuality(snr=none, r_value=none, cnn=none, soma_parts=np.zeros((0, len(SOMA_PARTS)), np.float32))
    snr = event_snr(traces=components.raw, fr_hz=fr_hz, decay_time_s=decay_time_s)
    r_value = spatial_r(movie=movie, components=components, fr_hz=fr_hz, progress=part(progress, 0, 0.5))
    parts = measure_soma(movie, components, gSig=gSig, workers=workers, progress=part(progress, 0.5, 1))
    return ComponentQuality(snr=snr, r_value=r_value, cnn=cnn, soma_parts=parts)


def event_snr(*, traces: NDArray, fr_hz: float, decay_time_s: float) -> FloatArray:
    """Give the signal-to-noise ratio of each trace's most exceptional event.

    Noise is what lies below the trace's mode. Each sample gets the probability of being so high by noise alone; the
    least probable run of ceil(fr·decay) samples, per sample, is turned back into a Gaussian quantile.

    Parameters
    ----------
    traces
        (K, T) raw traces.

    Returns
    -------
    (K,) float32; NaN where a trace is constant or not finite.
    """
    n_samples = max(1, math.ceil(fr_hz * decay_time_s))
    out = np.full(len(traces), np.nan, np.float32)
    for k, trace in enumerate(without_baseline(np.asarray(traces, np.float32))):
        if np.isfinite(trace).all():
            out[k] = _snr_of(trace.astype(np.float64), n_samples)
    return out


def _snr_of(trace: NDArray, n_samples: int) -> float:
    z = trace - half_sample_mode(np.sort(trace))
    below = z[z < 0]
    if below.size == 0:
        return math.nan
    z /= NOISE_UNITS * math.sqrt(float(np.mean(below**2)))
    log_tail = log_ndtr(-z)
    run = np.convolve(log_tail, np.ones(n_samples))[: z.size]
    return float(-ndtri_exp(run.min() / n_samples))


def without_baseline(traces: FloatArray) -> FloatArray:
    """Take out the slow baseline: the 8th percentile of blocks of a fifth of the trace (at most 800 frames), smoothed.

    Parameters
    ----------
    traces
        (K, T).
    """
    n_frames = traces.shape[1]
    block = min(n_frames // 5, 800)
    if block < 1:
        return traces - traces.min(axis=1, keepdims=True) if n_frames else traces
    n_blocks = -(-n_frames // block)
    missing = n_blocks * block - n_frames
    before = missing // 2
    padded = np.pad(traces, ((0, 0), (before, missing - before)), mode="reflect")
    low = np.percentile(padded.reshape(len(traces), n_blocks, block), BASELINE_PERCENTILE, axis=2)
    baseline = zoom(low.astype(np.float32), (1, block), order=3, mode="constant")
    return traces - baseline[:, before : before + n_frames]


@kernel(fastmath=False)
def half_sample_mode(ordered: NDArray) -> float:
    """Mode of a sample, by keeping the narrower half again and again (Bickel & Frühwirth 2006).

    Parameters
    ----------
    ordered
        The sample in ascending order, finite.
    """
    start, n = 0, ordered.size
    while n > 3:
        half = n // 2 + n % 2
        best, width = start, np.inf
        # Of an even number, CaImAn skips the topmost half; so do we, or the SNR would differ by a third at times.
        for i in range(start, start + half):
            w = ordered[i + half - 1] - ordered[i]
            if w < width:
                best, width = i, w
        start, n = best, half
    if n == 3:
        if ordered[start + 1] - ordered[start] >= ordered[start + 2] - ordered[start + 1]:
            return ordered[start + 1]
        n = 2
    return 0.5 * (ordered[start] + ordered[start + n - 1])


def spatial_r(*, movie: Movie, components: Components, fr_hz: float, progress: Progress = silent) -> FloatArray:
    """Correlate each footprint with the mean of the movie over the component's own strongest transients.

    Returns
    -------
    (K,) float32; 0 where a component never peaks or has under three pixels.
    """
    frames = active_frames(components, fr_hz)
    height, width = components.dims
    A = components.A
    rows = [_row_order(A.indices[A.indptr[k] : A.indptr[k + 1]], height, width) for k in range(components.n)]
    sums = _sum_over_frames(movie, rows, frames, progress)
    out = np.zeros(components.n, np.float32)
    for k in range(components.n):
        weights = A.data[A.indptr[k] : A.indptr[k + 1]]
        own = weights > 0
        if frames[k].size and own.sum() >= 3:
            out[k] = _correlation(sums[k][own], weights[own])
    return out


def active_frames(components: Components, fr_hz: float) -> list[NDArray[np.intp]]:
    """List the frames around each component's highest peaks, without those of overlapping neighbours' peaks.

    Where nothing is left, the component's frames are taken with the neighbours' in them.
    """
    before = min(-2, math.floor(-5.0 / 30.0 * fr_hz))
    after = max(5, math.ceil(25.0 / 30.0 * fr_hz))
    masks = np.array([_around_peaks(c, before, after) for c in components.C])
    overlap = _cosines(components)
    out = []
    for k, mask in enumerate(masks):
        neighbours = overlap.indices[overlap.indptr[k] : overlap.indptr[k + 1]]
        others = masks[neighbours[neighbours != k]]
        alone = mask & ~others.any(axis=0) if len(others) else mask
        out.append(np.flatnonzero(alone if alone.any() else mask))
    return out


def _cosines(components: Components) -> csr_matrix:
    """Give the pairs of components that overlap enough."""
    A = components.A.astype(np.float64)
    norm = np.sqrt(np.asarray(A.multiply(A).sum(axis=0)).ravel())
    norm[norm == 0] = 1.0
    product = (A.T @ A).tocoo()
    keep = product.data > NEIGHBOUR_OVERLAP * norm[product.row] * norm[product.col]
    product.data, product.row, product.col = product.data[keep], product.row[keep], product.col[keep]
    return csr_matrix(product)


def _around_peaks(trace: NDArray, before: int, after: int) -> NDArray[np.bool_]:
    mask = np.zeros(trace.size, bool)
    for peak in highest_peaks(trace):
        mask[max(0, peak + before) : peak + after] = True
    return mask


def highest_peaks(trace: NDArray) -> NDArray[np.intp]:
    """Local maxima above 30 % of the trace's range, the ten highest, highest first."""
    low, high = float(trace.min()), float(trace.max())
    if not high > low:
        return np.zeros(0, np.intp)
    step = np.diff(trace)
    rising = np.flatnonzero(step > 0)
    if rising.size == 0:
        return rising
    # A plateau counts once: the last rise before a fall is its peak's place.
    turns = np.flatnonzero(step != 0)
    sign = step[turns] > 0
    tops = turns[:-1][sign[:-1] & ~sign[1:]] + 1
    tops = tops[trace[tops] > low + PEAK_THRESHOLD * (high - low)]
    return tops[np.argsort(-trace[tops], kind="stable")][:PEAKS_PER_COMPONENT]


def _row_order(fortran: NDArray, height: int, width: int) -> NDArray[np.intp]:
    x, y = np.divmod(fortran.astype(np.intp), height)
    return y * width + x


def _sum_over_frames(
    movie: Movie, rows: list[NDArray[np.intp]], frames: list[NDArray[np.intp]], progress: Progress
) -> list[NDArray[np.float64]]:
    sums = [np.zeros(pixels.size) for pixels in rows]
    height_width = movie.shape[1] * movie.shape[2]
    for start, stop in chunks(movie.shape[0], CHUNK_FRAMES):
        progress(start / movie.shape[0], "Comparing footprints with the movie")
        codes = np.ascontiguousarray(movie.codes[start:stop]).reshape(stop - start, height_width)
        for k, pixels in enumerate(rows):
            first, last = np.searchsorted(frames[k], (start, stop))
            _add_frames(codes, frames[k][first:last] - start, pixels, sums[k])
    return sums


@kernel
def _add_frames(codes: NDArray, frames: NDArray, pixels: NDArray, sums: NDArray) -> None:
    """Add what some pixels are in some frames of codes, (T, H*W)."""
    for t in frames:
        frame = codes[t]
        for i in range(pixels.size):
            sums[i] += frame[pixels[i]]


def _correlation(a: NDArray, b: NDArray) -> float:
    a = a.astype(np.float64) - a.mean()
    b = b.astype(np.float64) - b.mean()
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / norm if norm > 0 else 0.0
