"""Frame rate and pixel size with their source; what is not written stays unknown."""

import re
import time

import numpy as np
import pytest
import tifffile

from calscope.io.readers.reader_registry import open_recording
from calscope.io.readers.tiff.ome import plane_interval, read_ome
from calscope.model.errors import RecordingError
from calscope.model.note_texts.all_texts import texts


def info_of(path, movie, **options):
    tifffile.imwrite(path, movie, photometric="minisblack", **options)
    return open_recording(path).info


def test_imagej(tmp_path, movie):
    info = info_of(
        tmp_path / "movie.tif",
        movie,
        imagej=True,
        resolution=(0.8, 0.5),
        metadata={"axes": "TYX", "finterval": 0.05, "unit": "um"},
    )
    assert info.fr_hz == pytest.approx(20.0)
    assert info.fr_source == "ImageJ frame interval of 0.05 s in 'movie.tif'"
    assert info.dxy_um == pytest.approx((2.0, 1.25))
    assert info.dxy_source == "ImageJ resolution in um in 'movie.tif'"


@pytest.mark.parametrize(
    ("unit", "um"), [("micron", 2.0), ("\\u00B5m", 2.0), ("mm", 2000.0), ("nm", 0.002), ("pixel", None), ("", None)]
)
def test_units_of_imagej(tmp_path, movie, unit, um):
    described = f"ImageJ=1.53t\nimages=12\nframes=12\nunit={unit}\n"
    path = tmp_path / "movie.tif"
    resolution = (0.5, 0.5)
    tifffile.imwrite(path, movie, description=described, metadata=None, resolution=resolution, resolutionunit=1)
    found = open_recording(path).info.dxy_um
    # a field of 60 mm, or of 0.06 µm, is no microscope's
    assert found is None if um is None or not 1 <= 30 * um <= 10_000 else found == pytest.approx((um, um))


def test_imagej_interval_in_milliseconds(tmp_path, movie):
    described = "ImageJ=1.53t\nimages=12\nframes=12\nfinterval=100\ntunit=ms\n"
    info = info_of(tmp_path / "movie.tif", movie, description=described, metadata=None)
    assert info.fr_hz == pytest.approx(10.0)


def test_playback_speed_and_printing_resolution_are_not_believed(tmp_path, movie):
    """ImageJ's fps is how fast a movie is shown; 72 dots per inch is what programs write that know nothing."""
    described = "ImageJ=1.53t\nimages=12\nframes=12\nfps=7.0\n"
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, description=described, metadata=None, resolution=(72, 72), resolutionunit=2)
    info = open_recording(path).info
    assert (info.fr_hz, info.fr_source, info.dxy_um, info.dxy_source) == (None, "", None, "")


def test_ome(tmp_path, movie):
    metadata = {
        "axes": "TYX",
        "TimeIncrement": 50.0,
        "TimeIncrementUnit": "ms",
        "PhysicalSizeX": 0.5,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 700.0,
        "PhysicalSizeYUnit": "nm",
    }
    info = info_of(tmp_path / "movie.ome.tif", movie, metadata=metadata)
    assert info.fr_hz == pytest.approx(20.0)
    assert info.fr_source.startswith("OME-XML TimeIncrement of 0.05 s")
    assert info.dxy_um == pytest.approx((0.7, 0.5))
    assert info.name == "movie"


def test_ome_times_of_planes(tmp_path, movie):
    metadata = {"axes": "TYX", "Plane": {"DeltaT": [0.25 * i for i in range(len(movie))]}}
    info = info_of(tmp_path / "movie.ome.tif", movie, metadata=metadata)
    assert info.fr_hz == pytest.approx(4.0)
    assert info.fr_source == "times of the planes in OME-XML in 'movie.ome.tif'"


def test_scanimage(tmp_path, movie, monkeypatch):
    """Its state is given to the reader as tifffile gives it; pixel size is the field of view over rows and columns."""
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, photometric="minisblack", metadata=None)
    state = {
        "FrameData": {
            "SI.hRoiManager.scanFrameRate": 29.97,
            "SI.hChannels.channelSave": 1,
            "SI.hFastZ.enable": False,
            "SI.hRoiManager.imagingFovUm": [[-300, -200], [300, -200], [300, 200], [-300, 200]],
        }
    }
    monkeypatch.setattr(tifffile.TiffFile, "is_scanimage", True, raising=False)
    monkeypatch.setattr(tifffile.TiffFile, "scanimage_metadata", state, raising=False)
    info = open_recording(path).info
    assert info.fr_hz == pytest.approx(29.97)
    assert info.dxy_um == pytest.approx((400 / 20, 600 / 30))
    assert info.fr_source == "ScanImage scanFrameRate in 'movie.tif'"
    state["FrameData"]["SI.hChannels.channelSave"] = [[1], [2]]
    with pytest.raises(Exception, match="2 channels"):
        open_recording(path)


def ome_of_many_files(path, movie, planes, size_c=2):
    """Write a stack whose OME-XML describes several files, as Bruker's and Micro-Manager's do.

    `planes` are file, channel, slice and time of each plane of the recording; several lists are several positions.
    """
    images = ""
    for positions in planes if isinstance(planes[0], list) else [planes]:
        data = "".join(
            f'<TiffData FirstC="{c}" FirstZ="{z}" FirstT="{t}" IFD="{i}" PlaneCount="1">'
            f'<UUID FileName="{file}">u</UUID></TiffData>'
            for i, (file, c, z, t) in enumerate(positions)
        )
        times = "".join(f'<Plane TheC="{c}" TheZ="{z}" TheT="{t}" DeltaT="{0.1 * t}"/>' for _, c, z, t in positions)
        sizes = f'SizeC="{size_c}" SizeZ="1" SizeT="{len(movie)}" SizeX="30" SizeY="20"'
        images += f'<Image ID="i"><Pixels ID="p" Type="uint16" {sizes}>{data}{times}</Pixels></Image>'
    text = f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{images}</OME>'
    tifffile.imwrite(path, movie, description=text, metadata=None)
    return path


def test_one_channel_of_a_recording_of_two_is_read(tmp_path, movie):
    """The XML names both channels, of which the file has one; the planes' times are compared within a channel."""
    planes = [(f"m_Ch{c + 1}_000001.ome.tif", c, 0, t) for t in range(12) for c in (0, 1)]
    for name in ("m_Ch2_000001.ome.tif", "renamed.tif"):
        recording = open_recording(ome_of_many_files(tmp_path / name, movie, planes))
        assert np.array_equal(recording.read(0, 12), movie)
        assert recording.info.fr_hz == pytest.approx(10)


def test_two_channels_in_a_file_that_is_one_of_several_are_refused(tmp_path, movie):
    planes = [(f"m_{t // 6}.ome.tif", c, 0, t) for t in range(12) for c in (0, 1)]
    with pytest.raises(RecordingError, match="2 channels: found 2 channels, 1 slices, 6 frames"):
        open_recording(ome_of_many_files(tmp_path / "m_1.ome.tif", movie, planes))


def test_positions_are_no_frames(tmp_path, movie):
    with tifffile.TiffWriter(tmp_path / "movie.ome.tif", ome=True) as tiff:
        for part in (movie[:6], movie[6:]):
            tiff.write(part, metadata={"axes": "TYX"}, photometric="minisblack")
    with pytest.raises(RecordingError, match="images of 2 positions"):
        open_recording(tmp_path / "movie.ome.tif")
    apart = [[(f"m_Pos{p}.ome.tif", 0, 0, t) for t in range(12)] for p in (0, 1)]
    assert open_recording(ome_of_many_files(tmp_path / "m_Pos1.ome.tif", movie, apart, 1)).shape == movie.shape


OME = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels {}/></Image></OME>'
RATE = 'TimeIncrement="0.05" PhysicalSizeX="2" PhysicalSizeY="2"'
BOMB = "<!DOCTYPE OME [<!ENTITY a0 'aaaaaaaaaa'>{}]>".format(
    "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 12))
)


def described(path, movie, text):
    tifffile.imwrite(path, movie, description=text, metadata=None)
    return open_recording(path)


@pytest.mark.parametrize(
    "text",
    [
        OME.format(RATE),
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- not <Pixels TimeIncrement="9"/> -->\n' + OME.format(RATE),
        OME.format(RATE).replace("<", "<o:").replace("<o:/", "</o:").replace("xmlns=", "xmlns:o="),
        OME.format(RATE.replace('"', "'")),
        OME.format(RATE.replace(" ", "\n\t")),
    ],
)
def test_ome_is_read_as_xml_however_it_is_written(tmp_path, movie, text):
    recording = described(tmp_path / "movie.tif", movie, text)
    assert (recording.info.fr_hz, recording.info.dxy_um, recording.notes) == (20, (2, 2), ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (OME.format(RATE)[:-20], "unclosed token"),
        (OME.format(RATE + ' Name="&what;"'), "undefined entity"),
        (OME.format(RATE + ' SizeC="two"'), "'two' is no whole number"),
        (BOMB + OME.format(RATE + ' Name="&a11;"'), r"document type \(DTD\)"),
        ('<!DOCTYPE OME SYSTEM "file:///etc/passwd">' + OME.format(RATE), r"document type \(DTD\)"),
    ],
)
def test_ome_that_cannot_be_read_is_told_and_says_nothing(tmp_path, movie, text, why):
    recording = described(tmp_path / "movie.tif", movie, text)
    assert np.array_equal(recording.read(0, 12), movie)
    assert recording.info.fr_hz is None and recording.info.dxy_um is None
    (note,) = recording.notes
    assert note.kind == "metadata_unreadable" and re.search(why, note.values["why"])
    assert re.search(f"The metadata in 'movie.tif' can't be read .*{why}.* one channel and plane", texts([note])[0])


def test_single_frames_tell_of_unreadable_ome_too(tmp_path, movie):
    for i in range(3):
        tifffile.imwrite(tmp_path / f"f_{i}.tif", movie[i], description=OME.format(RATE)[:-9], metadata=None)
    assert [note.kind for note in open_recording(tmp_path).notes] == ["metadata_unreadable"]


@pytest.mark.parametrize("text", ["recorded in /HOME/me", "<html>/OME</html>", "a < b, <OME"])
def test_a_description_that_only_looks_like_ome_says_nothing(tmp_path, movie, text):
    assert described(tmp_path / "movie.tif", movie, text).notes == ()


def test_ome_of_many_planes_is_read_in_proportional_time():
    def seconds(n):
        planes = "".join(f'<Plane TheC="0" TheZ="0" TheT="{t}" DeltaT="{0.1 * t}"/>' for t in range(n))
        text = OME.format(RATE).replace("/></Image>", f">{planes}</Pixels></Image>")
        start = time.process_time()
        assert plane_interval(read_ome(text))[0] == pytest.approx(0.1)
        return time.process_time() - start

    few = min(seconds(10_000) for _ in range(3))
    assert seconds(100_000) < 30 * few


def parts(folder, movie, **said_by_each):
    """Two stacks that continue each other, each with its own ImageJ scale."""
    folder.mkdir()
    for i in (0, 1):
        said = {name: values[i] for name, values in said_by_each.items() if values[i] is not None}
        um = said.pop("um", None)
        resolution = {"resolution": (1 / um, 1 / um)} if um else {}
        metadata = {"axes": "TYX", "unit": "um" if um else "", **said}
        tifffile.imwrite(folder / f"part_{i + 1}.tif", movie, imagej=True, metadata=metadata, **resolution)
    return folder


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"finterval": (0.1, 0.05)}, r"frame rates: 'part_1.tif' \(10 Hz\) and 'part_2.tif' \(20 Hz\)"),
        ({"um": (2.0, 1.0)}, r"pixel sizes: 'part_1.tif' \(2 x 2 µm\) and 'part_2.tif' \(1 x 1 µm\)"),
    ],
)
def test_parts_of_different_scales_are_not_joined(tmp_path, movie, said, told):
    with pytest.raises(RecordingError, match=told):
        open_recording(parts(tmp_path / "mouse", movie, **said))


def test_single_frames_of_different_scales_are_not_joined(tmp_path, movie):
    for i, um in enumerate((2.0, 2.0, 1.0)):
        frame = {"imagej": True, "metadata": {"unit": "um"}, "resolution": (1 / um, 1 / um)}
        tifffile.imwrite(tmp_path / f"f_{i}.tif", movie[0], **frame)
    with pytest.raises(RecordingError, match=r"'f_0.tif' \(2 x 2 µm\) and 'f_2.tif' \(1 x 1 µm\)"):
        open_recording(tmp_path)


@pytest.mark.parametrize("second", [0.1, 0.1001, None])
def test_parts_whose_rates_agree_or_are_not_said_are_joined(tmp_path, movie, second):
    info = open_recording(parts(tmp_path / "a", movie, finterval=(0.1, second))).info
    assert (info.shape[0], info.fr_hz) == (24, pytest.approx(10))
    info = open_recording(parts(tmp_path / "b", movie, finterval=(second, 0.1))).info
    assert info.fr_hz == pytest.approx(10, rel=0.01)


SINGLE = {
    "hRoiManager.scanFrameRate": "30.0",
    "hChannels.channelSave": "1",
    "hScan2D.logAverageFactor": "1",
    "hFastZ.enable": "false",
    "hStackManager.enable": "false",
    "hStackManager.numSlices": "11",
    "hScan2D.logFramesPerFile": "Inf",
    "hFastZ.flybackTime": "<unencodeable value>",
}


def scanimage_file(path, movie, **changes):
    """Write a classic TIFF as ScanImage 2016 and later do: its state is in the tag Software alone."""
    said = SINGLE | {name.replace("__", "."): value for name, value in changes.items()}
    text = "".join(f"SI.{name} = {value}\n" for name, value in said.items() if value is not None)
    tifffile.imwrite(path, movie, software=text, description="frameNumbers = 1", metadata=None)
    return path


def test_scanimage_in_a_classic_file(tmp_path, movie):
    """The slices of a stack that is not enabled are ignored, as 11 are here."""
    recording = open_recording(scanimage_file(tmp_path / "movie.tif", movie))
    assert recording.info.fr_hz == pytest.approx(30)
    assert recording.notes == ()
    assert np.array_equal(recording.read(0, 12), movie)


def test_scanimage_that_averaged_frames_as_it_saved_them(tmp_path, movie):
    info = open_recording(scanimage_file(tmp_path / "movie.tif", movie, hScan2D__logAverageFactor="4")).info
    assert info.fr_hz == pytest.approx(7.5)
    assert info.fr_source == "ScanImage scanFrameRate of 30 Hz, with each 4 frames saved as one, in 'movie.tif'"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hChannels__channelSave": "[1;2]"}, "2 channels: .* in 12 images"),
        ({"hChannels__channelSave": f"[{' '.join(map(str, range(1, 13)))}]"}, "12 channels"),
        ({"hStackManager__enable": "true", "hStackManager__numSlices": "3"}, "volume of 3 planes"),
        ({"hStackManager__enable": "true", "hStackManager__actualNumSlices": "12"}, "volume of 12 planes"),
        ({"hStackManager__enable": None, "hFastZ__enable": "true", "hStackManager__numSlices": "4"}, "of 4 planes"),
        (
            {
                "hStackManager__enable": None,
                "hFastZ__enable": "true",
                "hStackManager__numSlices": "1",
                "hStackManager__zs": "[0 50]",
            },
            "of 2 planes",
        ),
        ({"hStackManager__enable": None, "hStackManager__numSlices": "6"}, "of 6 planes"),
    ],
)
def test_channels_and_planes_of_scanimage_are_refused_in_words(tmp_path, movie, changes, said):
    path = scanimage_file(tmp_path / "movie.tif", movie, **changes)
    with pytest.raises(RecordingError, match=said) as told:
        open_recording(path)
    assert "as a file of its own" in str(told.value)


def test_a_stack_of_one_plane_is_a_movie(tmp_path, movie):
    path = scanimage_file(tmp_path / "movie.tif", movie, hStackManager__enable="true", hStackManager__numSlices="1")
    assert open_recording(path).shape == movie.shape


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ("scanimage.SI.hChannels.channelSave = [1;2]\n", "2 channels"),
        ("scanimage.SI4.channelsSave = [1;2]\nscanimage.SI4.stackNumSlices = 1\n", "2 channels"),
        ("scanimage.SI4.channelsSave = 1\nscanimage.SI4.stackNumSlices = 3\n", "3 planes"),
        ("state.configName='x'\rstate.acq.savingChannel1=1\rstate.acq.savingChannel2=1\r", "2 channels"),
        ("state.configName='x'\rstate.acq.savingChannel1=1\rstate.acq.savingChannel2=0\r", None),
        ("state.configName='x'\rstate.acq.savingChannel1=1\rstate.acq.numberOfZSlices=4\r", "4 planes"),
    ],
)
def test_old_versions_of_scanimage(tmp_path, movie, described, said):
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, description=described, metadata=None)
    if said is None:
        assert open_recording(path).shape == movie.shape
        return
    with pytest.raises(RecordingError, match=said):
        open_recording(path)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "abc", "1e-9", "1e9"])
def test_senseless_intervals_are_unknown(tmp_path, movie, value):
    described = f"ImageJ=1.53t\nimages=12\nframes=12\nfinterval={value}\n"
    assert info_of(tmp_path / "movie.tif", movie, description=described, metadata=None).fr_hz is None


def test_single_frames_carry_it_too(tmp_path):
    for i in range(3):
        tifffile.imwrite(
            tmp_path / f"a_{i}.tif",
            np.ones((8, 9), np.uint16),
            imagej=True,
            resolution=(2, 2),
            metadata={"unit": "um", "finterval": 0.1},
        )
    info = open_recording(tmp_path).info
    assert info.fr_hz == pytest.approx(10.0)
    assert info.dxy_um == pytest.approx((0.5, 0.5))
    assert "'a_0.tif'" in info.fr_source
