"""What ScanImage writes of a recording: channels, planes, and how often a frame was saved.

Versions from 2016 on state it before the pages of a BigTIFF or, in a classic TIFF, in the tag 'Software'; versions 3 to
2015 in the description of each page, under other names. Old versions are asked for channels and planes only.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import tifffile

_OLD_CHANNELS = tuple(f"state.acq.savingChannel{i}" for i in range(1, 5))
_ASKED = {
    *("SI.hChannels.channelSave", "SI.hRoiManager.imagingFovUm", "SI.hRoiManager.scanFrameRate"),
    *("SI.hScan2D.logAverageFactor", "SI.hFastZ.enable", "SI.hStackManager.enable", "SI.hStackManager.numSlices"),
    *("SI.hStackManager.actualNumSlices", "SI.hStackManager.zs", "SI4.channelsSave", "SI4.stackNumSlices"),
    *("SI.hRoiManager.mroiEnable", "state.acq.numberOfZSlices", *_OLD_CHANNELS),
}


def scanimage_state(file: tifffile.TiffFile) -> dict[str, Any]:
    """Values by ScanImage's own names, 'SI.hRoiManager.scanFrameRate'; empty for other programs' files.

    Raises
    ------
    ValueError
        For values that are no MATLAB.
    """
    if not file.is_scanimage:
        return {}
    state: dict[str, Any] = (file.scanimage_metadata or {}).get("FrameData", {})
    if state:
        return state
    page = file.pages.first
    text = page.software if page.software.startswith("SI.") else page.description
    return {name: tifffile.matlabstr2py(value) for name, value in _lines(text) if name in _ASKED}


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Give name and value of each line 'name = value', in time proportional to the text's length."""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        yield name.strip().removeprefix("scanimage."), value.strip()


def saved_rate_hz(state: dict[str, Any]) -> tuple[float, str]:
    """Rate of the frames in the file, with its source; NaN where unknown.

    ScanImage can average frames as it saves them (logAverageFactor): the microscope's scanFrameRate is then that many
    times the rate of what is in the file.
    """
    scanned = _number(state.get("SI.hRoiManager.scanFrameRate"), np.nan)
    averaged = _number(state.get("SI.hScan2D.logAverageFactor"), 1)
    if not averaged > 1:
        return scanned, "ScanImage scanFrameRate"
    return scanned / averaged, f"ScanImage scanFrameRate of {scanned:g} Hz, with each {averaged:g} frames saved as one,"


def n_channels(state: dict[str, Any]) -> int:
    """How many channels were saved; their frames take turns in the file."""
    old = sum(bool(state.get(name)) for name in _OLD_CHANNELS)
    saved = state.get("SI.hChannels.channelSave", state.get("SI4.channelsSave"))
    return max(old if saved is None else int(np.size(saved)), 1)


def n_regions(file: tifffile.TiffFile, state: dict[str, Any]) -> int:
    """How many regions of the field each image holds, one below the other with dead rows between them (multi-ROI).

    Raises
    ------
    LookupError, ValueError
        When several may be there, and the list of them can't be read.
    """
    if not state.get("SI.hRoiManager.mroiEnable", False):
        return 1
    groups = (file.scanimage_metadata or {}).get("RoiGroups")
    if not groups:
        groups = json.loads(file.pages.first.tags.valueof("Artist", default=""))["RoiGroups"]
    regions = groups["imagingRoiGroup"]["rois"]
    # MATLAB writes the only one of a list without the list
    listed = regions if isinstance(regions, list) else [regions]
    return sum(bool(region.get("enable", True)) for region in listed)


def n_planes(state: dict[str, Any]) -> int:
    """How many depths were recorded.

    The number of slices stays in the header when no stack is recorded; whether one was stands in hStackManager.enable.
    Before that was written (about 2019), a stack was fast (hFastZ.enable) or went by the motor when it had slices.
    """
    if not state.get("SI.hStackManager.enable", True):
        return 1
    names = ("SI.hStackManager.actualNumSlices", "SI.hStackManager.numSlices", "SI4.stackNumSlices")
    slices = next((state[name] for name in (*names, "state.acq.numberOfZSlices") if name in state), 1)
    listed = np.size(state.get("SI.hStackManager.zs", 0)) if state.get("SI.hFastZ.enable") else 1
    known = "SI.hStackManager.actualNumSlices" in state
    return max(int(_number(slices, 1)), 1 if known else int(listed))


def _number(value: object, otherwise: float) -> float:
    """Give a finite number, or what stands for it."""
    usable = isinstance(value, int | float) and np.isfinite(value)
    return float(value) if usable else otherwise  # type: ignore[arg-type]
