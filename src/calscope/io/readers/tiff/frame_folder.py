"""Folders with one frame a file, in the order of the numbers at the end of the names."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calscope.io.file_names import gaps_in, in_order
from calscope.io.readers.file_errors import BrokenFileError, unreadable
from calscope.io.readers.reader import OpenedFiles, frame_count
from calscope.io.readers.tiff.checks import (
    check_field,
    check_files_follow_in_time,
    check_gray,
    check_same,
    check_same_scale,
    check_same_sign,
    unread_metadata,
)
from calscope.io.readers.tiff.ifd import Page, mapped, pages
from calscope.io.readers.tiff.metadata import read_metadata
from calscope.io.readers.tiff.pixels import as_values, pixel_type, read_pages, values_type
from calscope.model.errors import RecordingError


class FrameFiles:
    """Frames of a folder, one file each; a file is open only while its frame is read."""

    def __init__(self, paths: list[Path], first: Page, *, signed: bool) -> None:
        self._paths = paths
        self._first = first
        pixels, values = pixel_type(first), values_type(first, signed=signed)
        assert pixels is not None and values is not None, "check_gray lets no other type pass"  # noqa: S101
        self._pixels, self._dtype = pixels, values

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return len(self._paths), self._first.height, self._first.width

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return self._dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""
        out = np.empty((max(stop - start, 0), *self.shape[1:]), self._pixels)
        for path, image in zip(self._paths[start:stop], out, strict=True):
            page = only_page(path)
            check_same((self._paths[0], self._first), (path, page))
            read_pages(path, [page], image[None])
        return as_values(out, self._dtype)


def only_page(path: Path) -> Page:
    """Give the page of a file that must hold one frame.

    Raises
    ------
    RecordingError
        When the file is damaged or holds several frames.
    """
    try:
        with mapped(path) as buffer:
            found = pages(buffer)
            page = next(found, None)
            another = next(found, None)
            size = len(buffer)
    except (BrokenFileError, OSError) as error:
        raise unreadable(path, error) from error
    if page is None:
        raise unreadable(path, BrokenFileError("it holds no image"))
    if another is not None:
        raise RecordingError(
            f"'{path.name}' in '{path.parent}' holds several frames, while other files there hold one. Keep a stack "
            "and single frames in separate folders."
        )
    if page.end > size:
        raise unreadable(path, BrokenFileError("the file ends early"))
    return page


def open_frames(tiffs: list[Path], n_frames: int | None) -> OpenedFiles:
    """Open single frames; reads the header of the first frame and of every frame whose file has another size.

    Raises
    ------
    RecordingError
        When they are not frames of one recording, or their order is not known.
    """
    paths, numbers = in_order(tiffs)
    first = only_page(paths[0])
    check_gray(paths[0], first)
    check_field(paths[0], first)
    _check_others(paths[: frame_count(len(paths), n_frames)], first)
    some = dict.fromkeys((paths[0], paths[len(paths) // 2], paths[-1]))
    looked_into = [(one, read_metadata(one)) for one in some]
    check_same_scale(looked_into)
    check_same_sign(looked_into)
    metadata = looked_into[0][1]
    return OpenedFiles(
        tuple(paths),
        FrameFiles(paths, first, signed=metadata.signed),
        fr_hz=metadata.fr_hz,
        fr_source=f"{metadata.fr_source} in '{paths[0].name}'" if metadata.fr_hz else "",
        dxy_um=metadata.dxy_um,
        dxy_source=f"{metadata.dxy_source} in '{paths[0].name}'" if metadata.dxy_um else "",
        gaps=gaps_in(numbers),
        notes=(*unread_metadata(*looked_into[0]), *check_files_follow_in_time(paths, metadata)),
    )


def _check_others(paths: list[Path], first: Page) -> None:
    """Compare frames with the first; without compression files of the same size need no look before they are read."""
    plain = first.packed("compression") == 1
    size = paths[0].stat().st_size
    for path in paths[1:]:
        try:
            alike = plain and path.stat().st_size == size
        except OSError as error:
            raise unreadable(path, error) from error
        if not alike:
            check_same((paths[0], first), (path, only_page(path)))
