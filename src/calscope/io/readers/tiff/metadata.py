"""Frame rate and pixel size as ImageJ, OME-XML and ScanImage write them into TIFF files, each with its source in words.

What is not in the file stays None: the program asks, it never guesses. The resolution tags alone are not believed: most
programs fill them with a printer's 72 dots per inch.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from calscope.io.readers.tiff.ome import OmeXml, Plane, is_ome, plane_interval, planes_by_file, read_ome, sizes_in_file
from calscope.io.readers.tiff.pixels import open_quietly
from calscope.io.readers.tiff.scanimage import n_channels, n_planes, n_regions, saved_rate_hz, scanimage_state
from calscope.model.recording import Pair

_MICRONS = {"um": 1.0, "µm": 1.0, "μm": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "mm": 1e3, "cm": 1e4}
_MICRONS |= {"nm": 1e-3, "m": 1e6, "inch": 25400.0}
_PRINTED_UNITS, _PRINTED_UM = {"inch", "cm"}, 20.0
"""In these units programs note a printer's dots (1200 an inch are 21 µm) for want of a pixel size."""
_SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6}
_SECONDS |= {"min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class TiffMetadata:
    """What a file says of time, space and the order of its pages."""

    fr_hz: float | None = None
    fr_source: str = ""
    dxy_um: Pair | None = None
    """µm per px (y, x)."""
    dxy_source: str = ""
    sizes: tuple[tuple[str, int], ...] = ()
    """Channels, slices and frames as the file names them, where it does."""
    planes: Mapping[str, Sequence[Plane]] = field(default_factory=dict)
    """Of each of the recording's files by its name, where OME-XML lists them."""
    n_images: int | None = None
    """How many images follow the first one's pixels without a directory of their own."""
    shape: tuple[int, ...] = ()
    """Of the array that the file was written from, rows and columns last, where tifffile notes it."""
    signed: bool = False
    """Pixels are signed numbers to which 32768 was added, as ImageJ keeps them in its unsigned 16-bit images."""
    by_tifffile: bool = False
    """Written by tifffile, which lists images in their directories only when it closes the file."""
    problem: str = ""
    """Which program's text can't be read and why, so that what it says is unknown; empty where all can."""
    axes_are_certain: bool = False
    """Channels and slices are what the microscope did; others store frames in time as slices, for want of better."""


def read_metadata(path: Path) -> TiffMetadata:
    """Read what is known; a file whose metadata make no sense says nothing."""
    try:
        with open_quietly(path) as file:
            found = [_said(file, program, read) for program, read in _PROGRAMS.items()]
            by_tifffile = file.pages.first.software.startswith("tifffile")
    except Exception:  # noqa: BLE001 - a file that tifffile can't open, for whatever reason
        return TiffMetadata()
    return replace(_first_known([one for one in found if one is not None]), by_tifffile=by_tifffile)


def _said(file: tifffile.TiffFile, program: str, read: Callable) -> TiffMetadata | None:
    """Give what one program says in a file; where that makes no sense, only that it does not."""
    try:
        return read(file)
    except Exception as error:  # noqa: BLE001 - texts of damaged files end in errors of every kind
        return TiffMetadata(problem=f"{program}: {error or type(error).__name__}")


def _first_known(found: list[TiffMetadata]) -> TiffMetadata:
    """Join what several programs wrote into the same file; the first one that knows is believed."""
    rate = next((one for one in found if one.fr_hz), TiffMetadata())
    size = next((one for one in found if one.dxy_um), TiffMetadata())
    axes = next((one for one in found if one.sizes), TiffMetadata())
    images = next((one.n_images for one in found if one.n_images), None)
    shape = next((one.shape for one in found if one.shape), ())
    return replace(
        axes,
        shape=shape,
        signed=any(one.signed for one in found),
        fr_hz=rate.fr_hz,
        fr_source=rate.fr_source,
        dxy_um=size.dxy_um,
        dxy_source=size.dxy_source,
        n_images=images,
        problem=next((one.problem for one in found if one.problem), ""),
    )


def _imagej(file: tifffile.TiffFile) -> TiffMetadata | None:
    """Read ImageJ's description (key=value lines) and its resolution, which is in pixels per unit."""
    values: dict[str, Any] | None = file.imagej_metadata
    if not values:
        return None
    interval = _number(values.get("finterval")) * _SECONDS.get(str(values.get("tunit", "s")).strip() or "s", math.nan)
    rate = _rate(1.0 / interval) if interval > 0 else None
    unit = _unescaped(str(values.get("unit", "")))
    tags = file.pages.first.tags
    per_unit = [_ratio(tags[name].value) if name in tags else math.nan for name in ("YResolution", "XResolution")]
    scale = _MICRONS.get(unit.lower(), math.nan)
    y_um, x_um = (scale / value if value > 0 else math.nan for value in per_unit)
    printed = unit.lower() in _PRINTED_UNITS and y_um >= _PRINTED_UM
    size = None if printed else _pixel(file, y_um, x_um)
    sizes = tuple((name, int(values[name])) for name in ("channels", "slices", "frames") if name in values)
    return TiffMetadata(
        rate,
        f"ImageJ frame interval of {interval:g} s" if rate else "",
        size,
        f"ImageJ resolution in {unit}" if size else "",
        sizes,
        n_images=int(values["images"]) if "images" in values else None,
        signed=(values.get("cf", 0), values.get("c0"), values.get("c1", 1)) == (0, -32768, 1),
    )


def _ome(file: tifffile.TiffFile) -> TiffMetadata | None:
    """Read OME-XML."""
    text = file.pages.first.description
    if not is_ome(text):
        return None
    return _from_ome(read_ome(text), file)


def _from_ome(ome: OmeXml, file: tifffile.TiffFile) -> TiffMetadata | None:
    """Take the attributes of the first Pixels element; without TimeIncrement, the planes' own times."""
    if not ome.pixels:
        return None
    pixels = ome.pixels[0]
    interval = _number(pixels.get("TimeIncrement")) * _SECONDS.get(pixels.get("TimeIncrementUnit", "s"), math.nan)
    source = f"OME-XML TimeIncrement of {interval:g} s"
    if not interval > 0:
        interval, unit = plane_interval(ome)
        interval, source = interval * _SECONDS.get(unit, math.nan), "times of the planes in OME-XML"
    rate = _rate(1.0 / interval) if interval > 0 else None
    y_um, x_um = (
        _number(pixels.get(f"PhysicalSize{axis}")) * _MICRONS.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"), math.nan)
        for axis in "YX"
    )
    size = _pixel(file, y_um, x_um)
    sizes = sizes_in_file(ome, file.filename)
    return TiffMetadata(
        rate, source if rate else "", size, "OME-XML PhysicalSize" if size else "", sizes, planes_by_file(ome)
    )


def _scanimage(file: tifffile.TiffFile) -> TiffMetadata | None:
    """Read ScanImage's state of the microscope."""
    state = scanimage_state(file)
    if not state:
        return None
    found, source = saved_rate_hz(state)
    rate = _rate(found)
    height, width = file.pages.first.shape[:2]
    size = None
    corners = np.array(state.get("SI.hRoiManager.imagingFovUm", []), dtype=float)
    if corners.shape == (4, 2):
        extent = np.ptp(corners, axis=0)
        size = _pixel(file, float(extent[1]) / height, float(extent[0]) / width)
    return TiffMetadata(
        rate,
        source if rate else "",
        size,
        "ScanImage field of view in µm" if size else "",
        (("channels", n_channels(state)), ("slices", n_planes(state)), ("regions", n_regions(file, state))),
        axes_are_certain=True,
    )


def _metamorph(file: tifffile.TiffFile) -> TiffMetadata | None:
    """Read a MetaMorph stack: one directory, behind whose pixels those of the other planes follow."""
    values = file.stk_metadata
    if not values:
        return None
    n_planes, times = int(values["NumberPlanes"]), values.get("DatetimeCreated")
    interval = float(np.median(np.diff(times)) / np.timedelta64(1, "s")) if times is not None and n_planes > 1 else 0.0
    rate = _rate(1.0 / interval) if interval > 0 else None
    scale = _MICRONS.get(str(values.get("CalibrationUnits", "")).lower(), math.nan)
    calibration = (
        [values.get(f"{axis}Calibration") for axis in "YX"] if values.get("SpatialCalibration") else [None] * 2
    )
    size = _pixel(file, *(scale * _number(one) for one in calibration))
    axis = "slices" if np.any(values.get("ZDistance", 0)) else "frames"
    return TiffMetadata(
        rate,
        f"MetaMorph's times of the planes, {interval:g} s apart," if rate else "",
        size,
        "MetaMorph's calibration" if size else "",
        ((axis, n_planes),),
        n_images=n_planes,
    )


def _shaped(file: tifffile.TiffFile) -> TiffMetadata | None:
    """Read the shape that tifffile notes of the images that it writes one behind the other."""
    description = file.pages.first.shaped_description
    shaped = tifffile.tifffile.shaped_description_metadata(description) if description else {}
    if len(shaped.get("shape", ())) < 3 or file.pages.first.samplesperpixel > 1:
        return None
    shape, axes = tuple(int(size) for size in shaped["shape"]), str(shaped.get("axes", ""))
    if math.prod(shape) >= 1 << 63:
        raise ValueError("its shape is larger than any array")
    if len(axes) != len(shape):
        return TiffMetadata(shape=shape, n_images=math.prod(shape[:-2]))
    named = {"C": "channels", "Z": "slices", "T": "frames"}
    sizes = tuple((named[axis], size) for axis, size in zip(axes, shape, strict=True) if axis in named)
    return TiffMetadata(shape=shape, sizes=sizes, n_images=math.prod(shape[:-2]))


_PROGRAMS = {"ScanImage": _scanimage, "OME-XML": _ome, "ImageJ": _imagej, "MetaMorph": _metamorph, "tifffile": _shaped}
"""In the order in which they are believed."""


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _ratio(value: object) -> float:
    """Value of a TIFF rational, NaN where it is none."""
    if isinstance(value, tuple) and len(value) == 2 and value[1]:
        return value[0] / value[1]
    return math.nan


def _unescaped(unit: str) -> str:
    r"""Read a unit as ImageJ writes it, with its '\u00B5' as the letter it stands for."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found.group(1), 16)), unit).strip()


def _rate(value: float) -> float | None:
    """Frame rate when it is one that a microscope can have."""
    return float(f"{value:.9g}") if 1e-4 < value < 1e5 else None


def _pixel(file: tifffile.TiffFile, y: float, x: float) -> Pair | None:
    """Pixel size, µm, when it makes a field that a microscope can have: 1 µm to 10 mm wide."""
    page = file.pages.first
    is_field = y > 0 and x > 0 and 1.0 <= max(y * page.imagelength, x * page.imagewidth) <= 1e4
    return (float(f"{y:.9g}"), float(f"{x:.9g}")) if is_field else None
