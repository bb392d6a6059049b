"""TIFF stacks: many frames in a file, in one file or in several that continue each other."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calscope.io.file_names import gaps_in, in_order
from calscope.io.readers.file_errors import BrokenFileError, unreadable
from calscope.io.readers.reader import OpenedFiles
from calscope.io.readers.tiff.checks import (
    check_field,
    check_files_follow_in_time,
    check_gray,
    check_one_channel_and_plane,
    check_same,
    check_same_scale,
    check_same_sign,
    unread_metadata,
)
from calscope.io.readers.tiff.ifd import Page, frame_bytes, lies_plain, mapped, pages
from calscope.io.readers.tiff.metadata import TiffMetadata, read_metadata
from calscope.io.readers.tiff.pixels import as_values, pixel_type, read_pages, values_type
from calscope.model.errors import RecordingError
from calscope.model.notes import Note

_UNFINISHED = "the program that wrote it broke off, and did not list the images that follow"


@dataclass(frozen=True)
class StackFile:
    """One file with its pages; `broken` says where and why the file breaks off, empty when it is whole."""

    path: Path
    pages: list[Page]
    metadata: TiffMetadata
    broken: str = ""


def scan_stack(path: Path) -> StackFile:
    """Find the frames of a stack without reading their pixels.

    Raises
    ------
    RecordingError
        When not even the first frame can be read.
    """
    found: list[Page] = []
    broken = ""
    try:
        size = path.stat().st_size
        with mapped(path) as buffer:
            found.extend(pages(buffer))
    except BrokenFileError as error:
        broken = str(error)
    except OSError as error:
        raise unreadable(path, error) from error
    if not found:
        raise unreadable(path, BrokenFileError(broken or "it holds no image"))
    metadata = read_metadata(path)
    n_images = _n_described(found[0], metadata, size) if len(found) == 1 else len(found)
    if n_images > len(found):
        found = _without_directories(found[0], n_images, size)
    elif _unlisted(found, metadata, size):
        broken = broken or _UNFINISHED
    inside = next((i for i, page in enumerate(found) if page.end > size), len(found))
    if inside < len(found):
        broken = "the file ends early"
    return StackFile(path, found[:inside], metadata, broken)


def _unlisted(found: list[Page], metadata: TiffMetadata, size: int) -> bool:
    """Whether the pixels of further images lie behind the only one listed, in a file that was never closed."""
    if len(found) != 1 or not metadata.by_tifffile or not lies_plain(found[0]):
        return False
    return size - found[0].end >= frame_bytes(found[0])


def _n_described(only: Page, metadata: TiffMetadata, file_bytes: int) -> int:
    """How many images the only directory of a file stands for.

    A single frame that ImageJ saved from a stack still names the stack's number of images. So a file with room for one
    image is one frame; but not where tifffile, which notes an array's shape as it begins to write it, was broken off.
    """
    n_images = metadata.n_images or 1
    has_room = file_bytes - only.end >= frame_bytes(only)
    return n_images if lies_plain(only) and (has_room or metadata.shape) else 1


def _without_directories(first: Page, n_images: int, file_bytes: int) -> list[Page]:
    """Pages of a file that describes only its first image; the others follow its pixels (ImageJ, above 4 GB).

    Of a number of images that the file can't hold, the first that is missing is given too, which shows the damage.
    """
    size, start = frame_bytes(first), first.offsets[0]
    n_given = min(n_images, max(file_bytes - start, 0) // size + 1)
    return [replace(first, offsets=(start + i * size,), counts=(size,)) for i in range(n_given)]


def holds_many(path: Path) -> bool:
    """Whether a TIFF file holds more than one image; False for files that can't be read."""
    try:
        with mapped(path) as buffer:
            found, size = list(islice(pages(buffer), 2)), len(buffer)
    except (BrokenFileError, OSError):
        return False
    return len(found) > 1 or (len(found) == 1 and _n_described(found[0], read_metadata(path), size) > 1)


def is_damaged(path: Path) -> bool:
    """Whether a TIFF file can't be read as far as its second image, or to the end of its only one.

    Nobody knows then how many it held; nor where writing them was broken off before they were listed.
    """
    try:
        with mapped(path) as buffer:
            found, size = list(islice(pages(buffer), 2)), len(buffer)
    except (BrokenFileError, OSError):
        return True
    if len(found) != 1:
        return not found
    short = frame_bytes(found[0]) > size - found[0].end
    return found[0].end > size or (not short and _unlisted(found, read_metadata(path), size))


class StackFrames:
    """Frames of one or several stacks, read where they lie."""

    def __init__(self, files: list[StackFile]) -> None:
        self._files = files
        self._starts = [0, *accumulate(len(file.pages) for file in files)]
        first = files[0].pages[0]
        self._size = first.height, first.width
        pixels, values = pixel_type(first), values_type(first, signed=files[0].metadata.signed)
        assert pixels is not None and values is not None, "check_gray lets no other type pass"  # noqa: S101
        self._pixels, self._dtype = pixels, values

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows, columns."""
        return self._starts[-1], *self._size

    @property
    def dtype(self) -> np.dtype:
        """Type of the values that `read` gives."""
        return self._dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Frames `start` to `stop` (exclusive), (n, H, W)."""
        out = np.empty((max(stop - start, 0), *self._size), self._pixels)
        at = start
        while at < stop:
            which = bisect_right(self._starts, at) - 1
            file, begin = self._files[which], at - self._starts[which]
            wanted = file.pages[begin : begin + stop - at]
            read_pages(file.path, wanted, out[at - start : at - start + len(wanted)], begin)
            at += len(wanted)
        return as_values(out, self._dtype)


def open_stacks(tiffs: list[Path], n_frames: int | None) -> OpenedFiles:
    """Open one stack, or several that continue each other; reads the directories of their pages, no pixels.

    Raises
    ------
    RecordingError
        When they are no movie, their order is not known, or one is damaged before the last frame that is wanted.
    """
    paths, numbers = in_order(tiffs) if len(tiffs) > 1 else (tiffs, [])
    files = [scan_stack(one) for one in paths]
    notes = _check(files, n_frames)
    if len(files) > 1:
        in_time = check_files_follow_in_time(paths, files[0].metadata)
        notes = (Note("files_joined", {"n": len(files)}), *in_time, *notes)
    rate = next((file for file in files if file.metadata.fr_hz), files[0])
    size = next((file for file in files if file.metadata.dxy_um), files[0])
    return OpenedFiles(
        tuple(paths),
        StackFrames(files),
        fr_hz=rate.metadata.fr_hz,
        fr_source=f"{rate.metadata.fr_source} in '{rate.path.name}'" if rate.metadata.fr_hz else "",
        dxy_um=size.metadata.dxy_um,
        dxy_source=f"{size.metadata.dxy_source} in '{size.path.name}'" if size.metadata.dxy_um else "",
        gaps=gaps_in(numbers),
        notes=notes,
    )


def _check(files: list[StackFile], n_frames: int | None) -> tuple[Note, ...]:
    """Refuse what is no movie; gives notes on what was taken as one."""
    notes: tuple[Note, ...] = ()
    first = files[0]
    if first.pages:
        check_gray(first.path, first.pages[0])
        check_field(first.path, first.pages[0])
    with_metadata = [(file.path, file.metadata) for file in files]
    check_same_scale(with_metadata)
    check_same_sign(with_metadata)
    before = 0
    for file in files:
        notes += unread_metadata(file.path, file.metadata)
        notes += check_one_channel_and_plane(file.path, file.metadata, len(file.pages))
        for frame, page in enumerate(file.pages):
            check_same((first.path, first.pages[0]), (file.path, page), frame)
        before += len(file.pages)
        if file.broken:
            return notes + _broken(file, before, n_frames)
    return notes


def _broken(file: StackFile, readable: int, n_frames: int | None) -> tuple[Note, ...]:
    """Give a note when the frames asked for come before the damage, else an error that says how many can be read."""
    frame = len(file.pages)
    if n_frames is not None and 0 < n_frames <= readable:
        return (Note("file_damaged", {"file": file.path.name, "frame": frame, "why": str(file.broken)}),)
    use = f"; or use only the first {readable} frames of the recording, which are readable" if readable else ""
    raise RecordingError(
        f"Can't read frame {frame} (counted from 0) of '{file.path.name}' in '{file.path.parent}': {file.broken}. "
        f"Copy the file again from where it was recorded{use}."
    )
