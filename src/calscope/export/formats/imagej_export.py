"""Outlines of the components for ImageJ's ROI manager, as zips of ROIs (`File > Open`), with the package roifile.

ImageJ counts from the upper left corner of a pixel, Calscope from its middle: half a pixel is added here.
"""

import string
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from roifile import ROI_TYPE, ImagejRoi

from calscope.export.exported_animal import ExportedAnimal
from calscope.model.errors import StoreError
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress, silent
from calscope.plots.contours import outlines

_COLOURS = {"accepted": (0x1F, 0x77, 0xB4), "rejected": (0xE6, 0x7E, 0x22), "components": (0xFF, 0xFF, 0xFF)}
"""Blue and orange, as on the pages; white before evaluation. Also the names of the files."""


def write_imagej(animal: ExportedAnimal, folder: Path, progress: Progress = silent) -> None:
    """Write one zip of outlines for accepted components and one for rejected ones; one for all before evaluation.

    Raises
    ------
    StoreError
        When the run has no components.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = outlines(animal.need_footprints(), animal.dims)
    if not lines:
        raise StoreError(f"In {animal.place} no component was found, so there are no outlines to write.")
    for name, numbers in _groups(animal):
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as file:
            for number in numbers:
                progress(number / len(lines), "outlines")
                for roi in _rois(int(number), lines[number], name):
                    file.writestr(zipfile.ZipInfo(f"{roi.name}.roi"), roi.tobytes(), zipfile.ZIP_DEFLATED)


def _groups(animal: ExportedAnimal) -> Iterator[tuple[str, NDArray[np.intp]]]:
    accepted = animal.accepted
    if accepted is None:
        yield "components", np.arange(animal.n_components)
        return
    yield "accepted", np.flatnonzero(accepted)
    yield "rejected", np.flatnonzero(~accepted)


def _rois(number: int, line: FloatArray, group: str) -> Iterator[ImagejRoi]:
    """Give the outline's pieces, named by the component's number: 0012, or 0012a, 0012b, … where it has several."""
    gaps = np.flatnonzero(np.isnan(line[:, 0]))
    pieces = [piece[~np.isnan(piece[:, 0])] for piece in np.split(line, gaps)]
    whole = [piece for piece in pieces if len(piece) > 2]
    for i, piece in enumerate(whole):
        letter = string.ascii_lowercase[i % 26] * (1 + i // 26) if len(whole) > 1 else ""
        roi = ImagejRoi.frompoints(piece[:-1] + 0.5, name=f"{number:04d}{letter}")  # the last point is the first
        roi.roitype = ROI_TYPE.FREEHAND
        roi.stroke_color = bytes((0xFF, *_COLOURS[group]))
        yield roi
