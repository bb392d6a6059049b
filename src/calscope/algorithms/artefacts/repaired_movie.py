"""A recording without what its check found: frames with other light replaced, parts that never change filled.

The offset between rows that a person entered is undone as well.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calscope.model.artefacts import RecordingCheck
from calscope.model.movie import FloatArray, FrameSource


@dataclass(frozen=True)
class RepairedMovie:
    """Frames of a source; those with light artefacts are interpolated between the nearest others."""

    source: FrameSource
    light_artefacts: NDArray[np.bool_]
    """(T,)."""
    still_fill: FloatArray
    """(H, W) what stands in every frame for the pixels that never change; NaN at the others."""
    line_offset_px: float = 0.0
    """Rows 1, 3, 5 … lie this much further to the right, and are moved back."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives: the source's."""
        return self.source.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""
        frames = self.source.read(start, stop)
        artefacts = np.flatnonzero(self.light_artefacts[start : start + len(frames)])
        if artefacts.size:
            frames = frames.copy()
            for index in artefacts.tolist():
                frames[index] = self._as_type(self._between(start + index))
        if self.line_offset_px:
            frames = self._as_type(rows_moved_back(frames, self.line_offset_px))
        if self._still.any():
            frames = frames.copy()
            frames[:, self._still] = self._as_type(self.still_fill[self._still])
        return frames

    @cached_property
    def _still(self) -> NDArray[np.bool_]:
        return np.isfinite(self.still_fill)

    @cached_property
    def _good(self) -> NDArray[np.intp]:
        return np.flatnonzero(~self.light_artefacts)

    def _between(self, frame: int) -> FloatArray:
        """Interpolate a frame between the nearest good ones; at an end the nearest is repeated."""
        after = int(np.searchsorted(self._good, frame))
        right = int(self._good[min(after, len(self._good) - 1)])
        left = int(self._good[max(after - 1, 0)])
        weight = 0.0 if right == left else min(max((frame - left) / (right - left), 0.0), 1.0)
        one, other = (self.source.read(i, i + 1)[0].astype(np.float32) for i in (left, right))
        return np.asarray((1 - weight) * one + weight * other, np.float32)

    def _as_type(self, values: NDArray) -> NDArray:
        if self.dtype.kind not in "ui":
            return values.astype(self.dtype)
        limits = np.iinfo(self.dtype)
        return np.clip(np.rint(values), limits.min, limits.max).astype(self.dtype)


def rows_moved_back(frames: NDArray, offset_px: float) -> FloatArray:
    """Move rows 1, 3, 5 … to the left by `offset_px`, linear between pixels; the edge's value is repeated."""
    moved = frames.astype(np.float32)
    at = np.arange(frames.shape[2]) + offset_px
    whole = np.floor(at).astype(int)
    share = np.float32(offset_px - np.floor(offset_px))
    last = frames.shape[2] - 1
    left, right = np.clip(whole, 0, last), np.clip(whole + 1, 0, last)
    odd = moved[:, 1::2]
    moved[:, 1::2] = (1 - share) * odd[:, :, left] + share * odd[:, :, right]
    return moved


def repaired(source: FrameSource, check: RecordingCheck, line_offset_px: float) -> FrameSource:
    """Give the source itself where there is nothing to repair."""
    if not line_offset_px and not check.light_artefacts.any() and np.isnan(check.still_fill).all():
        return source
    return RepairedMovie(source, check.light_artefacts, check.still_fill, line_offset_px)
