"""Which axes a file's own images have by its OME-XML, which may describe a recording of many files.

Microscopes that write one file per channel, per position or per so many frames (Bruker's Prairie View, Micro-Manager)
list in the first file, or in each, which plane lies in which file.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import numpy as np

Attributes = Mapping[str, str]
Sizes = tuple[tuple[str, int], ...]
Plane = tuple[int, int, int]
"""Position, channel and slice of an image."""

_MOST_PLANES = 2000
_AXES = (("channels", "SizeC"), ("slices", "SizeZ"), ("frames", "SizeT"))


class OmeError(ValueError):
    """The XML can't be read; the text says why."""


@dataclass(frozen=True)
class PlanesInFile:
    """An entry that says which planes of the recording lie in which file (OME's TiffData)."""

    position: int
    """Number of the Pixels element that it stands in."""
    attributes: Attributes
    files: list[str] = field(default_factory=list)
    """Name of the file, where it is given."""


@dataclass
class OmeXml:
    """The elements of OME-XML that are asked for; a target of `XMLParser`, so that no tree of the others is built."""

    pixels: list[Attributes] = field(default_factory=list)
    """One element per image, that is per position of the stage."""
    planes_in_files: list[PlanesInFile] = field(default_factory=list)
    planes: list[Attributes] = field(default_factory=list)
    """The first ones only; they come by the ten thousand."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """Take in the start of an element, in whatever version of OME's namespace."""
        name = tag.rpartition("}")[2]
        if name == "Pixels":
            self.pixels.append(attributes)
        elif name == "TiffData" and self.pixels:
            self.planes_in_files.append(PlanesInFile(len(self.pixels) - 1, attributes))
        elif name == "UUID" and self.planes_in_files and "FileName" in attributes:
            self.planes_in_files[-1].files.append(attributes["FileName"])
        elif name == "Plane" and len(self.planes) < _MOST_PLANES:
            self.planes.append(attributes)


def is_ome(text: str) -> bool:
    """Whether the description of an image is OME-XML."""
    beginning = text[:2000].lstrip("\ufeff \t\r\n")
    return beginning.startswith("<") and ("<OME" in beginning or "OME/" in beginning)


def read_ome(text: str) -> OmeXml:
    """Read OME-XML, in time and memory proportional to its length.

    Document types are refused: OME-XML has none, and the entities that one may define can make a short text endless.

    Raises
    ------
    OmeError
        When it is no well-formed XML, or has a document type.
    """
    if "<!DOCTYPE" in text:
        raise OmeError("it has a document type (DTD), which OME-XML never has")
    ome = OmeXml()
    parser = ET.XMLParser(target=ome)  # noqa: S314 - entities are refused above
    try:
        parser.feed(text.strip("\ufeff\0 \t\r\n"))
        parser.close()
    except (ET.ParseError, ValueError) as error:
        raise OmeError(str(error)) from None
    return ome


def sizes_in_file(ome: OmeXml, name: str) -> Sizes:
    """Channels, slices, frames and positions of the images in the file `name`; what the XML leaves open is left out.

    Raises
    ------
    OmeError
        When a number is none.
    """
    files = planes_by_file(ome)
    if files:
        # a file that was renamed is like one of those that are listed
        listed = [files[name]] if name in files else list(files.values())
        return max(map(sizes_of, listed), key=lambda sizes: [size for _, size in sizes])
    attributes = ome.pixels[0] if ome.pixels else {}
    known = tuple((axis, _whole(attributes[key])) for axis, key in _AXES if key in attributes)
    return (*known, ("positions", len(ome.pixels))) if len(ome.pixels) > 1 else known


def sizes_of(planes: Sequence[Plane]) -> Sizes:
    """Give how many channels, slices, frames and positions planes make up."""
    positions, channels, slices = (len(set(numbers)) for numbers in zip(*planes, strict=True))
    frames = len(planes) // (channels * slices * positions)
    return (("channels", channels), ("slices", slices), ("frames", frames), ("positions", positions))


def planes_by_file(ome: OmeXml) -> dict[str, list[Plane]]:
    """Position, channel and slice of every plane by the file it lies in; empty unless each is listed with its file."""
    files = defaultdict(list)
    for one in ome.planes_in_files:
        attributes = one.attributes
        if not one.files or attributes.get("PlaneCount", "1" if "IFD" in attributes else "all") != "1":
            return {}
        channel, slice_ = _whole(attributes.get("FirstC", "0")), _whole(attributes.get("FirstZ", "0"))
        files[one.files[0]].append((one.position, channel, slice_))
    return dict(files)


def plane_interval(ome: OmeXml) -> tuple[float, str]:
    """Time between frames of one channel and slice from the planes' own times, with its unit; NaN without times."""
    timed = [plane for plane in ome.planes if "DeltaT" in plane]
    alike = [plane for plane in timed if all(plane.get(key) == timed[0].get(key) for key in ("TheC", "TheZ"))]
    if len(alike) < 3:
        return math.nan, "s"
    times = [_number(plane["DeltaT"]) for plane in alike]
    return float(np.median(np.diff(times))), alike[0].get("DeltaTUnit", "s")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise OmeError(f"'{text[:40]}' is no whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
