"""Going through a movie in chunks, on several threads, with the same result for any number of them."""

import mmap
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calscope.model.movie import FloatArray, FrameSource, chunks
from calscope.model.progress import Progress

Result = TypeVar("Result")

ANY = -np.inf, np.inf
CHUNK_PX = 1_000_000
"""Pixels of a chunk: 4 MB as float32, which stay in the processor's cache from one step to the next."""


def chunk_length(height: int, width: int) -> int:
    """Give the number of frames of a chunk; it depends on the field only, never on the machine."""
    return max(1, min(256, CHUNK_PX // max(1, height * width)))


def map_chunks(
    work: Callable[[int, int], Result],
    *,
    n_frames: int,
    length: int,
    workers: int,
    progress: Progress,
    note: str,
) -> Iterator[Result]:
    """Run `work(start, stop)` over consecutive chunks and give the results in order.

    At most `workers + 1` chunks are under way at a time, so memory does not grow with the movie. An exception of
    `work` or of `progress` (a person's wish to stop) ends the pass; chunks not begun are dropped, those begun are
    waited for.
    """
    with ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="frames") as pool:
        waiting: deque[tuple[int, Future[Result]]] = deque()
        ahead = iter(chunks(n_frames, length))
        try:
            for start, stop in ahead:
                waiting.append((stop, pool.submit(work, start, stop)))
                if len(waiting) > workers:
                    yield _next_done(waiting, n_frames, progress, note)
            while waiting:
                yield _next_done(waiting, n_frames, progress, note)
        finally:
            for _, future in waiting:
                future.cancel()


def map_movie(
    work: Callable[[int, int], Result], shape: tuple[int, int, int], workers: int, progress: Progress, note: str
) -> Iterator[Result]:
    """Run `work(start, stop)` over a whole movie of a shape (T, H, W), and give the results in order."""
    length = chunk_length(shape[1], shape[2])
    return map_chunks(work, n_frames=shape[0], length=length, workers=workers, progress=progress, note=note)


def _next_done(waiting: "deque[tuple[int, Future[Result]]]", n_frames: int, progress: Progress, note: str) -> Result:
    stop, future = waiting.popleft()
    result = future.result()
    progress(stop / n_frames, f"{note}: frame {stop} of {n_frames}")
    return result


@dataclass(frozen=True)
class CleanFrames:
    """Reads frames as float32 with every value finite and credible."""

    source: FrameSource
    fill: FloatArray
    """(H, W) what stands in for a value that is missing."""
    credible: tuple[float, float] = ANY
    """Smallest and largest value that a detector may have given."""
    clip_range: tuple[float, float] = ANY
    """Range that values are cut to where motion is looked for."""
    still: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
    """Pixels that never change, and those that stand in for them where motion is looked for; in a flat frame."""

    def read(self, start: int, stop: int) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Frames `start` to `stop`, (n, H, W), and which of them had values that were missing, (n,)."""
        return replace_missing(self.source.read(start, stop), self.fill, self.credible)

    def look(self, start: int, stop: int) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Read frames to find motion in: without what doesn't move with the tissue."""
        frames, touched = self.read(start, stop)
        return self.clip(frames), touched

    def clip(self, frames: FloatArray) -> FloatArray:
        """Take from frames what doesn't move with the tissue, in place."""
        if self.still is not None:
            there, sources = self.still
            flat = frames.reshape(len(frames), -1)
            flat[:, there] = flat[:, sources]
        return frames if self.clip_range == ANY else np.clip(frames, *self.clip_range, out=frames)


def replace_missing(
    frames: NDArray, fill: FloatArray, credible: tuple[float, float] = ANY
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Give frames as float32 with `fill` where a value isn't finite or credible, and which were touched, (n,).

    Whole numbers are taken as they are: they come from a detector, and its range is known.
    """
    values = np.array(frames, np.float32, order="C")
    if np.issubdtype(frames.dtype, np.integer):
        return values, np.zeros(len(values), np.bool_)
    low, high = credible
    missing = ~(np.isfinite(values) & (values >= np.float32(low)) & (values <= np.float32(high)))
    touched = np.asarray(missing.any(axis=(1, 2)), np.bool_)
    if touched.any():
        values[missing] = np.broadcast_to(fill, values.shape)[missing]
    return values, touched


def inner_crop(size: tuple[int, ...], rim_px: int) -> tuple[slice, slice]:
    """Give the rows and columns of a field (H, W) without its rim, but at least the inner half of each side."""
    rows, columns = (slice(min(rim_px, n // 4), n - min(rim_px, n // 4)) for n in size)
    return rows, columns


def extremes(frames: FloatArray) -> FloatArray:
    """Smallest and largest value of each frame (n, H, W), (n, 2)."""
    flat = frames.reshape(len(frames), -1)
    return np.stack([flat.min(axis=1), flat.max(axis=1)], axis=1)


def release(mapped: NDArray) -> None:
    """Let go of the memory of a part of an array that is mapped to a file; what was written goes to the file.

    Pages that were written to count as memory of the process until they are let go of. An array in memory, or a system
    that can't, is left as it is.
    """
    owner: object = mapped
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if not isinstance(owner, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED") or mapped.size == 0:
        return
    begin = mapped.ctypes.data - np.frombuffer(owner, np.uint8).ctypes.data
    # whole pages only: those at the ends may hold a neighbour that is being written
    first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
    last = (begin + mapped.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    if last > first:
        owner.madvise(mmap.MADV_DONTNEED, first, last - first)
