"""Pixels of TIFF pages into arrays: straight reads where they lie plain, tifffile's decoders where they are packed."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BufferedReader
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from calscope.io.readers.file_errors import BrokenFileError, unreadable
from calscope.io.readers.tiff.ifd import Packing, Page, lies_plain, n_segments

Decoder = Callable
_KINDS = {1: "u", 2: "i", 3: "f"}
_JPEG = {6, 7, 33007}


def open_quietly(path: Path) -> tifffile.TiffFile:
    """Open with tifffile, without warnings on the console; OME files that name other files are taken alone."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)
    return tifffile.TiffFile(path, is_ome=False)


def pixel_type(page: Page) -> np.dtype | None:
    """Type of the page's pixels in the machine's byte order; None for types that hold no brightness."""
    kind, bits = _KINDS.get(page.packed("sample_format")), page.packed("bits")
    if kind == "u" and bits in {10, 12, 14}:
        bits = 16
    if kind is None or bits not in ({16, 32, 64} if kind == "f" else {8, 16, 32, 64}):
        return None
    return np.dtype(f"{kind}{bits // 8}")


def values_type(page: Page, *, signed: bool) -> np.dtype | None:
    """Type of a page's values: of its pixels, unless those are signed 16-bit numbers kept as unsigned ones."""
    kind = pixel_type(page)
    return np.dtype(np.int16) if signed and kind == np.uint16 else kind


def as_values(pixels: NDArray, dtype: np.dtype) -> NDArray:
    """Pixels, in place, as values of the type that `values_type` gave: less 32768 where that is another one."""
    if pixels.dtype == dtype:
        return pixels
    np.bitwise_xor(pixels, 1 << 15, out=pixels)
    return pixels.view(dtype)


def read_pages(path: Path, pages: Sequence[Page], out: NDArray, first: int | None = None) -> None:
    """Fill `out`, (n, H, W), with the pixels of pages of one file.

    `first` is the number of the first page where the file has more than one, for messages.

    Raises
    ------
    RecordingError
        Naming the file and the frame that can't be read.
    """
    done = 0
    try:
        with path.open("rb") as file:
            while done < len(pages):
                done += _read_some(file, path, pages[done:], out[done:])
    except Exception as error:
        raise unreadable(path, error, None if first is None else first + done) from error


def _read_some(file: BufferedReader, path: Path, pages: Sequence[Page], out: NDArray) -> int:
    """Read the next page, with those that follow it in the file without a gap; gives how many."""
    page = pages[0]
    if not lies_plain(page):
        if not all(page.counts):
            out[0] = _left_out(path)
        _decode(file, page, _decoder(_packed_like(path, page)), out[0])
        return 1
    size, n = sum(page.counts), 1
    # a page of many strips is looked at alone: checking each of the next pages would cost more than it saves
    while n < len(pages) and len(page.offsets) == 1 and pages[n].offsets == (page.offsets[0] + n * size,):
        n += 1
    file.seek(page.offsets[0])
    if file.readinto(out[:n].data.cast("B")) != n * size:
        raise BrokenFileError("the file ends early")
    if page.packed("big_endian") == int(np.little_endian):
        out[:n].byteswap(inplace=True)
    return n


def _decode(file: BufferedReader, page: Page, decoder: Decoder, out: NDArray) -> None:
    """Decode a page's strips or tiles into an image; where they have no bytes it stays as it is."""
    if len(page.offsets) < n_segments(page):
        raise BrokenFileError("its directory does not say where all of its pixels are")
    for index, (offset, count) in enumerate(zip(page.offsets, page.counts, strict=True)):
        if not count:
            continue
        file.seek(offset)
        data = file.read(count)
        if len(data) != count:
            raise BrokenFileError("the file ends early")
        segment, (_, _, y, x, _), shape = decoder(data, index)
        if segment is None:
            continue
        rows, columns = min(shape[1], page.height - y), min(shape[2], page.width - x)
        out[y : y + rows, x : x + columns] = segment[0, :rows, :columns, 0]


def _left_out(path: Path) -> float:
    """Value of the pixels that a sparse file leaves out: what GDAL's tag names as no data, else 0."""
    with open_quietly(path) as file:
        return file.pages.first.nodata


@dataclass(frozen=True)
class _Packed:
    """What pages must agree in to be decoded in the same way, with one such page to learn it from."""

    height: int
    width: int
    packing: Packing
    own_tables: Path | None
    """The file, for the old JPEG formats whose tables stand in the file's header."""
    path: Path = field(compare=False)
    directory: int = field(compare=False)


@lru_cache(maxsize=64)
def _decoder(packed: _Packed) -> Decoder:
    """Give tifffile's decoder for such pages; a recording of thousands of files asks for it once."""
    with open_quietly(packed.path) as file:
        return file.pages[packed.directory].aspage().decode


def _packed_like(path: Path, page: Page) -> _Packed:
    own_tables = path if page.packed("compression") in _JPEG else None
    return _Packed(page.height, page.width, page.packing, own_tables, path, page.directory)
