"""A part of a recording, held in memory, as a recording of its own: every stage runs on it as on a whole one."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calscope.io.readers.reader import Recording
from calscope.model.crop import Crop
from calscope.model.progress import Progress, silent
from calscope.model.recording import RecordingInfo

_CHUNK = 64


@dataclass(frozen=True)
class CroppedRecording:
    """The frames of a crop, and what is known of them; its fingerprint is the recording's with the crop's numbers."""

    info: RecordingInfo
    frames: NDArray
    """(T, H, W) of the recording's own type."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.info.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return self.frames.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive) of the crop, (n, H, W)."""
        return self.frames[start:stop]


def cropped_info(info: RecordingInfo, crop: Crop) -> RecordingInfo:
    """Give what is known of a part of a recording; RecordingError as `Crop.check_inside`."""
    crop.check_inside(info.shape)
    numbers = " ".join(str(number) for number in crop.to_dict().values())
    return replace(info, shape=crop.shape, fingerprint=f"{info.fingerprint} crop {numbers}")


def read_crop(recording: Recording, crop: Crop, progress: Progress = silent) -> CroppedRecording:
    """Read a part of a recording into memory.

    Raises
    ------
    RecordingError
        When the crop is not inside of the recording or too small, or a file can't be read.
    """
    info = cropped_info(recording.info, crop)
    frames = np.empty(crop.shape, recording.dtype)
    for start in range(0, len(frames), _CHUNK):
        stop = min(start + _CHUNK, len(frames))
        chunk = recording.read(crop.start + start, crop.start + stop)
        frames[start:stop] = chunk[:, crop.top : crop.bottom, crop.left : crop.right]
        progress(stop / len(frames), "reading the crop")
    frames.flags.writeable = False
    return CroppedRecording(info, frames)
