"""The skeleton of a TIFF file: where each page's pixels lie and how they are packed (TIFF 6.0 and BigTIFF).

tifffile decodes the pixels; it is not asked for the skeleton because this is the part that must be quick over thousands
of pages, must not warn on a console that nobody reads, and must say at which frame a damaged file breaks off.
"""

import math
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calscope.io.readers.file_errors import BrokenFileError

Buffer = bytes | mmap.mmap

_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LAYOUT_TAGS = {
    256: "width",
    257: "height",
    258: "bits",
    259: "compression",
    262: "photometric",
    266: "fill_order",
    273: "offsets",
    277: "samples",
    278: "rows_per_strip",
    279: "counts",
    284: "planar",
    317: "predictor",
    322: "tile_width",
    323: "tile_height",
    324: "offsets",
    325: "counts",
    338: "extra_samples",
    339: "sample_format",
}
_OFTEN_ABSENT = {
    "bits": 1,
    "compression": 1,
    "photometric": 1,
    "fill_order": 1,
    "samples": 1,
    "planar": 1,
    "predictor": 1,
    "tile_width": 0,
    "tile_height": 0,
    "sample_format": 1,
    "rows_per_strip": 0,
}
MOST_FRAME_BYTES = 1 << 27
"""Pixels of one frame, uncompressed: 8192 x 8192 px in 16 bits. Larger ones are claims of damaged headers."""

Packing = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One image of a TIFF file."""

    height: int
    width: int
    packing: Packing
    """Everything else that says how pixels are packed; pages that agree in it are decoded in the same way."""
    offsets: tuple[int, ...]
    """Where the page's strips or tiles begin in the file."""
    counts: tuple[int, ...]
    """How many bytes each of them has."""
    directory: int = 0
    """Number of its directory in the file."""

    def packed(self, name: str) -> int:
        """One entry of the packing."""
        return dict(self.packing)[name]

    @property
    def end(self) -> int:
        """The byte after the last one of the pixels."""
        return max(map(sum, zip(self.offsets, self.counts, strict=True)), default=0)


@contextmanager
def mapped(path: Path) -> Iterator[Buffer]:
    """Give the bytes of a file without reading them all; an empty file gives none."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
            yield buffer


def pages(buffer: Buffer) -> Iterator[Page]:
    """Yield the pages of a TIFF file in their order.

    Raises
    ------
    BrokenFileError
        Where the chain of pages breaks off; those before it were good.
    """
    layout, at = _header(buffer)
    directories = _Directories(buffer, layout)
    seen: set[int] = set()
    while at:
        directory = len(seen)
        if at in seen:
            raise BrokenFileError("its pages point back to each other")
        seen.add(at)
        values, at = directories.read(at)
        if values.pop("reduced", 0):
            continue
        yield _page(values, layout, directory)


@dataclass(frozen=True)
class _Layout:
    order: str
    """'<' or '>'."""
    count: struct.Struct
    entry: struct.Struct
    pointer: struct.Struct


def _header(buffer: Buffer) -> tuple[_Layout, int]:
    """How numbers are written in this file, and where the first page's directory is."""
    order = {b"II": "<", b"MM": ">"}.get(buffer[:2])
    if order is None or len(buffer) < 8:
        raise BrokenFileError("it does not begin as a TIFF file does")
    (version,) = struct.unpack_from(order + "H", buffer, 2)
    if version == 42:
        layout = _Layout(order, *(struct.Struct(order + code) for code in ("H", "HHI4s", "I")))
        return layout, layout.pointer.unpack_from(buffer, 4)[0]
    if version == 43 and len(buffer) >= 16:
        layout = _Layout(order, *(struct.Struct(order + code) for code in ("Q", "HHQ8s", "Q")))
        return layout, layout.pointer.unpack_from(buffer, 8)[0]
    raise BrokenFileError("it does not begin as a TIFF file does")


class _Directories:
    """Reads the directories of one file, which together may not claim more bytes than the file has.

    Without that bound, many directories that share their bytes could keep the reader busy for hours.
    """

    def __init__(self, buffer: Buffer, layout: _Layout) -> None:
        self._buffer = buffer
        self._layout = layout
        self._bytes_left = len(buffer)

    def read(self, at: int) -> tuple[dict, int]:
        """Values of one page's directory that matter here, and where the next directory is (0 after the last)."""
        layout = self._layout
        self._claim(at, layout.count.size)
        first = at + layout.count.size
        (n,) = layout.count.unpack_from(self._buffer, at)
        last = first + n * layout.entry.size
        self._claim(first, n * layout.entry.size + layout.pointer.size)
        values: dict = {}
        for tag, kind, count, raw in layout.entry.iter_unpack(self._buffer[first:last]):
            if tag in _LAYOUT_TAGS:
                values[_LAYOUT_TAGS[tag]] = self._integers(kind, count, raw)
            elif tag == 254:
                # a reduced copy of another image, as for previews: no frame
                values["reduced"] = self._integers(kind, count, raw)[0] & 1
        return values, layout.pointer.unpack_from(self._buffer, last)[0]

    def _integers(self, kind: int, count: int, raw: bytes) -> tuple[int, ...]:
        """Values of one directory entry, which lie in the entry itself where they fit."""
        code = _INTEGERS.get(kind)
        if code is None or not count:
            raise BrokenFileError("its page directory is damaged")
        layout, size = self._layout, count * _SIZES[kind]
        if size <= len(raw):
            return struct.unpack_from(f"{layout.order}{count}{code}", raw)
        (where,) = layout.pointer.unpack(raw)
        self._claim(where, size)
        return struct.unpack_from(f"{layout.order}{count}{code}", self._buffer, where)

    def _claim(self, at: int, size: int) -> None:
        """Refuse bytes behind the end of the file, and more of them than there are."""
        if at + size > len(self._buffer):
            raise BrokenFileError("the file ends early or is damaged")
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise BrokenFileError("its page directories claim more bytes than the file has")


def _page(values: dict, layout: _Layout, directory: int) -> Page:
    """Make a page from the values of its directory."""
    try:
        height, width = values.pop("height")[0], values.pop("width")[0]
        offsets, counts = values.pop("offsets"), values.pop("counts")
    except KeyError as error:
        raise BrokenFileError("a page does not say where its pixels are") from error
    if len(offsets) != len(counts):
        raise BrokenFileError("its page directory is damaged")
    packing = {name: values[name][0] if name in values else usual for name, usual in _OFTEN_ABSENT.items()}
    packing["big_endian"] = int(layout.order == ">")
    # one strip for all rows may say so with any number of rows from the height up
    packing["rows_per_strip"] = min(packing["rows_per_strip"] or height, height)
    page = Page(height, width, tuple(packing.items()), offsets, counts, directory)
    _check_size(page)
    return page


def _check_size(page: Page) -> None:
    """Refuse a page of no pixels, or of so many that only a damaged directory can claim them."""
    tile_px = page.packed("tile_height") * page.packed("tile_width")
    largest = max(frame_bytes(page), tile_px * page.packed("bits") * page.packed("samples") // 8)
    if not (page.height and page.width) or largest > MOST_FRAME_BYTES:
        tiles = f" in tiles of {page.packed('tile_height')} x {page.packed('tile_width')} px" if tile_px else ""
        raise BrokenFileError(f"its directory names an image of {page.height} x {page.width} px{tiles}, which can't be")


def frame_bytes(page: Page) -> int:
    """Size of a page's pixels when they are not compressed."""
    return page.height * math.ceil(page.width * page.packed("bits") / 8) * page.packed("samples")


def n_segments(page: Page) -> int:
    """How many strips or tiles make up a page."""
    packing = dict(page.packing)
    rows, columns = packing["tile_height"], packing["tile_width"]
    if rows and columns:
        return math.ceil(page.height / rows) * math.ceil(page.width / columns)
    return math.ceil(page.height / max(packing["rows_per_strip"], 1))


def lies_plain(page: Page) -> bool:
    """Whether the pixels lie in the file as they lie in memory, row after row and without compression."""
    packing = dict(page.packing)
    plain = packing["compression"] == 1 and packing["predictor"] == 1 and packing["samples"] == 1
    if not plain or packing["tile_width"] or packing["fill_order"] != 1 or packing["bits"] not in {8, 16, 32, 64}:
        return False
    starts = page.offsets[0]
    for offset, count in zip(page.offsets, page.counts, strict=True):
        if offset != starts:
            return False
        starts += count
    return sum(page.counts) == frame_bytes(page)
