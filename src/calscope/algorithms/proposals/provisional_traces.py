"""Traces at places that are active, and the picture of what lights up with each of them, before any fit.

A trace is the light inside of a spot less that around it. Its picture is each pixel's covariance with the frames of the
trace before and after, not with the same frame: so no noise is in it that pixel and trace share.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from calscope.algorithms.frames import map_chunks, map_movie
from calscope.algorithms.proposals.active_spots import LAGS, SURROUND, Spot, stretch_length
from calscope.model.movie import FloatArray, FrameSource
from calscope.model.progress import Progress, silent

REACH = 3.0
"""Half-side of a picture, in radii of the spot."""
_BEYOND = 3.0
"""Standard deviations after which a Gaussian is over."""


def spot_weights(spots: list[Spot], dims: tuple[int, int]) -> csr_matrix:
    """Give the differences of Gaussians that answer most to each spot, (n, H*W), row order."""
    rows, columns, values = [], [], []
    for k, spot in enumerate(spots):
        sd = spot.radius_px / 2**0.5
        reach = _BEYOND * SURROUND * sd
        top, bottom = _range(spot.y, reach, dims[0])
        left, right = _range(spot.x, reach, dims[1])
        y, x = np.mgrid[top:bottom, left:right]
        away = (y - spot.y) ** 2 + (x - spot.x) ** 2
        narrow, wide = (np.exp(-0.5 * away / one**2) for one in (sd, SURROUND * sd))
        rows.append(np.full(y.size, k))
        columns.append((y * dims[1] + x).ravel())
        values.append((narrow / narrow.sum() - wide / wide.sum()).ravel())
    return _as_rows(rows, columns, values, len(spots), dims)


def mask_weights(masks: list[tuple[tuple[slice, slice], FloatArray]], dims: tuple[int, int]) -> csr_matrix:
    """Give weights from pictures of weights (window, (h, w)), (n, H*W), row order."""
    rows, columns, values = [], [], []
    for k, (window, weights) in enumerate(masks):
        y, x = np.nonzero(weights)
        rows.append(np.full(y.size, k))
        columns.append((y + window[0].start) * dims[1] + x + window[1].start)
        values.append(weights[y, x])
    return _as_rows(rows, columns, values, len(masks), dims)


def _as_rows(
    rows: list[NDArray], columns: list[NDArray], values: list[NDArray], n: int, dims: tuple[int, int]
) -> csr_matrix:
    shape = (n, dims[0] * dims[1])
    if not rows:
        return csr_matrix(shape, dtype=np.float32)
    together = (np.concatenate(values).astype(np.float32), (np.concatenate(rows), np.concatenate(columns)))
    return csr_matrix(together, shape=shape)


def read_traces(
    movie: FrameSource, weights: csr_matrix, *, workers: int = 1, progress: Progress = silent, note: str
) -> FloatArray:
    """Give the weighted sums of pixels of every frame, (n, T)."""

    def work(start: int, stop: int) -> FloatArray:
        frames = movie.read(start, stop).reshape(stop - start, -1)
        return np.asarray(weights @ frames.T, np.float32)

    return np.concatenate(list(map_movie(work, movie.shape, workers, progress, note)), axis=1)


def windows_of(spots: list[Spot], dims: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Give the part of the field around each spot."""
    return [
        (
            slice(*_range(spot.y, REACH * spot.radius_px, dims[0])),
            slice(*_range(spot.x, REACH * spot.radius_px, dims[1])),
        )
        for spot in spots
    ]


def activity_pictures(
    movie: FrameSource,
    traces: FloatArray,
    windows: list[tuple[slice, slice]],
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> list[FloatArray]:
    """Give what lights up with each trace, per unit of it.

    Parameters
    ----------
    movie
        (T, H, W).
    traces
        (n, T).
    windows
        Rows and columns of each picture.
    """
    length = stretch_length(movie.shape)
    powers = np.zeros(len(windows))

    def work(start: int, stop: int) -> tuple[list[FloatArray], NDArray[np.float64]]:
        frames, own = movie.read(start, stop), traces[:, start:stop].astype(np.float64)
        own = own - own.mean(axis=1, keepdims=True)
        near = _neighbours(own)
        power = np.einsum("kt,kt->k", near, own)
        near = (near - near.mean(axis=1, keepdims=True)).astype(np.float32)
        pictures = [
            np.tensordot(weights, frames[:, rows, columns], axes=1)
            for weights, (rows, columns) in zip(near, windows, strict=True)
        ]
        return pictures, power

    totals = [np.zeros((r.stop - r.start, c.stop - c.start), np.float64) for r, c in windows]
    for pictures, power in map_chunks(
        work,
        n_frames=movie.shape[0],
        length=length,
        workers=workers,
        progress=progress,
        note="looking at what lights up together",
    ):
        powers += power
        totals = [total + picture for total, picture in zip(totals, pictures, strict=True)]
    return [
        np.asarray(total / power if power > 0 else 0 * total, np.float32)
        for total, power in zip(totals, powers, strict=True)
    ]


def _neighbours(traces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the frames before and after each frame."""
    out = np.zeros_like(traces)
    for lag in LAGS:
        if lag < traces.shape[1]:
            out[:, lag:] += traces[:, :-lag]
            out[:, :-lag] += traces[:, lag:]
    return out


def _range(at: float, reach: float, side: int) -> tuple[int, int]:
    return max(0, int(np.floor(at - reach))), min(side, int(np.ceil(at + reach)) + 1)
