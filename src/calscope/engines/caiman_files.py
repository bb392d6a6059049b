"""Movies as files in the forms that CaImAn reads: HDF5 for motion correction, a memory map by pixels for CNMF."""

import shutil
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import replace_missing
from calscope.algorithms.motion.template import take_sample
from calscope.model.errors import EngineError
from calscope.model.movie import FloatArray, FrameSource, Movie, chunks
from calscope.model.progress import Progress

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


def write_raw(source: FrameSource, path: Path, progress: Progress) -> tuple[float, int]:
    """Write a movie as HDF5 in its own type, because CaImAn refuses what is not finite and reads only files.

    Returns
    -------
    maximum, n_repaired
        Over all frames; how many frames had values that are missing, replaced by the pixel's mean.
    """
    n_frames = source.shape[0]
    sample = None if np.issubdtype(source.dtype, np.integer) else take_sample(source)
    dtype = source.dtype if source.dtype.kind in "ui" else np.dtype(np.float32)
    high, n_repaired = -np.inf, 0
    with h5py.File(path, "w") as file:
        movie = file.create_dataset("mov", source.shape, dtype)
        for start, stop in chunk_frames(source.shape):
            frames = source.read(start, stop)
            if sample is not None:
                frames, touched = replace_missing(frames, sample.fill, sample.credible)
                n_repaired += int(touched.sum())
            movie[start:stop] = frames
            high = max(high, float(frames.max()))
            progress(stop / n_frames, f"writing the movie for CaImAn: frame {stop} of {n_frames}")
    return high, n_repaired


def write_by_pixels(movie: Movie, path: Path, progress: Progress) -> None:
    """Write a corrected movie as CaImAn's memory map for CNMF: float32, (pixels, frames) in C order.

    The coded range's lower end becomes zero: CaImAn's corrected movie begins there, and CNMF expects nothing negative.
    """
    n_frames, height, width = movie.shape
    out = np.memmap(path, np.float32, mode="w+", shape=(height * width, n_frames), order="C")
    for start, stop in chunk_frames(movie.shape):
        frames = movie.codes[start:stop].astype(np.float32) * np.float32(movie.scale)
        out[:, start:stop] = frames.transpose(2, 1, 0).reshape(height * width, stop - start)
        progress(stop / n_frames, f"writing the movie for CaImAn: frame {stop} of {n_frames}")
    out.flush()


def read_corrected(path: Path, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Give CaImAn's corrected movie, (T, H, W), as a read-only map of its file (pixels by frames in Fortran order)."""
    n_frames, height, width = shape
    mapped = np.memmap(path, np.float32, mode="r", shape=(height * width, n_frames), order="F")
    return np.asarray(mapped.T).reshape(n_frames, width, height).transpose(0, 2, 1)


def frame_correlations(frames: NDArray, image: FloatArray) -> FloatArray:
    """Correlation of each frame with an image, (n,); 0 where either is constant."""
    a = np.asarray(frames, np.float32).reshape(len(frames), -1)
    a = a - a.mean(axis=1, keepdims=True)
    b = image.ravel() - image.mean()
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b)
    return np.divide(a @ b, norms, out=np.zeros(len(a), np.float32), where=norms > 0)
