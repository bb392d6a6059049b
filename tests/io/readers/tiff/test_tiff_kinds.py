"""Recordings that are easily taken for something else: each is read rightly, told of, or refused in words."""

import json

import numpy as np
import pytest
import tifffile

from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import RecordingError


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("options", [{}, {"rowsperstrip": 8}, {"compression": "zlib"}])
@pytest.mark.parametrize("text", ["images=12\nslices=12\n", "images=3500\nframes=3500\n", "images=24\nchannels=2\n"])
def test_a_file_that_holds_one_image_is_one_frame_whatever_imagej_says(tmp_path, movie, order, options, text):
    for i, frame in enumerate(movie):
        description = f"ImageJ=1.49i\n{text}loop=false\n"
        path = tmp_path / "mouse" / f"{i}.tif"
        path.parent.mkdir(exist_ok=True)
        tifffile.imwrite(path, frame, byteorder=order, metadata=None, description=description, **options)
    (ref,) = find_recordings(tmp_path / "mouse").recordings
    assert np.array_equal(open_recording(ref.path).read(0, 99), movie)
    assert open_recording(path).shape == (1, 20, 30)
    assert find_recordings(tmp_path).recordings[0].path == tmp_path / "mouse"


def write_in(path, movie, unit, per_unit):
    tifffile.imwrite(path, movie, imagej=True, resolution=(per_unit, per_unit), metadata={"axes": "TYX", "unit": unit})
    return open_recording(path)


@pytest.mark.parametrize("size", [(32, 40), (20, 30), (512, 512)])
@pytest.mark.parametrize(
    ("unit", "per_unit"), [("inch", 72), ("inch", 96), ("inch", 300), ("inch", 1200), ("cm", 28.346), ("cm", 118.1)]
)
def test_a_printers_resolution_is_no_pixel_size(tmp_path, unit, per_unit, size):
    recording = write_in(tmp_path / "m.tif", np.ones((3, *size), np.uint16), unit, per_unit)
    assert recording.info.dxy_um is None and not recording.info.dxy_source


@pytest.mark.parametrize(
    ("unit", "per_unit", "um"),
    [
        ("cm", 10_000, 1.0),
        ("cm", 5_000, 2.0),
        ("inch", 25_400, 1.0),
        ("um", 0.1, 10.0),
        ("mm", 500, 2.0),
        ("nm", 0.001, 1.0),
    ],
)
def test_a_microscopes_resolution_is_one_in_any_unit(tmp_path, movie, unit, per_unit, um):
    assert write_in(tmp_path / "m.tif", movie, unit, per_unit).info.dxy_um == pytest.approx((um, um))


@pytest.mark.parametrize(("um", "is_known"), [(0.02, False), (0.05, True), (330.0, True), (340.0, False)])
def test_a_field_is_1_um_to_10_mm_wide(tmp_path, movie, um, is_known):
    metadata = {"axes": "TYX", "PhysicalSizeX": um, "PhysicalSizeY": um}
    tifffile.imwrite(tmp_path / "m.ome.tif", movie, ome=True, metadata=metadata)
    assert open_recording(tmp_path / "m.ome.tif").info.dxy_um == (pytest.approx((um, um)) if is_known else None)


@pytest.mark.parametrize("shape", [(12, 1, 256), (12, 256, 1), (1, 1, 30)])
@pytest.mark.parametrize("kind", ["stack", "frames"])
def test_a_movie_of_one_row_or_column_is_refused(tmp_path, shape, kind):
    movie = np.ones(shape, np.uint16)
    if kind == "stack":
        tifffile.imwrite(tmp_path / "m.tif", movie, photometric="minisblack", metadata=None)
    else:
        for i in range(3):
            tifffile.imwrite(tmp_path / f"m_{i}.tif", movie[0], photometric="minisblack", metadata=None)
    with pytest.raises(RecordingError, match=rf"images of {shape[1]} x {shape[2]} px .* line scan"):
        open_recording(tmp_path / "m.tif" if kind == "stack" else tmp_path)


def scanimage(path, movie, regions, *, enabled=True, place="Artist"):
    """Write as ScanImage does; `regions` stands in the tag Artist as JSON, or nowhere."""
    lines = ["SI.VERSION_MAJOR = 2020", "SI.hChannels.channelSave = 1", "SI.hRoiManager.scanFrameRate = 12.5"]
    lines += [f"SI.hRoiManager.mroiEnable = {str(enabled).lower()}", "SI.hStackManager.enable = false"]
    lines += ["SI.hRoiManager.imagingFovUm = [-60 -40;60 -40;60 40;-60 40]"]
    text = json.dumps({"RoiGroups": {"imagingRoiGroup": {"rois": regions}}})
    tags = [(315, "s", 0, text, True)] if place else []
    tifffile.imwrite(path, movie, software="\n".join(lines), extratags=tags, metadata=None, photometric="minisblack")
    return path


def region(i, **more):
    fields = {"centerXY": [-3 + 3 * i, 0], "sizeXY": [2.5, 2.5], "pixelResolutionXY": [30, 8]}
    return {"name": f"ROI {i}", "scanfields": fields, **more}


@pytest.mark.parametrize("n", [2, 3, 9])
def test_several_regions_in_a_page_of_scanimage_are_refused(tmp_path, movie, n):
    path = scanimage(tmp_path / "m.tif", movie, [region(i) for i in range(n)])
    with pytest.raises(RecordingError, match=rf"holds {n} regions .* Save each region as a recording of its own"):
        open_recording(path)


@pytest.mark.parametrize("regions", [region(0), [region(0)], [region(0), region(1, enable=0)]])
def test_one_region_is_a_movie(tmp_path, movie, regions):
    recording = open_recording(scanimage(tmp_path / "m.tif", movie, regions))
    assert recording.info.dxy_um == pytest.approx((4.0, 4.0)) and not recording.notes


def test_regions_that_were_not_scanned_do_not_matter(tmp_path, movie):
    path = scanimage(tmp_path / "m.tif", movie, [region(0), region(1)], enabled=False)
    assert open_recording(path).shape == movie.shape


def test_regions_that_are_listed_nowhere_leave_the_pixel_size_open(tmp_path, movie):
    recording = open_recording(scanimage(tmp_path / "m.tif", movie, [], place=""))
    assert recording.info.dxy_um is None
    assert [note.kind for note in recording.notes] == ["metadata_unreadable"]
