"""Pixels at the recording's maximum where a component is brightest: its transients are cut off there."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.model.movie import FloatArray, FrameSource, chunks
from calscope.model.progress import Progress, silent

CORE = 0.5
"""Part of a footprint's peak above which its core lies."""
CHUNK_PX = 16_000_000


def saturated_share(
    source: FrameSource,
    A: csc_matrix,
    frames: Sequence[Sequence[int]],
    shifts: NDArray,
    place: NDArray[np.intp],
    *,
    still: NDArray[np.bool_],
    progress: Progress = silent,
) -> tuple[FloatArray, list[list[float]]]:
    """Tell which part of each component's core is at the largest value of the raw movie in some frames.

    Parameters
    ----------
    source
        The raw movie, in which nothing is interpolated.
    A
        (H*W, K) footprints, Fortran pixel order.
    frames
        The frames to look at, of each component; best those of its highest transients.
    shifts, place
        (T, P, 2) px that were applied at P places, and the place of each component.
    still
        (H, W) pixels that never change, which don't count.

    Returns
    -------
    (K,) the share of all, NaN where there is nothing to look at; and the share in each of the frames.
    """
    n_frames, height, width = source.shape
    cores = [_core(A, k, height) for k in range(A.shape[1])]
    wanted: dict[int, list[tuple[int, int]]] = {}
    for k, own in enumerate(frames):
        for at, frame in enumerate(own):
            wanted.setdefault(int(frame), []).append((k, at))
    values: list[list[NDArray]] = [[np.empty(0)] * len(own) for own in frames]
    top = -np.inf
    for start, stop in chunks(n_frames, max(1, CHUNK_PX // (height * width))):
        progress(start / n_frames, "Looking for saturated pixels")
        raw = source.read(start, stop)
        top = max(top, _largest(raw, still))
        for frame in range(start, stop):
            for k, at in wanted.get(frame, ()):
                values[k][at] = _values(raw[frame - start], cores[k], shifts[frame, place[k]], still)
    each = [[_share(one, top) for one in own] for own in values]
    whole = [_share(np.concatenate(own), top) if own else np.nan for own in values]
    return np.array(whole, np.float32), each


def _core(A: csc_matrix, k: int, height: int) -> tuple[NDArray, NDArray]:
    own = slice(A.indptr[k], A.indptr[k + 1])
    strong = A.data[own] > CORE * A.data[own].max(initial=0.0)
    x, y = np.divmod(A.indices[own][strong], height)
    return y, x


def _largest(raw: NDArray, still: NDArray[np.bool_]) -> float:
    largest = raw.max(axis=0) if raw.dtype.kind != "f" else np.nan_to_num(raw, nan=-np.inf).max(axis=0)
    return float(largest[~still].max()) if not still.all() else -np.inf


def _values(frame: NDArray, core: tuple[NDArray, NDArray], shift: NDArray, still: NDArray[np.bool_]) -> NDArray:
    """Give the raw values that came to lie on a core, as far as they are in the field."""
    y, x = core[0] - round(float(shift[0])), core[1] - round(float(shift[1]))
    inside = (y >= 0) & (y < frame.shape[0]) & (x >= 0) & (x < frame.shape[1])
    y, x = y[inside], x[inside]
    return np.asarray(frame[y, x][~still[y, x]])


def _share(values: NDArray, top: float) -> float:
    return float((values >= top).mean()) if values.size else np.nan
