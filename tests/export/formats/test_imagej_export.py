"""Outlines for ImageJ, read back with roifile and filled by OpenCV: they lie where the footprints do."""

import zipfile

import cv2
import numpy as np
import pytest
import roifile

from calscope.export.formats.format_registry import export_run
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import StoreError


def rois(path):
    """Read a zip of ROIs, by name."""
    with zipfile.ZipFile(path) as file:
        read = [roifile.ImagejRoi.frombytes(file.read(name)) for name in file.namelist()]
    return {one.name: one for one in read}


def filled(roi, shape, finer=8):
    """Give the share of each pixel that lies inside; ImageJ's pixel (0, 0) reaches from 0 to 1."""
    height, width = shape
    fine = np.zeros((height * finer, width * finer), np.uint8)
    points = np.rint(roi.coordinates() * finer).astype(np.int32)
    cv2.fillPoly(fine, [points], 1)
    return fine.reshape(height, finer, width, finer).mean((1, 3))


def test_outlines_lie_on_the_footprints(make_animal, truth, tmp_path):
    export_run(open_run(make_animal(truth=truth)), "imagej", tmp_path / "x")
    folder = tmp_path / "x/Animal_1"
    accepted, rejected = rois(folder / "accepted.zip"), rois(folder / "rejected.zip")
    assert (list(accepted), list(rejected)) == (["0000", "0002"], ["0001", "0003"])
    assert not (folder / "components.zip").exists()
    for name, roi in (accepted | rejected).items():
        footprint = truth.footprints[int(name)]
        inside = filled(roi, footprint.shape)
        y, x = np.nonzero(footprint)
        assert inside[footprint == 0].sum() < 0.25 * inside.sum()
        middle = [np.average(np.indices(inside.shape)[axis], weights=inside) for axis in (0, 1)]
        assert middle == pytest.approx([y.mean(), x.mean()], abs=0.5)
    blue, orange = accepted["0000"].stroke_color, rejected["0001"].stroke_color
    assert blue[3] > blue[1] and orange[1] > orange[3]


def test_pieces_of_one_footprint_share_its_number(make_animal, truth, tmp_path):
    truth.footprints[0] = 0
    truth.footprints[0, 2:6, 2:6] = truth.footprints[0, 12:16, 20:24] = 1
    export_run(open_run(make_animal(truth=truth)), "imagej", tmp_path / "x")
    assert list(rois(tmp_path / "x/Animal_1/accepted.zip")) == ["0000a", "0000b", "0002"]


def test_before_evaluation_they_are_in_one_file(make_animal, tmp_path):
    export_run(open_run(make_animal(until="extraction")), "imagej", tmp_path / "x")
    assert [path.name for path in (tmp_path / "x/Animal_1").glob("*.zip")] == ["components.zip"]


def test_without_components_there_is_nothing_to_outline(make_animal, empty_truth, tmp_path):
    with pytest.raises(StoreError, match="no component was found"):
        export_run(open_run(make_animal(truth=empty_truth)), "imagej", tmp_path / "x")
    with pytest.raises(StoreError, match="has no components"):
        export_run(open_run(make_animal("Animal_2", until="motion")), "imagej", tmp_path / "x")
