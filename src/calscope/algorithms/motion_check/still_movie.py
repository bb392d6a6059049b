"""A movie like a given one that doesn't move: what a correction makes of it is what noise and activity alone do.

Shifts are estimated from the frames that they are then applied to, so that noise is laid on the template as well as
tissue is: every measure improves a little with each shift that may be chosen freely, whether or not anything moved.
How much depends on the picture, the noise, the activity and the method; the way to know it is to correct a movie that
has all of them and doesn't move.
"""

import numpy as np

from calscope.algorithms.motion_check.sample import BLOCK
from calscope.model.movie import FloatArray, FrameSource


class StillMovie:
    """The mean image, plus what each sampled corrected frame differs from it by, mirrored left to right.

    Mirrored, noise and activity keep their strength and their course in time, and lose any relation to the picture
    beneath, which the correction has already made the most of.
    """

    def __init__(
        self,
        corrected: FrameSource,
        mean: FloatArray,
        starts: tuple[int, ...],
        window: tuple[slice, slice] = (slice(None), slice(None)),
    ) -> None:
        self._corrected = corrected
        self._mean = mean[window]
        self._starts = starts
        self._window = window

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return BLOCK * len(self._starts), *self._mean.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return np.dtype(np.float32)

    def read(self, start: int, stop: int) -> FloatArray:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""
        frames = [self._starts[k // BLOCK] + k % BLOCK for k in range(self.shape[0])[start:stop]]
        out = np.empty((len(frames), *self.shape[1:]), np.float32)
        for image, frame in zip(out, frames, strict=True):
            rest = self._corrected.read(frame, frame + 1)[0][self._window] - self._mean
            np.add(self._mean, rest[:, ::-1], out=image)
        return out
