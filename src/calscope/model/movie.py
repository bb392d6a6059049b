"""Movies as sources of frames: axes are (frame, y, x), row 0 on top; nothing holds a whole movie in memory."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class FrameSource(Protocol):
    """Anything that frames can be read from: a recording on disk, a corrected movie, an array in a test."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""


@dataclass(frozen=True)
class ArrayMovie:
    """A movie that is already an array, for tests and small crops."""

    frames: NDArray

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        t, h, w = self.frames.shape
        return t, h, w

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.frames.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""
        return self.frames[start:stop]


@dataclass(frozen=True)
class Movie:
    """A movie coded in 16 bits: value = offset + scale * code.

    A corrected movie has fractional values; as float32 it would take twice the room of the raw one. Coding its range in
    65536 steps keeps it at the size of a uint16 recording, with a rounding error far below the photon noise.
    """

    codes: NDArray[np.uint16]
    """(T, H, W), usually a read-only memory map."""
    scale: float = 1.0
    offset: float = 0.0

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        t, h, w = self.codes.shape
        return t, h, w

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return np.dtype(np.float32)

    @property
    def range(self) -> tuple[float, float]:
        """Values that it can hold, and one step beyond at either end."""
        return self.offset - self.scale, self.offset + 65536 * self.scale

    def read(self, start: int, stop: int) -> FloatArray:
        """Frames `start` to `stop` (exclusive) as float32, (n, H, W)."""
        return self.decode(self.codes[start:stop])

    def crop(self, rows: slice, columns: slice, start: int = 0, stop: int | None = None) -> FloatArray:
        """Part of the field over the frames `start` to `stop`, float32, (n, h, w)."""
        return self.decode(self.codes[start:stop, rows, columns])

    def decode(self, codes: NDArray[np.uint16]) -> FloatArray:
        """Turn codes into values, float32."""
        values = codes.astype(np.float32)
        values *= np.float32(self.scale)
        values += np.float32(self.offset)
        return values

    def encode(self, values: NDArray) -> NDArray[np.uint16]:
        """Turn values into codes; what lies outside of the coded range is clipped to its ends."""
        codes = (values - np.float32(self.offset)) / np.float32(self.scale)
        return np.clip(np.rint(codes), 0, 65535).astype(np.uint16)


def chunks(n_frames: int, size: int) -> list[tuple[int, int]]:
    """(start, stop) of consecutive stretches of at most `size` frames."""
    return [(start, min(start + size, n_frames)) for start in range(0, n_frames, size)]
