"""A film of one or more versions of a stretch, packed for our own player in the page.

The frames are gray JPEG tiles on a few large sheets, which every browser decodes by itself; no video encoder is needed,
and any frame is there at once. All versions of a frame lie on the same sheet, so that they can't fall out of step. The
sides of a tile are whole blocks of 8 px, so that tiles don't bleed into each other.

A packed film is: the length of its head (4 bytes, little-endian), the head (JSON), and the sheets one after the other.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from calscope.model.json_text import parse_json
from calscope.model.movie import FloatArray
from calscope.model.recording import Pair
from calscope.plots.scaling import DisplayRange, nice_length, to_codes

SHEET_PX = 2048
"""Longest side of a sheet: small phones refuse images much larger than that squared."""
BLOCK_PX = 8
MOST_BYTES = 4_000_000
_MOST_FRAMES = 10_000
QUALITIES = (70, 50, 30, 15, 5)
"""JPEG qualities, tried in order until a film is small enough."""


@dataclass(frozen=True)
class FilmWords:
    """What stands around the pictures."""

    titles: tuple[str, ...]
    """One for each version."""
    frames: tuple[int, ...]
    """Number of each shown frame in the recording."""
    every: int
    fr_hz: float | None = None
    dxy_um: Pair | None = None
    """Pixel size of the recording (y, x)."""
    binning: int = 1
    curve: tuple[float, ...] = ()
    """A value for each shown frame, drawn over the slider."""
    curve_title: str = ""
    curve_unit: str = "px"
    outline: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Lines to draw over every picture: points (x, y) in pixels of the film, from its upper left corner."""


def pack_film(versions: Sequence[FloatArray], words: FilmWords, shown: DisplayRange) -> bytes:
    """Pack a film.

    Parameters
    ----------
    versions
        Each (n, h, w), of one shape.
    shown
        Values that are black and white in all of them.
    """
    n, height, width = versions[0].shape
    tile = tuple(-(-side // BLOCK_PX) * BLOCK_PX for side in (height, width))
    across = max(1, SHEET_PX // (tile[1] * len(versions)))
    down = max(1, SHEET_PX // tile[0])
    images = list(_sheets(versions, (tile[0], tile[1]), across, down, shown))
    sheets = _encode(images)
    head: dict[str, Any] = {
        **asdict(words),
        "n": n,
        "height": height,
        "width": width,
        "tile": tile,
        "across": across,
        "down": down,
        "sizes": [len(sheet) for sheet in sheets],
        "bar": _scale_bar(width, words),
        "id": hashlib.sha256(b"".join(sheets)).hexdigest()[:16],
    }
    text = json.dumps(head).encode()
    return struct.pack("<I", len(text)) + text + b"".join(sheets)


class _Head(BaseModel):
    """What the player reads of a film's head."""

    model_config = ConfigDict(extra="allow", strict=True)
    titles: Annotated[list[str], Field(min_length=1, max_length=4)]
    frames: list[int]
    every: Annotated[int, Field(ge=1)]
    fr_hz: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None
    curve: list[Annotated[float, Field(allow_inf_nan=False)]]
    curve_title: str
    curve_unit: str
    outline: list[list[tuple[float, float]]]
    n: Annotated[int, Field(ge=1, le=_MOST_FRAMES)]
    height: Annotated[int, Field(ge=1, le=SHEET_PX)]
    width: Annotated[int, Field(ge=1, le=SHEET_PX)]
    tile: Annotated[list[int], Field(min_length=2, max_length=2)]
    across: Annotated[int, Field(ge=1)]
    down: Annotated[int, Field(ge=1)]
    sizes: list[Annotated[int, Field(ge=1)]]


def check_film(film: bytes) -> None:
    """Refuse bytes that are no film of ours, as somebody else may have made them; ValueError in words."""
    if len(film) > 2 * MOST_BYTES:  # at the lowest quality a film may pass the limit a little
        raise ValueError("its film is larger than any of ours")
    n_head = struct.unpack("<I", film[:4])[0] if len(film) > 4 else 0
    try:
        head = _Head.model_validate(parse_json(film[4 : 4 + n_head].decode("utf-8")))
    except (ValueError, UnicodeError):
        raise ValueError("its head is not that of a film") from None
    if 4 + n_head + sum(head.sizes) != len(film) or head.n > len(head.sizes) * head.across * head.down:
        raise ValueError("its pictures are not all there")
    if len(head.frames) != head.n or len(head.curve) not in (0, head.n):
        raise ValueError("its frames are not those that it names")


def film_display_range(versions: Sequence[FloatArray], low: float = 1.0, high: float = 99.8) -> DisplayRange:
    """Give a display range that fits all frames of all versions, from some of their pixels."""
    values = np.concatenate([frames[:: max(1, len(frames) // 20), ::2, ::2].ravel() for frames in versions])
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    bottom, top = (float(value) for value in np.percentile(values, (low, high)))
    return (bottom, top) if top > bottom else (bottom, bottom + 1.0)


def _sheets(
    versions: Sequence[FloatArray], tile: tuple[int, int], across: int, down: int, shown: DisplayRange
) -> Iterator[NDArray[np.uint8]]:
    """Give the sheets as (H, W) uint8; the last is cut to the rows it needs."""
    n = len(versions[0])
    for first in range(0, n, across * down):
        here = min(across * down, n - first)
        rows, columns = -(-here // across), min(here, across)
        sheet = np.zeros((rows * tile[0], columns * tile[1] * len(versions)), np.uint8)
        for k in range(here):
            y = k // across * tile[0]
            for v, frames in enumerate(versions):
                x = (k % across * len(versions) + v) * tile[1]
                sheet[y : y + tile[0], x : x + tile[1]] = _padded(to_codes(frames[first + k], shown), tile)
        yield sheet


def _padded(image: NDArray[np.uint8], tile: tuple[int, int]) -> NDArray[np.uint8]:
    """Repeat the last row and column up to the tile's sides: an edge within a block would cost bytes and show."""
    return np.pad(image, ((0, tile[0] - image.shape[0]), (0, tile[1] - image.shape[1])), mode="edge")


def _encode(images: list[NDArray[np.uint8]]) -> list[bytes]:
    sheets: list[bytes] = []
    for quality in QUALITIES:
        sheets = [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes() for image in images]
        if sum(map(len, sheets)) <= MOST_BYTES:
            break
    return sheets


def _scale_bar(width: int, words: FilmWords) -> dict[str, Any] | None:
    if words.dxy_um is None:
        return None
    field_um = width * words.binning * words.dxy_um[1]
    length_um = nice_length(field_um / 4)
    return {"percent": 100 * length_um / field_um, "text": f"{length_um:g} µm"}
