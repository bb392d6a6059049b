"""Summary images as TIFF, with their values and the pixel size, and as PNG to look at."""

from pathlib import Path

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from calscope.export.exported_animal import ExportedAnimal
from calscope.io.readers.tiff.imagej import imagej_description
from calscope.model.errors import StoreError
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress, silent

_SHOWN = (1.0, 99.8)
"""Percentiles of an image that are black and white in its PNG."""


def write_images(animal: ExportedAnimal, folder: Path, progress: Progress = silent) -> None:
    """Write each summary image of one animal twice: `mean_after.tif` in float32, `mean_after.png` in 8 bits.

    Raises
    ------
    StoreError
        When the run has no images.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not animal.images:
        raise animal.missing("summary images")
    size_um = animal.dxy_um
    for i, (name, image) in enumerate(animal.images.items()):
        progress(i / len(animal.images), name)
        tifffile.imwrite(
            folder / f"{name}.tif",
            np.asarray(image, np.float32),
            photometric="minisblack",
            description=imagej_description(1, None, in_um=size_um is not None),
            metadata=None,
            resolution=(1 / size_um[1], 1 / size_um[0]) if size_um else None,
            resolutionunit=1,
            software="calscope",
        )
        (folder / f"{name}.png").write_bytes(_png(image, name))


def _png(image: FloatArray, name: str) -> bytes:
    done, packed = cv2.imencode(".png", _as_bytes(image))
    if not done:
        raise StoreError(f"The image {name} can't be written as PNG.")
    return packed.tobytes()


def _as_bytes(image: FloatArray) -> NDArray[np.uint8]:
    """Give an image in 256 greys; what is no number is black."""
    known = image[np.isfinite(image)]
    low, high = np.percentile(known, _SHOWN) if known.size else (0.0, 1.0)
    scaled = (np.nan_to_num(image, nan=low, posinf=high, neginf=low) - low) / max(high - low, np.finfo(np.float32).tiny)
    return np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
