"""Results as NWB 2 (Neurodata Without Borders), with explicit axes and without invented metadata.

NWB's images and masks are (x, y), ours are (y, x): every one is transposed here, on purpose and in the open. Series are
(frame, ROI). Names follow what readers of the field look for (`RoiResponseSeries`, `Denoised`, `Deconvolved`,
`PlaneSegmentation`, `SegmentationImages`).
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

import calscope
from calscope.export.exported_animal import Background, ExportedAnimal, TraceKind
from calscope.export.formats.hdf5_target import new_hdf5
from calscope.model.errors import EngineError, StoreError
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress, part, silent

if TYPE_CHECKING:
    from pynwb import NWBFile, ProcessingModule
    from pynwb.base import TimeSeries
    from pynwb.ophys import ImageSegmentation, ImagingPlane, PlaneSegmentation

UNKNOWN = "unknown"
_ROWS = 1000
_SOURCE = "calscope"
"""Tells our files from others'."""
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""NWB demands a start; this one stands for an unknown, and the file's description says so."""


_DECIDED = {
    "decision": "What a person decided, which counts before the thresholds: accept, reject, unsure, or nothing.",
    "decided_by": "Who decided.",
    "tag": "What a person called the component.",
    "note": "What a person wrote of the component.",
}


@dataclass(frozen=True)
class NwbMetadata:
    """What NWB demands and no recording says; what nobody gave is written as unknown."""

    session_start: datetime | None = None
    session_description: str = UNKNOWN
    indicator: str = UNKNOWN
    location: str = UNKNOWN
    device: str = UNKNOWN
    excitation_nm: float = float("nan")
    emission_nm: float = float("nan")


def write_nwb(
    animal: ExportedAnimal, path: Path, progress: Progress = silent, metadata: NwbMetadata | None = None
) -> None:
    """Write one animal as an NWB file.

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
    file = _start_file(animal, metadata or NwbMetadata())
    plane = _imaging_plane(file, animal, metadata or NwbMetadata())
    module = file.create_processing_module("ophys", "Motion correction and source extraction by Calscope.")
    _add_motion(file, module, plane, animal, path)
    _add_images(module, animal)
    if animal.footprints is not None:
        _add_components(module, plane, animal, progress)
    with new_hdf5(path) as target, NWBHDF5IO(mode="w", file=target) as io:
        io.write(file)


def is_ours(file: h5py.File) -> bool:
    """Whether Calscope wrote a file."""
    script = file.get("general/source_script")
    return script is not None and script.attrs.get("file_name") == _SOURCE


def _need_pynwb() -> None:
    try:
        import pynwb  # noqa: F401, PLC0415
    except ImportError as error:
        raise EngineError('NWB needs the package pynwb: pip install "calscope[nwb]"') from error


def _start_file(animal: ExportedAnimal, metadata: NwbMetadata) -> "NWBFile":
    from pynwb import NWBFile  # noqa: PLC0415
    from pynwb.file import Subject  # noqa: PLC0415

    description = metadata.session_description
    if metadata.session_start is None:
        description += " (The start of the session is unknown; 1970-01-01 stands for it.)"
    recording = animal.recording
    return NWBFile(
        session_description=description,
        identifier=str(uuid.uuid4()),
        session_start_time=metadata.session_start or NO_DATE,
        session_id=animal.name,
        subject=Subject(subject_id=animal.name, description="Known by the name of its folder only.", sex="U"),
        source_script=f"Calscope {calscope.__version__}, engine {animal.meta.get('engine', UNKNOWN)} "
        f"{animal.meta.get('engine_version', '')}".strip(),
        source_script_file_name=_SOURCE,
        notes=f"Recording {recording.get('path', UNKNOWN)}, fingerprint {recording.get('fingerprint', UNKNOWN)}"
        + (f"\nRemark: {animal.remark}" if animal.remark else ""),
    )


def _imaging_plane(file: "NWBFile", animal: ExportedAnimal, metadata: NwbMetadata) -> "ImagingPlane":
    from pynwb.ophys import OpticalChannel  # noqa: PLC0415

    grid: dict[str, Any] = {}
    if animal.dxy_um is not None:
        y_um, x_um = animal.dxy_um
        grid = {"grid_spacing": [x_um * 1e-6, y_um * 1e-6], "grid_spacing_unit": "meters"}
    return file.create_imaging_plane(
        name="ImagingPlane",
        description="The plane that was imaged.",
        optical_channel=OpticalChannel(
            name="OpticalChannel", description=UNKNOWN, emission_lambda=metadata.emission_nm
        ),
        device=file.create_device(name="Microscope", description=metadata.device),
        excitation_lambda=metadata.excitation_nm,
        imaging_rate=animal.fr_hz,
        indicator=metadata.indicator,
        location=metadata.location,
        **grid,
    )


def _add_motion(
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
        data=_packed(shifts),
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


def _add_images(module: "ProcessingModule", animal: ExportedAnimal) -> None:
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


def _add_components(
    module: "ProcessingModule", plane: "ImagingPlane", animal: ExportedAnimal, progress: Progress
) -> None:
    from pynwb.ophys import ImageSegmentation  # noqa: PLC0415

    segmentation = ImageSegmentation()
    module.add(segmentation)
    if animal.n_components:
        table = _cell_table(plane, animal, part(progress, 0, 0.4))
        segmentation.add_plane_segmentation(table)
        _add_responses(module, table, animal, part(progress, 0.4, 1))
    if animal.background is not None:
        _add_background(module, segmentation, plane, animal, animal.background)


def _cell_table(plane: "ImagingPlane", animal: ExportedAnimal, progress: Progress) -> "PlaneSegmentation":
    from hdmf.common import VectorData, VectorIndex  # noqa: PLC0415
    from pynwb.ophys import PlaneSegmentation  # noqa: PLC0415

    columns = [VectorData(name=name, description=about, data=data) for name, about, data in _measures(animal)]
    columns.append(_image_masks(animal, progress))
    pixels = VectorData(name="pixel_mask", description="Footprint as pixels (x, y, weight).", data=_pixel_masks(animal))
    ends = VectorIndex(
        name="pixel_mask_index", data=animal.need_footprints().indptr[1:].astype(np.uint32), target=pixels
    )
    return PlaneSegmentation(
        name="PlaneSegmentation",
        description="Components found by CNMF, the rejected too; without the background.",
        imaging_plane=plane,
        id=list(range(animal.n_components)),
        columns=[*columns, pixels, ends],
    )


def _measures(animal: ExportedAnimal) -> Iterator[tuple[str, str, NDArray]]:
    table = animal.components
    if table is None:
        yield "component", "Number of the component, from 0.", np.arange(animal.n_components)
        return
    centres = table[["x_px", "y_px"]].to_numpy(np.float64)
    yield "ROICentroids", "Centre of mass (x, y) in px.", centres
    named = {
        "snr": ("snr", "Peak signal to noise ratio."),
        "r_value": ("r", "Correlation of footprint and movie."),
        "cnn": ("cnn", "Score of a network."),
        "soma": ("soma", "Likeness to a cell body in focus, 0 to 1."),
    }
    for ours, (name, about) in named.items():
        if table[ours].notna().any():
            yield name, about, table[ours].to_numpy(np.float64)
    if animal.accepted is None:
        return
    yield "accepted", "Whether the component was accepted.", animal.accepted
    yield "reason", "Why, in words.", table["reason"].astype(str).to_numpy(object)
    # The names and the type that roiextractors and neuroconv use for the same.
    yield "Accepted", "1 where accepted.", animal.accepted.astype(np.int8)
    yield "Rejected", "1 where rejected.", (~animal.accepted).astype(np.int8)
    for name, about in _DECIDED.items():
        if (table[name] != "").any():
            yield name, about, table[name].astype(str).to_numpy(object)
    if (table["decision"] != "").any():
        by_thresholds = table["accepted_by_thresholds"].to_numpy(np.bool_)
        yield "accepted_by_thresholds", "Whether the thresholds alone would accept it.", by_thresholds


def _image_masks(animal: ExportedAnimal, progress: Progress) -> Any:
    """Footprints as images (ROI, x, y), written one by one so that they are never all in memory."""
    from hdmf.common import VectorData  # noqa: PLC0415
    from hdmf.data_utils import DataChunkIterator  # noqa: PLC0415
    from pynwb import H5DataIO  # noqa: PLC0415

    height, width = animal.dims
    A = animal.need_footprints()

    def masks() -> Iterator[FloatArray]:
        for i in range(A.shape[1]):
            progress(i / A.shape[1], "footprints")
            # Fortran order of (y, x) is C order of (x, y), which is what NWB wants.
            yield A[:, [i]].toarray().astype(np.float32).reshape(width, height)

    chunks = DataChunkIterator(masks(), maxshape=(None, width, height), dtype=np.dtype(np.float32), buffer_size=8)
    data = H5DataIO(chunks, compression="gzip", chunks=(1, width, height))
    return VectorData(name="image_mask", description="Footprint as an image (x, y).", data=data)


def _pixel_masks(animal: ExportedAnimal) -> NDArray:
    A, height = animal.need_footprints(), animal.dims[0]
    x, y = np.divmod(A.indices, height)
    pixels = np.empty(A.nnz, [("x", np.uint32), ("y", np.uint32), ("weight", np.float32)])
    pixels["x"], pixels["y"], pixels["weight"] = x, y, A.data
    return pixels


@dataclass(frozen=True)
class _Series:
    """One kind of traces, (K, T), and how it is called."""

    name: str
    about: str
    traces: FloatArray
    unit: str = "a.u."
    progress: Progress = silent

    def add_to(self, container: Any, rois: Any, rate_hz: float) -> None:
        """Write it as (frame, ROI)."""
        container.create_roi_response_series(
            name=self.name,
            description=self.about,
            data=_packed(self.traces.T, self.progress),
            rois=rois,
            unit=self.unit,
            rate=rate_hz,
            starting_time=0.0,
        )


def _add_responses(
    module: "ProcessingModule", table: "PlaneSegmentation", animal: ExportedAnimal, progress: Progress
) -> None:
    from pynwb.ophys import DfOverF, Fluorescence  # noqa: PLC0415

    kinds: tuple[tuple[TraceKind, str, str], ...] = (
        ("raw", "RoiResponseSeries", "Fluorescence with the background taken out, C + YrA of CNMF."),
        ("denoised", "Denoised", "Denoised fluorescence, C of CNMF."),
        ("spikes", "Deconvolved", "Deconvolved activity, S of CNMF."),
    )
    everyone = table.create_roi_table_region(region=list(range(animal.n_components)), description="All components.")
    fluorescence = Fluorescence()
    module.add(fluorescence)
    for i, (kind, name, about) in enumerate(kinds):
        if kind in animal.trace_kinds:
            series = _Series(name, about, animal.traces(kind), progress=part(progress, i / 4, (i + 1) / 4))
            series.add_to(fluorescence, everyone, animal.need_rate_hz())
    if "dff" in animal.trace_kinds:
        ratio = DfOverF()
        module.add(ratio)
        told = part(progress, 0.75, 1)
        series = _Series("RoiResponseSeries", "(F - F0) / F0.", animal.traces("dff"), unit="ratio", progress=told)
        series.add_to(ratio, everyone, animal.need_rate_hz())


def _add_background(
    module: "ProcessingModule",
    segmentation: "ImageSegmentation",
    plane: "ImagingPlane",
    animal: ExportedAnimal,
    background: Background,
) -> None:
    """Add background components in a table of their own, so that nobody takes them for cells."""
    from pynwb.ophys import Fluorescence  # noqa: PLC0415

    height, width = animal.dims
    table = segmentation.create_plane_segmentation(
        name="BackgroundPlaneSegmentation", description="Background components of CNMF.", imaging_plane=plane
    )
    for image in background.b.T:
        table.add_roi(image_mask=image.reshape(width, height).astype(np.float32))
    n = background.b.shape[1]
    rois = table.create_roi_table_region(region=list(range(n)), description="All background components.")
    container = module.data_interfaces.get("Fluorescence")
    if container is None:
        container = Fluorescence()
        module.add(container)
    series = _Series("BackgroundRoiResponseSeries", "Background over time, f of CNMF.", background.f)
    series.add_to(container, rois, animal.need_rate_hz())


def _packed(data: NDArray, progress: Progress = silent) -> Any:
    """Compress an array while it is written, a stretch of rows after the other, so that one may stop in between."""
    from hdmf.data_utils import DataChunkIterator  # noqa: PLC0415
    from pynwb import H5DataIO  # noqa: PLC0415

    def rows() -> Iterator[NDArray]:
        for i, row in enumerate(data):
            if i % _ROWS == 0:
                progress(i / len(data), "traces")
            yield row

    chunks = DataChunkIterator(rows(), maxshape=data.shape, dtype=data.dtype, buffer_size=_ROWS)
    return H5DataIO(chunks, compression="gzip", chunks=(min(_ROWS, len(data)), *data.shape[1:]))
