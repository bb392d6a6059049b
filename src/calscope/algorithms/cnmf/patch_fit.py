"""CNMF on one patch, and placing the patches' components in the field."""

from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.field_model import FieldModel
from calscope.algorithms.cnmf.footprints import from_rows, normalised
from calscope.algorithms.cnmf.initialization import PatchFactors
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.cnmf.pixel_stream import is_pixel_major
from calscope.algorithms.threads import WorkerPool
from calscope.model.errors import RecordingError
from calscope.model.movie import FloatArray, Movie, chunks
from calscope.model.progress import Check, asking, silent

Where = tuple[slice, slice]
MOST_FRAMES = 6000
"""Longer recordings are averaged down to at most this many frames for the search, so that a patch's memory is
bounded."""
MOST_VALUES = 48_000_000
"""As many pixels times frames of a patch are searched at once, at most; larger patches are averaged in time too."""
FEWEST_FRAMES = 10
CHUNK_FRAMES = 256


def check_length(n_frames: int, p: int) -> None:
    """Refuse a movie that is too short: fewer frames hold no activity that tells a cell from its surroundings.

    Raises
    ------
    RecordingError
        With the frames that are needed, and what can be done without.
    """
    needed = FEWEST_FRAMES + p
    if n_frames < needed:
        raise RecordingError(
            f"The recording has {n_frames} frame{'s' * (n_frames != 1)}; at least {needed} are needed to extract "
            f"components with p = {p}. Motion correction alone works on any number (--until motion)."
        )


def effective_tsub(tsub: int, n_frames: int, patch_px: int = 1) -> int:
    """Give the binning in time that a search would use: not so much that too few frames are left, and enough."""
    largest = max(1, n_frames // FEWEST_FRAMES)
    most = int(np.clip(MOST_VALUES // patch_px, FEWEST_FRAMES, MOST_FRAMES))
    return max(min(tsub, largest), -(-n_frames // most))


def read_patch(subtracted: BackgroundSubtractedMovie, where: Where, every: int) -> FloatArray:
    """Read one patch pixel-major, (h, w, T / every), as means of `every` frames (the last may be of fewer)."""
    codes = subtracted.movie.codes[:, where[0], where[1]]
    out = _turned(codes, every)
    out *= np.float32(subtracted.movie.scale)
    out += np.float32(subtracted.movie.offset)
    patch = out.reshape(*codes.shape[1:], -1)
    if subtracted.local is not None:
        subtracted.local.subtract_from(patch, where, partial(mean_of_frames, every=every) if every > 1 else None)
    return patch


def _turned(codes: NDArray[np.uint16], every: int) -> FloatArray:
    """Frames (T, h, w) as (h * w, T / every) float32."""
    n_frames, h, w = codes.shape
    if every == 1 and is_pixel_major(codes):
        return np.moveaxis(codes, 0, 2).astype(np.float32).reshape(h * w, n_frames)
    out = np.empty((h * w, -(-n_frames // every)), np.float32)
    for start, stop in chunks(n_frames, CHUNK_FRAMES * every):
        some: NDArray = np.ascontiguousarray(codes[start:stop]).reshape(stop - start, h * w)
        if every > 1:
            some = mean_of_frames(some.astype(np.float32), every)
        out[:, start // every : start // every + len(some)] = cv2.transpose(some)
    return out


def mean_of_frames(values: FloatArray, every: int) -> FloatArray:
    """Average every so many entries of the first axis; the last may be of fewer."""
    if every == 1:
        return values
    firsts = np.arange(0, len(values), every)
    counts = np.diff(np.append(firsts, len(values))).astype(np.float32)
    sums = np.add.reduceat(values, firsts, axis=0)
    return np.asarray(sums / counts.reshape(-1, *[1] * (values.ndim - 1)), np.float32)


def spread_in_time(traces: FloatArray, every: int, n_frames: int) -> FloatArray:
    """Traces of binned frames at the rate of the movie."""
    return traces.repeat(every, axis=1)[:, :n_frames] if every > 1 else traces


def join_patches(
    found: list[tuple[PatchFactors, tuple[slice, slice]]],
    dims: tuple[int, int],
    n_frames: int,
    sn: FloatArray,
    check: Check,
) -> Factors:
    """Place the patches' components in the field; empty ones and the patches' background are left out."""
    n_px = dims[0] * dims[1]
    pixels, values, traces = [], [], [np.zeros((0, n_frames), np.float32)]
    for patch, (rows, cols) in asking(check, found):
        for image in patch.A:
            y, x = np.nonzero(image)
            pixels.append((y + rows.start) * dims[1] + x + cols.start)
            values.append(image[y, x])
        traces.append(patch.C)
    A, C = from_rows(pixels, values, n_px), np.concatenate(traces)
    alive = (np.diff(A.indptr) > 0) & (C.max(axis=1, initial=0) > 0)
    A, C = normalised(csc_matrix(A[:, alive]), C[alive])
    nothing = np.zeros((n_px, 0), np.float32)
    return Factors(dims=dims, A=A, C=C, b=nothing, f=np.zeros((0, n_frames), np.float32), sn=sn)


def update_patch(
    movie: Movie,
    found: PatchFactors,
    where: Where,
    noise: FloatArray,
    *,
    nonneg_baseline: bool,
    merge_thr: float,
    smallest_px: int,
    check: Check,
) -> PatchFactors:
    """Update the initial components by one round of footprints, traces and merging on the patch alone.

    Traces are not deconvolved here; that follows on the whole field, as in CaImAn.
    """
    rows, columns = where
    patch = BackgroundSubtractedMovie(Movie(movie.codes[:, rows, columns], movie.scale, movie.offset))
    n, h, w = found.A.shape
    A, C = normalised(csc_matrix(found.A.reshape(n, h * w).T), found.C)
    b = np.ascontiguousarray(found.b.reshape(-1, h * w).T)
    factors = Factors(dims=(h, w), A=A, C=C, b=b, f=found.f, sn=np.ascontiguousarray(noise).ravel())
    with WorkerPool(1, check) as alone:
        model = FieldModel(patch, 0, nonneg_baseline, merge_thr, smallest_px, alone)
        factors = model.footprints(factors, [], silent)
        factors, _ = model.traces(factors, [], silent)
    images = factors.A.T.toarray().reshape(factors.n, h, w)
    return PatchFactors(images, factors.C, factors.b.T.reshape(-1, h, w), factors.f)
