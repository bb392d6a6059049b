"""What a reader of one format declares and gives, and the recording that is made of it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calscope.io.file_names import safe_name, stem_of
from calscope.io.readers.file_errors import in_words
from calscope.io.readers.fingerprint import fingerprint
from calscope.model.errors import RecordingError
from calscope.model.movie import FrameSource
from calscope.model.notes import Note
from calscope.model.recording import Pair, RecordingInfo


@dataclass(frozen=True)
class Recording:
    """Frames of one animal on disk; opening it reads headers only, `read` reads exactly the frames asked for.

    It may be read from several threads at once. Files are open only while they are read.
    """

    info: RecordingInfo
    frames: FrameSource
    """The format's own way of reading."""
    files: tuple[Path, ...]
    """All files that it is made of."""
    gaps: tuple[tuple[int, int], ...] = ()
    """Numbers missing in the file names, as (first, last)."""
    skipped: tuple[Note, ...] = ()
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
        with in_words(Path(self.info.path)):
            return self.frames.read(inside.start, inside.stop)

    def is_unchanged(self) -> bool:
        """Whether its files are those that were opened; takes milliseconds."""
        try:
            return fingerprint(self.files) == self.info.fingerprint
        except RecordingError:
            return False

    def check_unchanged(self) -> None:
        """Refuse what was read of it where its files have changed since it was opened.

        Raises
        ------
        RecordingError
            With the next step.
        """
        if not self.is_unchanged():
            raise RecordingError(f"{self.info.path} changed while it was read. Look again when it is complete.")


@dataclass(frozen=True)
class FoundRecording:
    """A recording that a reader sees in a folder, not yet opened."""

    path: Path
    """What opens it: one of its files, or the folder itself where the files directly in it are one recording."""
    files: tuple[Path, ...]
    """All files that belong to it."""


@dataclass(frozen=True)
class Found:
    """What a reader sees of its format directly in a folder."""

    recordings: tuple[FoundRecording, ...] = ()
    skipped: Mapping[Path, Note] = field(default_factory=dict)
    """Files of the format that are no recording, each with a note that names it and says why."""


@dataclass(frozen=True)
class OpenedFiles:
    """What a reader gives of the files that it opened; all else of a recording is the same for every format."""

    files: tuple[Path, ...]
    """All files that were read or will be, also those with metadata only, in a fixed order."""
    frames: FrameSource
    """All frames; which of them are used is decided elsewhere."""
    fr_hz: float | None = None
    fr_source: str = ""
    """Where the frame rate was read from; empty where it is unknown."""
    dxy_um: Pair | None = None
    """Pixel size in µm per px (y, x); None where it is unknown."""
    dxy_source: str = ""
    gaps: tuple[tuple[int, int], ...] = ()
    """Numbers missing in the file names, as (first, last)."""
    notes: tuple[Note, ...] = ()
    """What a person should know of how the files were understood."""
    skipped: Mapping[Path, Note] = field(default_factory=dict)
    """Files of the format beside them that are no part of the recording, each with the reason."""


class Reader(Protocol):
    """One format. A new one is a new file (or folder) with a class like this, and a line in the registry.

    Cache keys follow the class's module and all that it imports of `calscope.io`; results of recordings in other
    formats stay valid when it changes.
    """

    @property
    def name(self) -> str:
        """Short name of the format, for records and messages: 'TIFF'. No other reader's."""

    @property
    def label(self) -> str:
        """What it reads, for messages: 'TIFF stacks (.tif, .tiff)'."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """Packages that decode its pixels; with another release of one, values may be others."""

    def find(self, folder: Path, *, as_whole: bool) -> Found:
        """See which recordings lie directly in a folder; its subfolders are looked into by whoever asks.

        `as_whole` says whether the folder itself may be one recording. It may not where other recordings lie in it,
        and then files that only together are a recording are passed over.

        Raises
        ------
        RecordingError
            When the folder can't be looked into.
        """

    def accepts(self, path: Path) -> bool:
        """Whether the file, or the folder as a whole, is a recording in this format.

        A quick look: damaged files of the format are accepted, and `open` says what is wrong with them.

        Raises
        ------
        RecordingError
            When the folder can't be looked into.
        """

    def open(self, path: Path, n_frames: int | None) -> OpenedFiles:
        """Open a file or folder that it accepts, without reading pixels.

        `n_frames` says how many of the first frames will be used, None for all: damage behind them does no harm.

        Raises
        ------
        RecordingError
            Naming the file, what was expected, and what to do.
        """


def as_recording(
    reader: Reader, path: Path, opened: OpenedFiles, n_frames: int | None, skipped: tuple[Note, ...]
) -> Recording:
    """Make the recording of what a reader opened.

    Raises
    ------
    RecordingError
        When fewer than one frame is wanted, or a file can't be read.
    """
    available, height, width = opened.frames.shape
    info = RecordingInfo(
        name=safe_name(stem_of(path.name) if path.is_file() else path.resolve().name),
        path=os.fspath(path),
        shape=(frame_count(available, n_frames), height, width),
        dtype=str(opened.frames.dtype),
        n_files=len(opened.files),
        fingerprint=fingerprint(opened.files),
        reader=reader.name,
        fr_hz=opened.fr_hz,
        fr_source=opened.fr_source,
        dxy_um=opened.dxy_um,
        dxy_source=opened.dxy_source,
    )
    return Recording(info, opened.frames, opened.files, opened.gaps, skipped, opened.notes)


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
