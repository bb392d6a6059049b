"""The table of cells in an NWB file: footprints, measures, and what thresholds and persons decided."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from calscope.export.exported_animal import ExportedAnimal
from calscope.model.curation.component_flags import FLAG_KINDS
from calscope.model.movie import FloatArray
from calscope.model.progress import Progress

if TYPE_CHECKING:
    from pynwb.ophys import ImagingPlane, PlaneSegmentation

_FLAGS = {
    "flags": "What speaks against the component without rejecting it, kinds separated by semicolons; empty: nothing.",
    "flags_why": "What each of its flags rests on, in sentences.",
    "flags_not_told": "Kinds of flags that could not be told of it, separated by semicolons.",
}
_DECIDED = {
    "decision": "What a person decided, which counts before the thresholds: accept, reject, unsure, or nothing.",
    "decided_by": "Who decided.",
    "tag": "What a person called the component.",
    "note": "What a person wrote of the component.",
}


def cell_table(plane: "ImagingPlane", animal: ExportedAnimal, progress: Progress) -> "PlaneSegmentation":
    """Give the table of all components, the rejected too, without the background."""
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
    yield from _flags(table)
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


def _flags(table: pd.DataFrame) -> Iterator[tuple[str, str, NDArray]]:
    """Give what speaks against each component; nothing where the run did not look for it."""
    if (table["flags_not_told"] == ";".join(FLAG_KINDS)).all():
        return
    for name, about in _FLAGS.items():
        yield name, about, table[name].astype(str).to_numpy(object)


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
