"""Which axes a file's own images have by its OME-XML, which may describe a recording of many files.

Microscopes that write one file per channel, per position or per so many frames (Bruker's Prairie View, Micro-Manager)
list in the first file, or in each, which plane lies in which file.
"""

import html
import math
import re
from collections import defaultdict

import numpy as np

_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b([^>]*)>")
_DATA = re.compile(r"<(?:\w+:)?TiffData\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?TiffData>)", re.DOTALL)
_FILE = re.compile(r'\bFileName\s*=\s*"([^"]*)"')
_PLANE = re.compile(r"<(?:\w+:)?Plane\b([^>]*)>")
_MOST_PLANES = 2000
_AXES = (("channels", "SizeC"), ("slices", "SizeZ"), ("frames", "SizeT"))

Sizes = tuple[tuple[str, int], ...]


def attributes(tag: str) -> dict[str, str]:
    """Give the attributes of an element, from the text between its name and its end."""
    return {name: html.unescape(value) for name, value in re.findall(r'(\w+)\s*=\s*"([^"]*)"', tag)}


def sizes_in_file(text: str, name: str) -> Sizes:
    """Channels, slices, frames and positions of the images in the file `name`; what is not said is left out."""
    # what stands before the first image, then each one's attributes and the text up to the next
    pieces = _PIXELS.split(text)[1:]
    files = _planes_of_files(pieces[1::2])
    if files:
        # a file that was renamed is like one of those that are listed
        listed = [files[name]] if name in files else list(files.values())
        return max(map(_sizes, listed), key=lambda sizes: [size for _, size in sizes])
    said = attributes(pieces[0]) if pieces else {}
    known = tuple((axis, int(said[key])) for axis, key in _AXES if said.get(key, "").isdigit())
    return (*known, ("positions", len(pieces) // 2)) if len(pieces) > 2 else known


def _sizes(planes: list[tuple[int, int, int]]) -> Sizes:
    positions, channels, slices = (len(set(numbers)) for numbers in zip(*planes, strict=True))
    frames = len(planes) // (channels * slices * positions)
    return (("channels", channels), ("slices", slices), ("frames", frames), ("positions", positions))


def _planes_of_files(images: list[str]) -> dict[str, list[tuple[int, int, int]]]:
    """Position, channel and slice of every plane by the file it lies in; empty unless each is listed with its file."""
    files = defaultdict(list)
    for position, body in enumerate(images):
        for found in _DATA.finditer(body):
            said, file = attributes(found.group(1)), _FILE.search(found.group(2) or "")
            if file is None or said.get("PlaneCount", "1" if "IFD" in said else "all") != "1":
                return {}
            channel, slice_ = int(said.get("FirstC", "0")), int(said.get("FirstZ", "0"))
            files[html.unescape(file.group(1))].append((position, channel, slice_))
    return dict(files)


def plane_interval(text: str) -> tuple[float, str]:
    """Time between frames of one channel and slice from the planes' own times, with its unit; NaN without times."""
    timed = [said for said in map(attributes, _PLANE.findall(text)[:_MOST_PLANES]) if "DeltaT" in said]
    alike = [said for said in timed if all(said.get(key) == timed[0].get(key) for key in ("TheC", "TheZ"))]
    if len(alike) < 3:
        return math.nan, "s"
    times = [_number(said["DeltaT"]) for said in alike]
    return float(np.median(np.diff(times))), alike[0].get("DeltaTUnit", "s")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
