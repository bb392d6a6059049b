"""What components and background leave of a movie at each footprint: the trace that CaImAn calls `YrA`.

YrA = (Aᵀ Y - Aᵀ A C - Aᵀ b f) / ‖A‖², a row for each component (Giovannucci et al., 2019, eLife 8:e38173).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from calscope.export.exported_animal import Background
from calscope.model.movie import FloatArray, FrameSource, chunks
from calscope.model.progress import Progress, silent

_BLOCK_PX = 4_000_000
"""Pixels of a block of frames: 16 MB as float32, however long the movie is."""


@dataclass(frozen=True)
class _Projection:
    """Footprints, each divided by its own square, on the pixels where there are any."""

    pixels: NDArray[np.intp]
    """(P,) the pixels of a frame that count, index = x + y * W."""
    weights: csr_matrix
    """(K, P)."""
    of_components: csr_matrix
    """(K, K) overlap of footprints."""
    of_background: NDArray[np.float64]
    """(K, nb) overlap with the background's images."""

    def residual(self, frames: NDArray, C: FloatArray, f: FloatArray) -> NDArray[np.float64]:
        """Give the residual of a block of frames, (K, n)."""
        values = frames.reshape(len(frames), -1)[:, self.pixels].T.astype(np.float64)
        return np.asarray(self.weights @ values - self.of_components @ C - self.of_background @ f)


def residual_traces(
    movie: FrameSource, A: csc_matrix, C: FloatArray, background: Background, progress: Progress = silent
) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """Compute `YrA` of a movie a block of frames at a time; 0 where a footprint is empty.

    Parameters
    ----------
    A
        (H*W, K) footprints, Fortran pixel order.
    C
        (K, T) denoised traces.

    Yields
    ------
    start, stop, YrA
        (K, stop - start) of these frames.
    """
    n_frames, height, width = movie.shape
    projection = _projection(A, background.b, (height, width))
    for start, stop in chunks(n_frames, max(1, _BLOCK_PX // (height * width))):
        f = background.f[:, start:stop]
        yield start, stop, projection.residual(movie.read(start, stop), C[:, start:stop], f)
        progress(stop / n_frames, f"residual: frame {stop} of {n_frames}")


def _projection(A: csc_matrix, b: FloatArray, dims: tuple[int, int]) -> _Projection:
    norms = np.asarray(A.astype(np.float64).power(2).sum(axis=0)).ravel()
    scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    covered = np.unique(A.indices)
    footprints = csr_matrix(A, dtype=np.float64)[covered]
    weights = csr_matrix(footprints.multiply(scale).T)
    x, y = np.divmod(covered, dims[0])
    overlap = weights @ np.asarray(b, np.float64)[covered]
    return _Projection(y.astype(np.intp) * dims[1] + x, weights, csr_matrix(weights @ footprints), overlap)
