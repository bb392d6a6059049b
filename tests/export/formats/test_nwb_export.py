"""NWB files, read back with pynwb: axes stated, on a field that is not square; nothing invented."""

import math
import sys

import numpy as np
import pytest
import tifffile

from calscope.export.formats.format_registry import export_run
from calscope.export.formats.nwb.write_nwb import write_nwb
from calscope.export.run_folder.open_run_folder import open_run
from calscope.model.errors import EngineError, ParameterError, StoreError
from calscope.model.nwb.project_metadata import ProjectNwbMetadata

pynwb = pytest.importorskip("pynwb", reason="NWB is an extra")


@pytest.fixture
def read_back():
    """Open a written file; closed when the test ends."""
    opened = []

    def read(path):
        io = pynwb.NWBHDF5IO(str(path), "r")
        opened.append(io)
        return io.read()

    yield read
    for io in opened:
        io.close()


@pytest.fixture
def ophys(make_animal, truth, tmp_path, read_back):
    path = tmp_path / "one.nwb"
    write_nwb(open_run(make_animal(truth=truth)).animals[0], path)
    return read_back(path).processing["ophys"]


def test_masks_are_x_y_of_a_field_that_is_not_square(ophys, truth):
    table = ophys["ImageSegmentation"]["PlaneSegmentation"]
    assert table["image_mask"].data.shape == (4, 34, 20)
    for i, footprint in enumerate(truth.footprints):
        np.testing.assert_array_equal(table["image_mask"][i].T, footprint)
        drawn = np.zeros_like(footprint)
        for x, y, weight in table["pixel_mask"][i]:
            drawn[y, x] = weight
        np.testing.assert_array_equal(drawn, footprint)


def test_measures_are_columns(ophys, truth):
    table = ophys["ImageSegmentation"]["PlaneSegmentation"]
    np.testing.assert_allclose(table["snr"][:], truth.snr)
    np.testing.assert_allclose(table["r"][:], truth.r_value)
    assert "cnn" not in table.colnames
    np.testing.assert_array_equal(table["accepted"][:], truth.accepted)
    np.testing.assert_array_equal(table["Rejected"][:], ~truth.accepted)
    assert list(table["reason"][:]) == truth.reasons
    y, x = np.nonzero(truth.footprints[2])
    assert x.min() <= table["ROICentroids"][2][0] <= x.max() and y.min() <= table["ROICentroids"][2][1] <= y.max()


def test_traces_are_frame_by_roi_at_the_true_rate(ophys, truth):
    found = ophys["Fluorescence"].roi_response_series
    for name, kind in (("RoiResponseSeries", "raw"), ("Denoised", "denoised"), ("Deconvolved", "spikes")):
        np.testing.assert_array_equal(found[name].data[:].T, getattr(truth, kind))
        assert (found[name].rate, found[name].starting_time, found[name].unit) == (9.0, 0.0, "a.u.")
        assert list(found[name].rois.data[:]) == [0, 1, 2, 3]
    ratio = ophys["DfOverF"].roi_response_series["RoiResponseSeries"]
    np.testing.assert_array_equal(ratio.data[:].T, truth.dff)


def test_background_is_not_among_the_cells(ophys, truth):
    table = ophys["ImageSegmentation"]["BackgroundPlaneSegmentation"]
    np.testing.assert_array_equal(np.stack([table["image_mask"][i].T for i in range(2)]), truth.b)
    series = ophys["Fluorescence"].roi_response_series["BackgroundRoiResponseSeries"]
    np.testing.assert_array_equal(series.data[:].T, truth.f)
    assert series.rois.table.name == "BackgroundPlaneSegmentation"
    assert len(ophys["ImageSegmentation"]["PlaneSegmentation"]) == 4


def test_shifts_and_images(ophys, truth):
    np.testing.assert_array_equal(ophys["xy_translation"].data[:], truth.shifts[:, ::-1])
    images = ophys["SegmentationImages"]
    np.testing.assert_array_equal(images["correlation"].data[:].T, truth.images["corr_after"])
    np.testing.assert_array_equal(images["max_before"].data[:].T, truth.images["max_before"])


def test_unknown_metadata_is_unknown_and_what_was_given_is_kept(make_animal, tmp_path, read_back):
    animal = open_run(make_animal()).animals[0]
    write_nwb(animal, tmp_path / "unknown.nwb")
    file = read_back(tmp_path / "unknown.nwb")
    plane = file.imaging_planes["ImagingPlane"]
    assert (plane.indicator, plane.location, plane.device.description) == ("unknown",) * 3
    assert math.isnan(plane.excitation_lambda) and math.isnan(plane.optical_channel[0].emission_lambda)
    assert "start of the session is unknown" in file.session_description
    assert (file.subject.subject_id, file.subject.age, file.subject.species) == ("Animal_1", None, None)
    np.testing.assert_allclose(plane.grid_spacing[:], (1.25e-6, 1.5e-6))  # x before y, in metres
    assert (plane.imaging_rate, plane.grid_spacing_unit) == (9.0, "meters")


SAID = {
    "NWBFile": {
        "session_start_time": "2026-05-03T10:12:00+02:00",
        "session_description": "In the dark.",
        "experimenter": "Doe, Jane",
        "lab": "",
    },
    "Subject": {"species": "Mus musculus", "age": "P90D", "date_of_birth": "2026-02-02", "weight": 0.025},
    "Ophys": {
        "Device": {"description": "Two-photon", "manufacturer": "Bruker", "model_name": "Ultima 2P/x"},
        "ImagingPlane": {
            "indicator": "GCaMP6f",
            "location": "VISp",
            "excitation_lambda": 920,
            "optical_channel": {"description": "Green", "emission_lambda": 525.0},
        },
    },
    "animals": {"Animal_1": {"Subject": {"sex": "F", "subject_id": "M1"}}},
}


def test_what_was_said_is_in_the_file_and_of_each_animal_its_own(make_animal, tmp_path, read_back):
    make_animal("Animal_2")
    run = open_run(make_animal().parent, ProjectNwbMetadata.from_plain(SAID))
    one, other = (read_back(path) for path in export_run(run, "nwb", tmp_path / "x"))
    assert one.session_start_time.isoformat() == "2026-05-03T10:12:00+02:00"
    assert one.session_description == "In the dark." and list(one.experimenter) == ["Doe, Jane"] and one.lab is None
    assert (one.subject.subject_id, one.subject.sex, one.subject.age) == ("M1", "F", "P90D")
    assert one.subject.date_of_birth.isoformat() == "2026-02-02T00:00:00+02:00"
    assert (other.subject.subject_id, other.subject.sex, other.subject.species) == ("Animal_2", "U", "Mus musculus")
    assert (one.session_id, other.session_id) == ("Animal_1", "Animal_2")
    plane = one.imaging_planes["ImagingPlane"]
    assert (plane.indicator, plane.location, plane.excitation_lambda) == ("GCaMP6f", "VISp", 920.0)
    assert (plane.optical_channel[0].description, plane.optical_channel[0].emission_lambda) == ("Green", 525.0)
    assert (plane.device.description, plane.device.model.manufacturer) == ("Two-photon", "Bruker")
    assert plane.device.model.name == "Ultima 2P-x"


def test_what_was_said_of_animals_that_are_not_there_is_refused(make_animal):
    with pytest.raises(ParameterError, match="of Animal_1 too, which the run doesn't have"):
        open_run(make_animal("Animal_7"), ProjectNwbMetadata.from_plain(SAID))


def test_what_the_recording_states_is_taken_where_nobody_said_otherwise(make_animal, tmp_path, read_back):
    movie = tmp_path / "movie.ome.tif"
    microscope = '<Instrument ID="Instrument:0"><Microscope Model="Ultima" Manufacturer="Bruker"/></Instrument>'
    channel = '<Channel ID="Channel:0:0" Fluor="GCaMP8m" ExcitationWavelength="940"/>'
    description = (
        f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{microscope}'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0">{channel}</Pixels></Image></OME>'
    )
    tifffile.imwrite(movie, np.zeros((4, 4), np.uint16), description=description, metadata=None)
    folder = make_animal(recording={"path": str(movie), "shape": [90, 20, 34]})
    run = open_run(folder, ProjectNwbMetadata.from_plain({"Ophys": {"ImagingPlane": {"indicator": "GCaMP6f"}}}))
    plane = read_back(export_run(run, "nwb", tmp_path / "x")[0]).imaging_planes["ImagingPlane"]
    assert (plane.indicator, plane.excitation_lambda, plane.device.model.name) == ("GCaMP6f", 940.0, "Ultima")
    assert plane.optical_channel[0].description == "unknown" and plane.location == "unknown"


def test_a_kept_movie_is_linked_and_not_copied(make_animal, tmp_path, read_back):
    folder = make_animal()
    (folder / "corrected.tif").write_bytes(b"not read")
    (path,) = export_run(open_run(folder), "nwb", tmp_path / "x")
    file = read_back(path)
    stack = file.processing["ophys"]["MotionCorrection"]["CorrectedImageStack"]
    assert (path.parent / stack.corrected.external_file[0]).resolve() == (folder / "corrected.tif").resolve()
    assert stack.original is file.acquisition["TwoPhotonSeries"]
    assert stack.xy_translation.data.shape == (90, 2)
    assert list(stack.corrected.dimension) == [34, 20]


@pytest.mark.parametrize("until", ["motion", "extraction"])
def test_a_run_that_stopped_early(make_animal, tmp_path, read_back, until):
    (path,) = export_run(open_run(make_animal(until=until)), "nwb", tmp_path / "x")
    ophys = read_back(path).processing["ophys"]
    assert "xy_translation" in ophys.data_interfaces
    assert ("ImageSegmentation" in ophys.data_interfaces) == (until == "extraction")


def test_none_found(make_animal, empty_truth, tmp_path, read_back):
    (path,) = export_run(open_run(make_animal(truth=empty_truth)), "nwb", tmp_path / "x")
    ophys = read_back(path).processing["ophys"]
    assert list(ophys["ImageSegmentation"].plane_segmentations) == ["BackgroundPlaneSegmentation"]


def test_valid_by_the_schema(make_animal, tmp_path):
    (path,) = export_run(open_run(make_animal()), "nwb", tmp_path / "x")
    assert pynwb.validate(path=str(path)) == []


def test_without_pynwb_the_words_say_how_to_get_it(make_animal, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(EngineError, match=r'pip install "calscope\[nwb\]"'):
        export_run(open_run(make_animal()), "nwb", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_summary_has_nothing_for_nwb(make_animal, tmp_path):
    with pytest.raises(StoreError, match="neither motion nor components"):
        export_run(open_run(make_animal(until="summary")), "nwb", tmp_path / "x")
