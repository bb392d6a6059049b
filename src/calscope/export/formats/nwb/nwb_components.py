"""The components of an NWB file: the table of cells, that of the background, and the traces of both."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from calscope.export.exported_animal import Background, ExportedAnimal, TraceKind
from calscope.export.formats.nwb.nwb_cell_table import cell_table
from calscope.export.formats.nwb.nwb_packed import packed
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress, part, silent

if TYPE_CHECKING:
    from pynwb import ProcessingModule
    from pynwb.ophys import ImageSegmentation, ImagingPlane, PlaneSegmentation


def add_components(
    module: "ProcessingModule", plane: "ImagingPlane", animal: ExportedAnimal, progress: Progress
) -> None:
    """Add the tables of cells and background, and the traces of both."""
    from pynwb.ophys import ImageSegmentation  # noqa: PLC0415

    segmentation = ImageSegmentation()
    module.add(segmentation)
    if animal.n_components:
        table = cell_table(plane, animal, part(progress, 0, 0.4))
        segmentation.add_plane_segmentation(table)
        _add_responses(module, table, animal, part(progress, 0.4, 1))
    if animal.background is not None:
        _add_background(module, segmentation, plane, animal, animal.background)


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
            data=packed(self.traces.T, self.progress),
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
