"""Correcting a movie by motion that was estimated before, on the same movie or on another of the same frames.

Every frame is warped by its smooth field of shifts and written in 16 bits. The movie is read once, in chunks on several
threads, and once more before where its range of values isn't known. The result doesn't depend on the number of threads.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calscope.algorithms.frames import CleanFrames, extremes, inner_crop, map_movie, release
from calscope.algorithms.motion.grid import field_of
from calscope.algorithms.motion.template import take_sample
from calscope.algorithms.motion.warp import Warper
from calscope.model.movie import FloatArray, FrameSource, Movie
from calscope.model.progress import Progress, monotonic_progress, part, silent
from calscope.model.results import CorrectedMovie, MotionEstimate, MovieValues

Allocate = Callable[[str, tuple[int, ...], DTypeLike], NDArray]


def apply_motion(
    source: FrameSource,
    estimate: MotionEstimate,
    *,
    allocate: Allocate,
    values: MovieValues | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> CorrectedMovie:
    """Write a movie as it is once every frame is laid on the template.

    Parameters
    ----------
    source
        The movie, (T, H, W) of any real type; values that aren't finite are replaced.
    estimate
        From `estimate_motion`, on this movie or on another of the same frames, such as another channel.
    allocate
        Gives the array "movie", (T, H, W) uint16, that the corrected movie is written into.
    values
        Of this movie, where they are known; `estimate.values` are those of the movie that it was made on. Otherwise the
        movie is read for them.
    workers
        Threads.
    progress
        Called after every chunk.

    Raises
    ------
    ValueError
        When the movie has not the shape that the estimate is for, or the estimate has no field of shifts.
    """
    coefficients = estimate.field_coefficients
    if coefficients is None:
        raise ValueError("The estimate has no field of shifts: it is applied by the engine that made it.")
    if source.shape != estimate.shape:
        raise ValueError(f"The motion is that of a movie of {estimate.shape}, this one is of {source.shape}.")
    progress = monotonic_progress(progress)
    if values is None:
        values = measure_values(source, workers, part(progress, 0, 0.3))
    frames = CleanFrames(source, values.fill, values.credible)
    movie = _allocate(allocate, source.shape, values)
    found = _write(frames, estimate, coefficients, movie, workers, part(progress, 0.3, 1))
    return CorrectedMovie(movie, found, _border_px(coefficients, source.shape, workers))


def measure_values(source: FrameSource, workers: int, progress: Progress) -> MovieValues:
    """Find which values of a movie were measured, and what they range over; reads it once."""
    sample = take_sample(source)
    clean = sample.clean(source)

    def work(start: int, stop: int) -> FloatArray:
        return np.asarray(extremes(clean.look(start, stop)[0]))

    found = np.concatenate(list(map_movie(work, source.shape, workers, progress, "range of values")))
    return sample.values(float(found[:, 0].min()), float(found[:, 1].max()))


def _allocate(allocate: Allocate, shape: tuple[int, int, int], values: MovieValues) -> Movie:
    """Make a movie whose codes cover a range of values."""
    span = values.high - values.low
    return Movie(allocate("movie", shape, np.uint16), scale=span / 65535 if span > 0 else 1.0, offset=values.low)


def _warper(size: tuple[int, int], coefficients: FloatArray) -> Warper:
    return Warper(field_of(size, (coefficients.shape[1], coefficients.shape[2])))


def _write(  # noqa: PLR0917
    frames: CleanFrames,
    estimate: MotionEstimate,
    coefficients: FloatArray,
    movie: Movie,
    workers: int,
    progress: Progress,
) -> FloatArray:
    """Warp every frame and write it; gives its correlation with the template, (T,)."""
    size = estimate.shape[1:]
    warper, inside, template = _warper(size, coefficients), inner_crop(size, estimate.rim_px), estimate.template

    def work(start: int, stop: int) -> FloatArray:
        raw, _ = frames.read(start, stop)
        found = warper.write(raw, coefficients[start:stop], movie, start, template, inside)
        release(movie.codes[start:stop])
        return found

    return np.concatenate(list(map_movie(work, movie.shape, workers, progress, "writing the corrected movie")))


def _border_px(coefficients: FloatArray, shape: tuple[int, int, int], workers: int) -> int:
    """Give the widest rim that a frame leaves to be filled."""
    warper = _warper(shape[1:], coefficients)

    def work(start: int, stop: int) -> int:
        return int(warper.rims(coefficients[start:stop]).max())

    return max(map_movie(work, shape, workers, silent, "rim"))
