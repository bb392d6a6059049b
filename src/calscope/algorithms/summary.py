"""Images that sum up a movie in one pass: mean, maximum, and local correlation over the eight neighbours.

The local correlation of a pixel is the mean of the correlations in time between it and each of its neighbours; cells
stand out, since their pixels rise and fall together (Smith & Häusser, 2010, Nature Neuroscience 13:1144). At the rim
the mean runs over the neighbours that exist. Instead of a z-scored copy of the movie, which is as large as the movie,
the sums that the correlations are made of are streamed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import chunk_length
from calscope.compiled import kernel
from calscope.model.movie import FloatArray, FrameSource, chunks
from calscope.model.progress import Progress, silent
from calscope.model.results import SummaryImages

# Each pair of neighbours is met once, from its upper (or left) pixel.
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass
class _Sums:
    """Running sums of the movie less `base`, all float64."""

    base: FloatArray
    """(H, W) close to the mean, so that the sums of squares keep their digits."""
    first: NDArray[np.float64]
    """(H, W) sum of values."""
    second: NDArray[np.float64]
    """(H, W) sum of squares."""
    pairs: NDArray[np.float64]
    """(4, H, W) sum of products with each of NEIGHBOURS."""
    count: NDArray[np.int64]
    """(H, W) finite samples."""
    low: FloatArray
    high: FloatArray
    n_frames: int = 0


def compute_summary(source: FrameSource, progress: Progress = silent) -> SummaryImages:
    """Compute the mean, maximum and local correlation images of a movie.

    Parameters
    ----------
    source
        The movie, (T, H, W) of any real type; read once, in chunks (the first one twice).
    progress
        Called once a chunk.

    Returns
    -------
    SummaryImages
        Mean and maximum of the finite samples of each pixel (0 where there are none). The correlation is 0 for a pixel
        that is constant or was not finite in every frame; the former counts as an uncorrelated neighbour, the latter as
        none.

    Raises
    ------
    ValueError
        When the movie has no frames.
    """
    n_frames, height, width = source.shape
    if n_frames == 0:
        raise ValueError("A movie without frames has no summary images.")
    length = chunk_length(height, width)
    sums = _start(np.asarray(source.read(0, min(length, n_frames)), np.float32))
    for start, stop in chunks(n_frames, length):
        _add(sums, np.asarray(source.read(start, stop), np.float32))
        progress(stop / n_frames, f"summary images: frame {stop} of {n_frames}")
    return _finish(sums)


def _start(frames: FloatArray) -> _Sums:
    finite = np.isfinite(frames)
    count = np.maximum(finite.sum(axis=0), 1)
    base = np.where(finite, frames, 0).sum(axis=0, dtype=np.float64) / count
    shape = frames.shape[1:]
    return _Sums(
        base=base.astype(np.float32),
        first=np.zeros(shape),
        second=np.zeros(shape),
        pairs=np.zeros((len(NEIGHBOURS), *shape)),
        count=np.zeros(shape, np.int64),
        low=np.full(shape, np.inf, np.float32),
        high=np.full(shape, -np.inf, np.float32),
    )


def _add(sums: _Sums, frames: FloatArray) -> None:
    low, high = frames.min(axis=0), frames.max(axis=0)
    deviations = frames - sums.base
    missing = None if np.isfinite(low + high).all() else ~np.isfinite(frames)
    if missing is not None:
        deviations[missing] = 0
        low = np.where(missing, np.float32(np.inf), frames).min(axis=0)
        high = np.where(missing, np.float32(-np.inf), frames).max(axis=0)
        sums.count -= missing.sum(axis=0)
    sums.count += len(frames)
    sums.n_frames += len(frames)
    np.minimum(sums.low, low, out=sums.low)
    np.maximum(sums.high, high, out=sums.high)
    _add_products(deviations, sums.first, sums.second, sums.pairs)


@kernel
def _add_products(deviations, first, second, pairs):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add a chunk to the sums, row by row; float32 within 64 frames, float64 beyond."""
    n, height, width = deviations.shape
    block = 64
    part = np.empty((6, width), np.float32)
    for y in range(height):
        last = y == height - 1
        for begin in range(0, n, block):
            part[:] = 0
            s1, s2, right, below, diagonal, other = part[0], part[1], part[2], part[3], part[4], part[5]
            for t in range(begin, min(n, begin + block)):
                a = deviations[t, y]
                for x in range(width):
                    s1[x] += a[x]
                    s2[x] += a[x] * a[x]
                for x in range(width - 1):
                    right[x] += a[x] * a[x + 1]
                if not last:
                    b = deviations[t, y + 1]
                    for x in range(width):
                        below[x] += a[x] * b[x]
                    for x in range(width - 1):
                        diagonal[x] += a[x] * b[x + 1]
                        other[x + 1] += a[x + 1] * b[x]
            for x in range(width):
                first[y, x] += s1[x]
                second[y, x] += s2[x]
                for k in range(4):
                    pairs[k, y, x] += part[2 + k, x]


def _finish(sums: _Sums) -> SummaryImages:
    seen = sums.count > 0
    mean = np.where(seen, sums.base + sums.first / np.maximum(sums.count, 1), 0)
    high = np.where(seen, sums.high, 0)
    return SummaryImages(mean=mean.astype(np.float32), max=high.astype(np.float32), corr=_local_correlation(sums))


def _local_correlation(sums: _Sums) -> FloatArray:
    height, width = sums.base.shape
    mean = sums.first / sums.n_frames
    variance = np.maximum(sums.second / sums.n_frames - mean**2, 0)
    complete = sums.count == sums.n_frames
    varies = complete & (sums.high > sums.low) & (variance > 0)
    inverse_std = np.zeros_like(variance)
    inverse_std[varies] = 1 / np.sqrt(variance[varies])
    total, neighbours = np.zeros((height, width)), np.zeros((height, width))
    for (dy, dx), products in zip(NEIGHBOURS, sums.pairs, strict=True):
        here = np.s_[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = np.s_[dy:, max(0, dx) : width + min(0, dx)]
        covariance = products[here] / sums.n_frames - mean[here] * mean[there]
        correlation = covariance * inverse_std[here] * inverse_std[there]
        total[here] += correlation
        total[there] += correlation
        neighbours[here] += complete[there]
        neighbours[there] += complete[here]
    image = np.where(varies, total / np.maximum(neighbours, 1), 0)
    return np.clip(image, -1, 1).astype(np.float32)
