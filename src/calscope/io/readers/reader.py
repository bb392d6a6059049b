"""A recording on disk, whatever its format: frames read when asked for, and what the files say of themselves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calscope.model.errors import RecordingError
from calscope.model.movie import FrameSource
from calscope.model.notes import Note
from calscope.model.recording import RecordingInfo


@dataclass(frozen=True)
class Recording:
    """Frames of one animal on disk; opening it reads headers only, `read` reads exactly the frames asked for.

    It may be read from several threads at once. Files are open only while they are read.
    """

    info: RecordingInfo
    frames: FrameSource
    """The format's own way of reading."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Numbers missing in the file names, as (first, last)."""
    skipped: tuple[str, ...] = ()
    """Files beside the recording that are no part of it, with the reason."""
    notes: tuple[Note, ...] = ()
    """What a person should know of how the files were understood."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self.info.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return self.frames.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, H, W); the ends are cut at the recording's, as in a slice.

        Raises
        ------
        RecordingError
            When a file is gone, damaged, or holds something else than the others.
        """
        inside = range(self.info.shape[0])[start:stop]
        return self.frames.read(inside.start, inside.stop)


class Reader(Protocol):
    """One format. A new one is a new file with a class like this, and a line in the registry."""

    label: str
    """What it reads, for messages: 'TIFF stacks (.tif, .tiff, .btf)'."""

    def accepts(self, path: Path) -> bool:
        """Whether this is the format of the file or folder; a quick look, no error for damaged files."""

    def open(self, path: Path, n_frames: int | None) -> Recording:
        """Open the recording, only its first `n_frames` frames if given."""


def frame_count(available: int, wanted: int | None) -> int:
    """How many frames to use of those that are there.

    Raises
    ------
    RecordingError
        When fewer than one is wanted.
    """
    if wanted is None:
        return available
    if wanted < 1:
        raise RecordingError(f"The number of frames to use is {wanted}; it must be at least 1.")
    return min(available, wanted)
