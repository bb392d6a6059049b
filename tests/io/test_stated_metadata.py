"""What files of recordings state of microscope, channel and date."""

from datetime import datetime

import numpy as np
import pytest
import tifffile

from calscope.io.stated_metadata import NOTHING_STATED, stated_in, stated_of


def write(path, inner):
    head = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
    tifffile.imwrite(path, np.zeros((4, 4), np.uint16), description=f"{head}{inner}</OME>", metadata=None)
    return path


CHANNEL = '<Channel Name="Green" Fluor="GCaMP6f" ExcitationWavelength="0.92" ExcitationWavelengthUnit="µm"/>'


def test_ome_states_the_channel_and_a_date_with_its_zone(tmp_path):
    date = "<AcquisitionDate>2026-05-03T10:12:00Z</AcquisitionDate>"
    folder = tmp_path / "movie"
    folder.mkdir()
    write(folder / "f2.tif", "")
    write(folder / "f1.tif", f"<Image>{date}<Pixels>{CHANNEL.replace('µ', '&#181;')}</Pixels></Image>")
    stated = stated_of({"path": str(folder)})
    assert stated.metadata.known() == {
        "NWBFile.session_start_time": "2026-05-03T10:12:00Z",
        "Ophys.ImagingPlane.indicator": "GCaMP6f",
        "Ophys.ImagingPlane.excitation_lambda": 920.0,
        "Ophys.ImagingPlane.optical_channel.description": "Green",
    }
    assert (stated.source, stated.start_without_zone) == ("OME-XML", None)


def test_a_date_without_zone_is_told_and_not_taken(tmp_path):
    stated = stated_in(
        write(tmp_path / "a.tif", "<Image><AcquisitionDate>2026-05-03T10:12:00</AcquisitionDate></Image>")
    )
    assert stated.metadata.NWBFile.session_start_time is None
    assert stated.start_without_zone == datetime(2026, 5, 3, 10, 12)


@pytest.mark.parametrize(
    "inner",
    [
        "<Image><Pixels><Channel Fluor='a'/><Channel Fluor='b'/></Pixels></Image>",
        "<Image><Pixels><Channel ExcitationWavelength='0'/></Pixels></Image>",
        "<Image><AcquisitionDate>yesterday</AcquisitionDate></Image>",
        "<broken",
    ],
)
def test_what_is_ambiguous_or_senseless_is_not_taken(tmp_path, inner):
    assert stated_in(write(tmp_path / "a.tif", inner)) == NOTHING_STATED


def test_scanimage_states_when_the_acquisition_began(tmp_path):
    path = tmp_path / "si.tif"
    described = "frameNumbers = 1\nepoch = [2026 5 3 10 12 33.25]\n"
    tifffile.imwrite(
        path, np.zeros((4, 4), np.int16), description=described, software="SI.VERSION_MAJOR = 2020", metadata=None
    )
    assert stated_in(path).start_without_zone == datetime(2026, 5, 3, 10, 12, 33)


def test_nothing_is_stated_by_what_is_not_there(tmp_path):
    assert (
        stated_of({}) == stated_of({"path": 3}) == stated_in(tmp_path) == stated_in(tmp_path / "no") == NOTHING_STATED
    )
