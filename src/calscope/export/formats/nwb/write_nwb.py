"""Results as NWB 2 (Neurodata Without Borders), with explicit axes and without invented metadata.

NWB's images and masks are (x, y), ours are (y, x): every one is transposed here, on purpose and in the open. Series are
(frame, ROI). Names follow what readers of the field look for (`RoiResponseSeries`, `Denoised`, `Deconvolved`,
`PlaneSegmentation`, `SegmentationImages`).
"""

from pathlib import Path

import h5py

from calscope.export.exported_animal import ExportedAnimal
from calscope.export.formats.hdf5_target import new_hdf5
from calscope.export.formats.nwb.nwb_components import add_components
from calscope.export.formats.nwb.nwb_movie import add_images, add_motion
from calscope.export.formats.nwb.nwb_session import SOURCE, imaging_plane, start_file
from calscope.io.stated_metadata import stated_of
from calscope.model.errors import EngineError, StoreError
from calscope.model.progress import Progress, silent

PACKAGE, EXTRA = "pynwb", 'pip install "calscope[nwb]"'
"""What this format needs and Calscope does not bring, and how it is installed."""


def write_nwb(animal: ExportedAnimal, path: Path, progress: Progress = silent) -> None:
    """Write one animal as an NWB file, with what persons said of it, and what its recording says where they did not.

    Raises
    ------
    EngineError
        When pynwb is not installed.
    StoreError
        When the frame rate is unknown, or there is nothing to write.
    """
    _need_pynwb()
    from pynwb import NWBHDF5IO  # noqa: PLC0415 - an extra: everything else must run without it

    animal.need_rate_hz()
    if animal.motion is None and animal.footprints is None:
        raise StoreError(f"{animal.place} has neither motion nor components, so there is nothing for NWB to hold.")
    said = animal.nwb_metadata.over(stated_of(animal.recording).metadata)
    file = start_file(animal, said)
    plane = imaging_plane(file, animal, said)
    module = file.create_processing_module("ophys", "Motion correction and source extraction by Calscope.")
    add_motion(file, module, plane, animal, path)
    add_images(module, animal)
    if animal.footprints is not None:
        add_components(module, plane, animal, progress)
    with new_hdf5(path) as target, NWBHDF5IO(mode="w", file=target) as io:
        io.write(file)


def is_ours(file: h5py.File) -> bool:
    """Whether Calscope wrote a file."""
    script = file.get("general/source_script")
    return script is not None and script.attrs.get("file_name") == SOURCE


def _need_pynwb() -> None:
    try:
        import pynwb  # noqa: F401, PLC0415
    except ImportError as error:
        raise EngineError(f"NWB needs the package {PACKAGE}: {EXTRA}") from error
