"""Movies as files in the forms that CaImAn reads: HDF5 for motion correction, a memory map by pixels for CNMF."""

import os
import shutil
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import replace_missing
from calscope.algorithms.motion.template import Sample, take_sample
from calscope.model.errors import EngineError
from calscope.model.movie import FloatArray, FrameSource, Movie, chunks
from calscope.model.progress import Progress
from calscope.model.results import MovieValues

_CHUNK_BYTES = 64 << 20


def check_room(folder: Path, n_bytes: int, what: str) -> None:
    """Refuse to begin where the disk has no room for a file.

    Raises
    ------
    EngineError
        Naming the folder, what is needed and what is free.
    """
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise EngineError(
            f"CaImAn needs {n_bytes / 1e9:.1f} GB on disk for {what} in {folder}, where {free / 1e9:.1f} GB are free. "
            "Prune results (page Runs), or set CALSCOPE_STORE to a folder on a larger disk."
        )


def chunk_frames(shape: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Give stretches of frames of about 64 MB as float32."""
    n_frames, height, width = shape
    return chunks(n_frames, max(1, _CHUNK_BYTES // (4 * height * width)))


def even_stretches(shape: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Give stretches of about 64 MB that are alike in length: CaImAn takes a file of one frame for a single image."""
    n_frames = shape[0]
    count = max(1, min(len(chunk_frames(shape)), n_frames // 2))
    ends = [round(k * n_frames / count) for k in range(count + 1)]
    return list(pairwise(ends))


def write_raw(source: FrameSource, path: Path, progress: Progress) -> tuple[MovieValues, int]:
    """Write a movie as HDF5 in its own type, because CaImAn refuses what is not finite and reads only files.

    Returns
    -------
    values, n_repaired
        Of all frames; how many frames had values that are missing, replaced by the pixel's mean.
    """
    n_frames = source.shape[0]
    sample = take_sample(source)
    low, high, n_repaired = np.inf, -np.inf, 0
    with h5py.File(path, "w") as file:
        movie = file.create_dataset("mov", source.shape, _type_for_caiman(source))
        for start, stop in chunk_frames(source.shape):
            frames, touched = _read(source, sample, start, stop)
            n_repaired += int(touched.sum())
            movie[start:stop] = frames
            low, high = min(low, float(frames.min())), max(high, float(frames.max()))
            progress(stop / n_frames, f"writing the movie for CaImAn: frame {stop} of {n_frames}")
    return sample.values(low, high), n_repaired


def write_frames(source: FrameSource, values: MovieValues, stretch: tuple[int, int], path: Path) -> None:
    """Write frames `start` to `stop` of a movie as `write_raw` writes all of them."""
    frames, _ = _read(source, values, *stretch)
    with h5py.File(path, "w") as file:
        file.create_dataset("mov", data=frames, dtype=_type_for_caiman(source))


def _read(
    source: FrameSource, values: MovieValues | Sample, start: int, stop: int
) -> tuple[NDArray, NDArray[np.bool_]]:
    """Read frames with every value finite, and which of them had values that were missing."""
    frames = source.read(start, stop)
    if np.issubdtype(source.dtype, np.integer):
        return frames, np.zeros(len(frames), np.bool_)
    return replace_missing(frames, values.fill, values.credible)


def _type_for_caiman(source: FrameSource) -> np.dtype:
    return source.dtype if source.dtype.kind in "ui" else np.dtype(np.float32)


def write_by_pixels(movie: Movie, path: Path, progress: Progress) -> None:
    """Write a corrected movie as CaImAn's memory map for CNMF: float32, (pixels, frames) in C order.

    The coded range's lower end becomes zero: CaImAn's corrected movie begins there, and CNMF expects nothing negative.
    """
    n_frames, height, width = movie.shape
    n_bytes = 4 * height * width * n_frames
    with path.open("wb") as file:  # the room is taken now: where it lacks later, writing to the map ends the process
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, n_bytes)
        file.truncate(n_bytes)
    out = np.memmap(path, np.float32, mode="r+", shape=(height * width, n_frames), order="C")
    for start, stop in chunk_frames(movie.shape):
        frames = movie.codes[start:stop].astype(np.float32) * np.float32(movie.scale)
        out[:, start:stop] = frames.transpose(2, 1, 0).reshape(height * width, stop - start)
        progress(stop / n_frames, f"writing the movie for CaImAn: frame {stop} of {n_frames}")
    out.flush()


def frame_correlations(frames: NDArray, image: FloatArray) -> FloatArray:
    """Correlation of each frame with an image, (n,); 0 where either is constant."""
    a = np.asarray(frames, np.float32).reshape(len(frames), -1)
    a = a - a.mean(axis=1, keepdims=True)
    b = image.ravel() - image.mean()
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b)
    return np.divide(a @ b, norms, out=np.zeros(len(a), np.float32), where=norms > 0)
