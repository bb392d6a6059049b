"""What the files of a recording state of the experiment: OME-XML's microscope, channel and date, ScanImage's date.

Only what is stated is taken. A file with several channels says nothing of the one that was imaged; a date without a
time zone is no point in time, so it is told beside the metadata and put in by nobody but a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import tifffile

from calscope.io.file_names import natural_key
from calscope.io.readers.tiff.ome import is_ome
from calscope.io.readers.tiff.pixels import open_quietly
from calscope.model.errors import ParameterError
from calscope.model.nwb.nwb_metadata import NO_METADATA, NwbMetadata

_NM = {"nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3}
_ENDINGS = (".tif", ".tiff")


@dataclass(frozen=True)
class StatedMetadata:
    """What a recording's first file states."""

    metadata: NwbMetadata = NO_METADATA
    source: str = ""
    """Which program wrote it; empty where nothing is stated."""
    start_without_zone: datetime | None = None
    """A date that the file gives, but not where on earth it holds."""


NOTHING_STATED = StatedMetadata()


def stated_of(recording: Mapping[str, Any]) -> StatedMetadata:
    """Give what the files of a recording state, by its record (`path`); nothing where they are no longer there."""
    path = recording.get("path")
    return stated_in(Path(path)) if isinstance(path, str) and path else NOTHING_STATED


def stated_in(path: Path) -> StatedMetadata:
    """Give what a file, or the first of a folder, states; nothing where it can't be read."""
    try:
        first = _first_file(path)
        if first is None:
            return NOTHING_STATED
        with open_quietly(first) as file:
            text = file.pages.first.description
            if is_ome(text):
                return _of_ome(text)
            return _of_scanimage(file)
    except Exception:  # noqa: BLE001 - texts of damaged files end in errors of every kind
        return NOTHING_STATED


def _first_file(path: Path) -> Path | None:
    if not path.is_dir():
        return path if path.is_file() else None
    names = (one for one in path.iterdir() if one.suffix.lower() in _ENDINGS and not one.name.startswith("."))
    return min(names, key=lambda one: natural_key(one.name), default=None)


@dataclass
class _Ome:
    """The elements that are asked for; a target of `XMLParser`."""

    microscopes: list[Mapping[str, str]] = field(default_factory=list)
    channels: list[Mapping[str, str]] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    _reads_date: bool = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._reads_date = name in ("AcquisitionDate", "AcquiredDate")
        if self._reads_date:
            self.dates.append("")
        if name in ("Microscope", "Channel"):
            (self.microscopes if name == "Microscope" else self.channels).append(attributes)

    def data(self, text: str) -> None:
        if self._reads_date:
            self.dates[-1] += text

    def end(self, tag: str) -> None:
        del tag
        self._reads_date = False


def _of_ome(text: str) -> StatedMetadata:
    if "<!DOCTYPE" in text:  # an entity can make a short text endless, and OME-XML has none
        return NOTHING_STATED
    ome = _Ome()
    parser = ET.XMLParser(target=ome)  # noqa: S314 - entities are refused above
    parser.feed(text.strip("\ufeff\0 \t\r\n"))
    parser.close()
    found: dict[str, Any] = {}
    if len(ome.microscopes) == 1:
        one = ome.microscopes[0]
        found |= {"Ophys.Device.model_name": one.get("Model"), "Ophys.Device.manufacturer": one.get("Manufacturer")}
    if len(ome.channels) == 1:
        one, plane = ome.channels[0], "Ophys.ImagingPlane"
        found |= {
            f"{plane}.indicator": one.get("Fluor"),
            f"{plane}.excitation_lambda": _nm(one, "ExcitationWavelength"),
            f"{plane}.optical_channel.description": one.get("Name"),
            f"{plane}.optical_channel.emission_lambda": _nm(one, "EmissionWavelength"),
        }
    start = _date(ome.dates[0]) if len(set(ome.dates)) == 1 else None
    return _stated("OME-XML", found, start)


def _of_scanimage(file: tifffile.TiffFile) -> StatedMetadata:
    if not file.is_scanimage:
        return NOTHING_STATED
    described = tifffile.tifffile.scanimage_description_metadata(file.pages.first.description)
    epoch = np.ravel(described.get("epoch", []))
    if len(epoch) != 6:
        return NOTHING_STATED
    year, month, day, hour, minute, second = (int(part) for part in epoch)
    start = datetime(year, month, day, hour, minute, second)
    return _stated("ScanImage", {}, start)


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _nm(attributes: Mapping[str, str], name: str) -> float | None:
    scale = _NM.get(attributes.get(f"{name}Unit", "nm"))
    return float(attributes[name]) * scale if name in attributes and scale else None


def _stated(source: str, found: dict[str, Any], start: datetime | None) -> StatedMetadata:
    if start is not None and start.tzinfo is not None:
        found["NWBFile.session_start_time"] = start.isoformat()
        start = None
    known = _allowed(found)
    return StatedMetadata(known, source, start) if known != NO_METADATA or start else NOTHING_STATED


def _allowed(found: Mapping[str, Any]) -> NwbMetadata:
    """Give what makes sense, each value by itself: a wavelength of 0 nm is a program's word for unknown."""
    known = NO_METADATA
    for name, value in found.items():
        try:
            known = NwbMetadata.from_form({name: value}).over(known)
        except ParameterError:
            continue
    return known
