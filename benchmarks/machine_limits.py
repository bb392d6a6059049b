"""What this machine could do at best: how fast it copies memory and transforms images."""

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
