"""Motion, summary images and the way to the movies in an NWB file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.formats.nwb.nwb_packed import packed
from calscope.export.formats.nwb.nwb_session import UNKNOWN

if TYPE_CHECKING:
    from pynwb import NWBFile, ProcessingModule
    from pynwb.base import TimeSeries
    from pynwb.ophys import ImagingPlane


def add_motion(
    file: "NWBFile", module: "ProcessingModule", plane: "ImagingPlane", animal: ExportedAnimal, path: Path
) -> None:
    """Add the shifts; inside of a CorrectedImageStack where the corrected movie was kept, which that demands."""
    if animal.motion is None:
        return
    corrected = animal.movie_file
    translation = _translation(animal.motion, animal.need_rate_hz())
    if corrected is None:
        module.add(translation)
        return
    from pynwb.image import ImageSeries  # noqa: PLC0415
    from pynwb.ophys import CorrectedImageStack, MotionCorrection, TwoPhotonSeries  # noqa: PLC0415

    source = Path(str(animal.recording.get("path", UNKNOWN)))
    original = TwoPhotonSeries(
        name="TwoPhotonSeries",
        description="The recording as it came.",
        imaging_plane=plane,
        **_external(source, path, animal),
    )
    moved = ImageSeries(
        name="corrected", description="The recording after motion correction.", **_external(corrected, path, animal)
    )
    file.add_acquisition(original)
    stack = CorrectedImageStack(corrected=moved, original=original, xy_translation=translation)
    module.add(MotionCorrection(corrected_image_stacks=[stack]))


def _translation(motion: pd.DataFrame, rate_hz: float) -> "TimeSeries":
    from pynwb import TimeSeries  # noqa: PLC0415

    shifts = motion[["shift_x_px", "shift_y_px"]].to_numpy(np.float32)
    return TimeSeries(
        name="xy_translation",
        description="Shift of the whole frame that lays it on the template: columns x (right), y (down).",
        data=packed(shifts),
        unit="pixels",
        rate=rate_hz,
        starting_time=0.0,
    )


def _external(movie: Path, nwb: Path, animal: ExportedAnimal) -> dict[str, Any]:
    """Point to a movie that stays where it is."""
    height, width = animal.dims
    return {
        "external_file": [_relative(movie, nwb.parent)],
        "format": "external",
        "starting_frame": [0],
        "dimension": [width, height],
        "num_samples": animal.n_frames,
        "rate": animal.fr_hz,
        "starting_time": 0.0,
        "unit": "n.a.",
    }


def _relative(target: Path, start: Path) -> str:
    try:
        return Path(os.path.relpath(target, start)).as_posix()
    except ValueError:  # on Windows, another drive
        return target.as_posix()


def add_images(module: "ProcessingModule", animal: ExportedAnimal) -> None:
    """Add the summary images, before and after motion correction."""
    from pynwb.base import Images  # noqa: PLC0415
    from pynwb.image import GrayscaleImage  # noqa: PLC0415

    kinds = {"mean": ("mean", "Mean"), "max": ("max", "Maximum"), "corr": ("correlation", "Local correlation")}
    found = [
        GrayscaleImage(
            name=name + ending, data=np.ascontiguousarray(image.T), description=f"{about} over time, {when}."
        )
        for ours, (name, about) in kinds.items()
        for when, ending in (("after motion correction", ""), ("before motion correction", "_before"))
        if (image := animal.images.get(f"{ours}_{when.split()[0]}")) is not None
    ]
    if found:
        about = "Summary images, (x, y); those called before are of the movie without motion correction."
        module.add(Images(name="SegmentationImages", description=about, images=found))
