"""Frames as a fit explains them, A C + b f (Pnevmatikakis et al. 2016), and what it leaves of a movie."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from calscope.model.movie import FloatArray, FrameSource
from calscope.model.results import Components

Crop = tuple[int, int, int, int]
"""First row, row behind the last, first column, column behind the last, px."""


@dataclass(frozen=True)
class ModelFrames:
    """The model of a part of the field, as a source of frames."""

    components: Components
    crop: Crop

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        top, bottom, left, right = self.crop
        return self.components.n_frames, bottom - top, right - left

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return np.dtype(np.float32)

    def read(self, start: int, stop: int) -> FloatArray:
        """Frames `start` to `stop` (exclusive), (n, h, w)."""
        members, A, b = self._parts
        cells = np.asarray(A @ self.components.C[members, start:stop], np.float32)
        whole = cells + b @ self.components.f[:, start:stop]
        return np.ascontiguousarray(whole.T).reshape(-1, *self.shape[1:])

    @cached_property
    def _parts(self) -> tuple[NDArray[np.intp], csr_matrix, FloatArray]:
        """Give the components that reach into the part, their footprints and the background there, in row order."""
        top, bottom, left, right = self.crop
        y, x = np.mgrid[top:bottom, left:right]
        pixels = (y + x * self.components.dims[0]).ravel()
        A = csr_matrix(self.components.A)[pixels]
        members = np.unique(A.indices).astype(np.intp)
        return members, A[:, members], np.asarray(self.components.b[pixels], np.float32)


@dataclass(frozen=True)
class ResidualFrames:
    """What a model leaves of a movie, moved up by a level to be shown in the movie's own range."""

    movie: FrameSource
    model: ModelFrames
    level: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.model.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return np.dtype(np.float32)

    def read(self, start: int, stop: int) -> FloatArray:
        """Frames `start` to `stop` (exclusive), (n, h, w)."""
        left = np.asarray(self.movie.read(start, stop), np.float32) - self.model.read(start, stop)
        return left + np.float32(self.level)
