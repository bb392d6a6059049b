"""The raw movie laid on the survey's template by whole pixels: no interpolation, so that its noise stays what it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calscope.algorithms.frames import replace_missing
from calscope.model.motion_preview import MotionSurvey
from calscope.model.movie import FloatArray, FrameSource

READ_PX = 400_000_000
"""Pixels looked at at most; of a longer movie the frames in its middle."""
RIM_QUANTILE = 0.95
"""Of the shifts: so much of the rim that they leave is not looked at, at most a quarter of each side."""
_FILL_FRAMES = 40


@dataclass(frozen=True)
class SettledMovie:
    """A stretch of a movie, settled; a source of frames, float32 and finite."""

    source: FrameSource
    first: int
    """Frame of the source that is frame 0 here."""
    shifts: NDArray[np.intp]
    """(T, 2) px (y, x), as applied."""
    fill: FloatArray
    """(H, W) stands in for values that are missing."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return len(self.shifts), *self.source.shape[1:]

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return np.dtype(np.float32)

    @property
    def rim_px(self) -> tuple[int, int]:
        """Rows and columns at each side that are often not seen."""
        away = np.quantile(np.abs(self.shifts), RIM_QUANTILE, axis=0)
        y, x = (min(int(px), side // 4) for px, side in zip(away, self.shape[1:], strict=True))
        return y, x

    def read(self, start: int, stop: int) -> FloatArray:
        """Frames `start` to `stop` (exclusive), (n, H, W); at the rim the nearest pixel is repeated."""
        frames, _ = replace_missing(self.source.read(self.first + start, self.first + stop), self.fill)
        rows, columns = (np.arange(side) for side in self.shape[1:])
        for t, (down, right) in enumerate(self.shifts[start:stop]):
            if down or right:
                taken = frames[t][np.clip(rows - down, 0, rows[-1])]
                frames[t] = taken[:, np.clip(columns - right, 0, columns[-1])]
        return frames


def settle(source: FrameSource, survey: MotionSurvey, read_px: int = READ_PX) -> SettledMovie:
    """Give the movie, or the middle of a long one, with the shifts of the survey undone.

    Parameters
    ----------
    source
        The raw movie, (T, H, W).
    survey
        From `survey_motion`; where it left frames out, their shifts are interpolated.
    """
    n_frames, height, width = source.shape
    length = min(n_frames, max(1, read_px // (height * width)))
    first = (n_frames - length) // 2
    at = np.arange(first, first + length)
    steady = survey.shifts - np.median(survey.shifts, axis=0)
    shifts = [np.interp(at, survey.frames, steady[:, axis]) for axis in (0, 1)]
    return SettledMovie(source, first, np.rint(np.stack(shifts, axis=1)).astype(np.intp), _fill(source))


def _fill(source: FrameSource) -> FloatArray:
    """Mean of the finite values of each pixel in some frames; 0 where there is none."""
    n_frames = source.shape[0]
    total, count = np.zeros(source.shape[1:]), np.zeros(source.shape[1:])
    if np.issubdtype(source.dtype, np.integer):
        return total.astype(np.float32)  # nothing can be missing
    for frame in np.unique(np.linspace(0, n_frames - 1, min(_FILL_FRAMES, n_frames)).astype(int)):
        values = np.asarray(source.read(int(frame), int(frame) + 1)[0], np.float64)
        finite = np.isfinite(values)
        total += np.where(finite, values, 0)
        count += finite
    return (total / np.maximum(count, 1)).astype(np.float32)
