"""What this machine could do at best: how fast it copies and reads memory, multiplies matrices, transforms images."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.fft


@dataclass(frozen=True)
class Limits:
    """Measured on one size of frame, all cores at work."""

    copy_gb_s: float
    """Bytes read plus bytes written."""
    frame_transform_s: float
    """One real transform of a frame, float32."""
    patch_transform_s: float
    """One real transform of a patch."""

    def traffic_s(self, frame_px: int) -> float:
        """Give the time to read a 16-bit frame twice and write it once: no streamed correction can do with less."""
        return 3 * 2 * frame_px / (self.copy_gb_s * 1e9)

    def transforms_s(self, n_patches: int) -> float:
        """Give the time of the transforms alone of NoRMCorre's correlations, one there and one back each."""
        return 2 * (self.frame_transform_s + n_patches * self.patch_transform_s)


@dataclass(frozen=True)
class ExtractionWork:
    """The least that an extraction of this kind must do, whatever the program."""

    read_bytes: float
    """Of the 16-bit movie, once for each pass over it."""
    operations: float
    """Floating-point, where their number doesn't depend on what is found."""


def fit_work(movie_values: float, searched_values: float, window_px: int, nb: int) -> ExtractionWork:
    """First fit: four passes and the patches; the blur of the search, and five rounds of background in each patch.

    Parameters
    ----------
    movie_values
        Frames x pixels.
    searched_values
        The same over all patches, which overlap.
    window_px
        Taps of the blur along one axis.
    nb
        Background components; each is multiplied with the movie twice a round, for its image and for its trace.
    """
    return ExtractionWork(2 * (4 * movie_values + searched_values), searched_values * (4 * window_px + 5 * 4 * nb))


def refit_work(movie_values: float, nb: int) -> ExtractionWork:
    """Refit: six passes; the background's products with the movie in three of them."""
    return ExtractionWork(2 * 6 * movie_values, 3 * 2 * nb * movie_values)


@dataclass(frozen=True)
class ExtractionLimits:
    """All cores at work."""

    read_gb_s: float
    gflop_s: float
    """Of products of large float32 matrices."""

    def read_s(self, work: ExtractionWork) -> float:
        """Give the time that reading alone would take."""
        return work.read_bytes / (self.read_gb_s * 1e9)

    def compute_s(self, work: ExtractionWork) -> float:
        """Give the time that arithmetic alone would take."""
        return work.operations / (self.gflop_s * 1e9)


def measure_extraction_limits(workers: int) -> ExtractionLimits:
    """Measure, the best of several rounds each; each thread with matrices of its own."""
    blocks = [np.ones(32_000_000, np.float32) for _ in range(workers)]
    n = 1024
    factors = [np.ones((n, n), np.float32) for _ in range(workers)]
    reading = _best(lambda k: blocks[k].max(), workers)
    product = _best(lambda k: factors[k] @ factors[k], workers)
    return ExtractionLimits(workers * blocks[0].nbytes / reading / 1e9, workers * 2 * n**3 / product / 1e9)


def measure_limits(frame: tuple[int, int], patch: tuple[int, int], workers: int) -> Limits:
    """Measure, the best of several rounds each."""
    blocks = [np.ones(16_000_000, np.float32) for _ in range(2 * workers)]

    def copy(k: int) -> None:
        np.copyto(blocks[2 * k], blocks[2 * k + 1])

    moved = workers * 2 * blocks[0].nbytes
    return Limits(
        copy_gb_s=moved / _best(copy, workers) / 1e9,
        frame_transform_s=_transform_s(frame, workers),
        patch_transform_s=_transform_s(patch, workers),
    )


def _transform_s(shape: tuple[int, int], workers: int, batch: int = 32) -> float:
    images = [np.random.default_rng(k).standard_normal((batch, *shape)).astype(np.float32) for k in range(workers)]
    return _best(lambda k: scipy.fft.rfft2(images[k]), workers) / (batch * workers)


def _best(work: Callable[[int], object], workers: int, rounds: int = 9) -> float:
    times = []
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(rounds):
            start = time.perf_counter()
            list(pool.map(work, range(workers)))
            times.append(time.perf_counter() - start)
    return min(times)
