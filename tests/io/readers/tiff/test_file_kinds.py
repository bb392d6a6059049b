"""Files beside each other that are no frames of one movie, and frames that lie beside something else."""

import os
import re
import socket
import struct
from datetime import date

import numpy as np
import pytest
import tifffile

from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import RecordingError
from calscope.model.note_texts.all_texts import texts


def write(folder, movie, names, **options):
    folder.mkdir(parents=True, exist_ok=True)
    for frame, name in zip(movie, names, strict=True):
        tifffile.imwrite(folder / name, frame, metadata=None, **options)
    return folder


@pytest.mark.parametrize(
    "name",
    ["FOV1_z{:03d}.tif", "cell-Z{}.ome.tif", "a_c{}.tif", "a_C{}.tif", "a_w{}.TIF", "a_depth_{}.tif", "a_ch{}.tif"],
)
@pytest.mark.parametrize("n", [2, 12])
def test_names_that_count_depths_or_channels_are_refused(tmp_path, movie, name, n):
    write(tmp_path, movie[:n], [name.format(i + 1) for i in range(n)])
    with pytest.raises(RecordingError, match="named as channels, planes or positions"):
        open_recording(tmp_path)


@pytest.mark.parametrize("name", ["cz{}.tif", "mac{}.tif", "fitz{}.tif", "c_{}.tif", "c{}.tif", "a_z001_t{:03d}.tif"])
def test_names_that_only_look_so_are_frames(tmp_path, movie, name):
    write(tmp_path, movie, [name.format(i + 1) for i in range(12)])
    assert np.array_equal(open_recording(tmp_path).read(0, 12), movie)


def tiff_data(name, c, z, t, ifd=0):
    place = f'FirstC="{c}" FirstZ="{z}" FirstT="{t}" IFD="{ifd}" PlaneCount="1"'
    return f'<TiffData {place}><UUID FileName="{name}">urn:uuid:1</UUID></TiffData>'


def ome(names, channels, slices, frames):
    """OME-XML that lists which plane lies in which file; channels run fastest, frames slowest."""
    planes = [(c, z, t) for t in range(frames) for z in range(slices) for c in range(channels)]
    listed = "".join(tiff_data(name, *plane) for name, plane in zip(names, planes, strict=True))
    sizes = f'SizeX="30" SizeY="20" SizeC="{channels}" SizeZ="{slices}" SizeT="{frames}"'
    pixels = f'<Image><Pixels Type="uint16" {sizes}>{listed}</Pixels></Image>'
    return f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{pixels}</OME>'


@pytest.mark.parametrize(
    ("sizes", "said"),
    [((1, 3, 4), "of 3 planes of a volume"), ((2, 1, 6), "of 2 channels"), ((12, 1, 1), "of 12 channels")],
)
def test_files_that_are_channels_or_planes_by_ome_are_refused(tmp_path, movie, sizes, said):
    names = [f"m_{i:03d}.ome.tif" for i in range(12)]
    write(tmp_path, movie, names, description=ome(names, *sizes))
    with pytest.raises(RecordingError, match=rf"12 files there are {said}, which do not follow each other in time"):
        open_recording(tmp_path)


def test_files_that_are_depths_by_ome_are_told_of(tmp_path, movie):
    names = [f"m_{i:03d}.ome.tif" for i in range(12)]
    write(tmp_path, movie, names, description=ome(names, 1, 12, 1))
    recording = open_recording(tmp_path)
    assert [note.kind for note in recording.notes] == ["files_taken_as_frames"]
    assert "the 12 files are slices of a volume" in texts(recording.notes)[0]


def test_frames_in_time_and_one_channel_of_two_by_ome_are_a_movie(tmp_path, movie):
    names = [f"m_{i:03d}.ome.tif" for i in range(12)]
    write(tmp_path / "time", movie, names, description=ome(names, 1, 1, 12))
    write(tmp_path / "one", movie[::2], names[::2], description=ome(names, 2, 1, 6))
    for folder in ("time", "one"):
        assert not open_recording(tmp_path / folder).notes


def test_stacks_that_are_one_depth_each_by_ome_are_refused(tmp_path, movie):
    names = [f"m_{i}.ome.tif" for i in (0, 0, 0, 0, 1, 1, 1, 1)]
    data = "".join(tiff_data(name, 0, int(name[2]), i % 4, i % 4) for i, name in enumerate(names))
    text = re.sub(r"<TiffData.*</TiffData>", data, ome(names, 1, 2, 4))
    for name in ("m_0.ome.tif", "m_1.ome.tif"):
        tifffile.imwrite(tmp_path / name, movie[:4], description=text, metadata=None, photometric="minisblack")
    with pytest.raises(RecordingError, match="2 files there are of 2 planes of a volume"):
        open_recording(tmp_path)


@pytest.mark.parametrize(
    "name", ["img_channel000_position000_time{:09d}_z000.tif", "img_{:09d}_Default_000.tif", "img_{:09d}_GFP_2_000.tif"]
)
def test_names_of_micro_manager_are_in_order_of_time(tmp_path, movie, name):
    times = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]
    write(tmp_path, movie, [name.format(time) for time in times])
    recording = open_recording(tmp_path)
    assert np.array_equal(recording.read(0, 12), movie)
    assert recording.gaps == ((8, 8),)


@pytest.mark.parametrize(
    "name",
    [
        "img_channel{:03d}_position000_time000000000_z000.tif",
        "img_channel000_position{:03d}_time000000000_z000.tif",
        "img_channel000_position000_time000000000_z{:03d}.tif",
        "img_000000000_Default_{:03d}.tif",
        "img_000000000_ch{}_000.tif",
    ],
)
def test_other_axes_in_names_of_micro_manager_are_refused(tmp_path, movie, name):
    write(tmp_path, movie, [name.format(i) for i in range(12)])
    with pytest.raises(RecordingError, match="named as channels, planes or positions"):
        open_recording(tmp_path)


@pytest.mark.parametrize("prefix", ["AVG_", "STD_", "MAX_", "MIN_", "SUM_", "MED_", "avg_", "Max_"])
@pytest.mark.parametrize("name", ["mouse.tif", "mouse_0003.tif"])
def test_projections_among_frames_are_passed_over_with_a_note(tmp_path, movie, prefix, name):
    folder = write(tmp_path / "mouse", movie, [f"mouse_{i:04d}.tif" for i in range(12)])
    tifffile.imwrite(folder / f"{prefix}{name}", np.ones((20, 30), np.float32))
    for ref in (*find_recordings(tmp_path).recordings, *find_recordings(folder).recordings):
        recording = open_recording(ref.path)
        assert np.array_equal(recording.read(0, 99), movie)
        assert texts(recording.skipped)[0].startswith(f"{prefix}{name}: an average or other projection")


@pytest.mark.parametrize("prefixes", [["AVG_"], ["avg_"], ["AVG_", "std_", "Max_"]])
def test_a_projection_beside_a_stack_is_passed_over_with_a_note(tmp_path, movie, prefixes):
    folder = write(tmp_path / "mouse", movie[:1], ["m1.tif"])
    tifffile.imwrite(folder / "m1.tif", movie, photometric="minisblack")
    for prefix in prefixes:
        tifffile.imwrite(folder / f"{prefix}m1.tif", movie[0])
    for ref in (*find_recordings(tmp_path).recordings, *find_recordings(folder).recordings):
        assert open_recording(ref.path).shape == movie.shape
    told = texts(open_recording(folder).skipped)
    assert sorted(text.split(":")[0] for text in told) == sorted(f"{prefix}m1.tif" for prefix in prefixes)
    assert all("an average or other projection" in text for text in told)


def test_projections_beside_the_stacks_of_several_animals_are_no_animals(tmp_path, movie):
    for name in ("m1", "m2"):
        tifffile.imwrite(tmp_path / f"{name}.tif", movie, photometric="minisblack")
        for prefix in ("avg_", "Std_", "MAX_"):
            tifffile.imwrite(tmp_path / f"{prefix}{name}.tif", movie[0])
    assert [ref.name for ref in find_recordings(tmp_path).recordings] == ["m1", "m2"]


def test_an_animal_called_max_is_no_projection(tmp_path, movie):
    for name in ("Max_1.tif", "Tom_1.tif"):
        tifffile.imwrite(tmp_path / name, movie, photometric="minisblack")
    assert [ref.name for ref in find_recordings(tmp_path).recordings] == ["Max_1", "Tom_1"]
    frames = write(tmp_path / "more", movie, [f"Max_{i:04d}.tif" for i in range(12)])
    assert np.array_equal(open_recording(frames).read(0, 99), movie)
    tifffile.imwrite(frames / "overview.tif", movie[0])
    with pytest.raises(RecordingError, match=r"overview\.tif"):
        open_recording(frames)


def test_averages_throughout_are_the_movie(tmp_path, movie):
    write(tmp_path, movie, [f"AVG_{i:04d}.tif" for i in range(12)])
    assert np.array_equal(open_recording(tmp_path).read(0, 99), movie)


@pytest.mark.parametrize("inside", ["one image", "frames", "stack"])
def test_frames_beside_a_folder_are_the_recording(tmp_path, movie, inside):
    mouse = write(tmp_path / "mouse", movie, [f"mouse_Cycle00001_Ch2_{i + 1:06d}.ome.tif" for i in range(12)])
    (mouse / "References").mkdir()
    if inside == "frames":
        write(mouse / "References", movie // 2, [f"r_{i}.tif" for i in range(12)])
    else:
        image = movie[:1] if inside == "one image" else movie
        tifffile.imwrite(mouse / "References" / "r_1.tif", image, photometric="minisblack")
    project = find_recordings(mouse)
    assert [ref.name for ref in project.recordings] == ["mouse"]
    assert np.array_equal(open_recording(project.recordings[0].path).read(0, 99), movie)
    assert "References: a folder beside the frames of this recording" in texts(project.skipped)[0]


@pytest.mark.parametrize(("name", "n"), [("References", 1), ("references", 12), ("snapshots", 3)])
def test_a_folder_of_single_images_beside_a_stack_is_no_animal(tmp_path, movie, name, n):
    tifffile.imwrite(tmp_path / "mouse.tif", movie, photometric="minisblack")
    write(tmp_path / name, movie[:n], [f"r_{i}.tif" for i in range(n)])
    project = find_recordings(tmp_path)
    assert len(project.recordings) == 1
    assert np.array_equal(open_recording(project.recordings[0].path).read(0, 99), movie)
    assert texts(project.skipped) == [
        f"{name}: a folder of single images beside a recording, which is none itself; it can be opened by itself"
    ]
    tifffile.imwrite(tmp_path / "mouse2.tif", movie, photometric="minisblack")
    assert [ref.name for ref in find_recordings(tmp_path).recordings] == ["mouse", "mouse2"]


@pytest.mark.parametrize("inside", ["series", "stack"])
def test_a_folder_with_a_movie_beside_a_stack_is_an_animal(tmp_path, movie, inside):
    tifffile.imwrite(tmp_path / "mouse_1.tif", movie, photometric="minisblack")
    write(tmp_path / "mouse_2", movie, [f"r_{i}.tif" for i in range(12)])
    if inside == "stack":
        (tmp_path / "mouse_2").rename(tmp_path / "series")
        (tmp_path / "mouse_2").mkdir()
        tifffile.imwrite(tmp_path / "mouse_2" / "m.tif", movie, photometric="minisblack")
        (tmp_path / "series").rename(tmp_path / "mouse_3")
    found = [ref.name for ref in find_recordings(tmp_path).recordings]
    assert found == [f"mouse_{i}" for i in range(1, 4 if inside == "stack" else 3)]


def test_overview_images_beside_animals_are_no_recording(tmp_path, movie):
    for i in range(4):
        write(tmp_path / f"Animal_{i}", movie[:3], ["f_1.tif", "f_2.tif", "f_3.tif"])
    write(tmp_path, movie[:8], [f"overview_{i}.tif" for i in range(8)])
    assert [ref.name for ref in find_recordings(tmp_path).recordings] == [f"Animal_{i}" for i in range(4)]


def test_pipes_sockets_and_devices_are_refused_unopened(tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    (tmp_path / "link.tif").symlink_to(tmp_path / "pipe.tif")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(tmp_path / "s"))
        for path in (tmp_path / "pipe.tif", tmp_path / "link.tif", tmp_path / "s", "/dev/zero"):
            for look in (open_recording, find_recordings):
                with pytest.raises(RecordingError, match="but a pipe, a socket or a device"):
                    look(path)


def test_a_pipe_among_frames_is_left_alone(tmp_path, movie):
    write(tmp_path, movie, [f"f_{i:02d}.tif" for i in range(12)])
    os.mkfifo(tmp_path / "f_99.tif")
    assert np.array_equal(open_recording(tmp_path).read(0, 99), movie)


def metamorph(movie, interval_ms=100, z_step=0, um=0.5):
    """A MetaMorph stack: the pixels, one directory, and the tags UIC1 (calibration), UIC2 (planes), UIC3."""
    n, height, width = movie.shape
    day = date(2020, 1, 1).toordinal() + 1721425
    uic2 = b"".join(struct.pack("<6I", i * z_step, 1, day, 3_600_000 + i * interval_ms, 0, 0) for i in range(n))
    at = 8 + movie.nbytes
    more = {"uic2": at, "uic1": at + len(uic2), "ratio": at + len(uic2) + 4 * 8}
    ratio = struct.pack("<II", round(um * 1000), 1000)
    units = struct.pack("<I", 3) + b"um\0\0"
    uic1 = b"".join(
        struct.pack("<II", *entry) for entry in ((3, 1), (4, more["ratio"]), (5, more["ratio"]), (6, more["ratio"] + 8))
    )
    directory_at = more["ratio"] + len(ratio) + len(units)
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    entries += [(277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 2 * height * width)]
    entries += [(33628, 4, 4, more["uic1"]), (33629, 5, n, more["uic2"])]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", directory_at) + movie.tobytes() + uic2 + uic1 + ratio + units + directory


@pytest.mark.parametrize("name", ["m.stk", "m.tif"])
def test_a_stack_of_metamorph_has_all_of_its_planes(tmp_path, movie, name):
    (tmp_path / name).write_bytes(metamorph(movie))
    (ref,) = find_recordings(tmp_path).recordings
    recording = open_recording(ref.path)
    assert np.array_equal(recording.read(0, 99), movie)
    assert recording.info.fr_hz == pytest.approx(10)
    assert recording.info.dxy_um == pytest.approx((0.5, 0.5))
    assert not recording.notes


def test_depths_in_a_stack_of_metamorph_are_told_of(tmp_path, movie):
    (tmp_path / "m.stk").write_bytes(metamorph(movie, z_step=2))
    assert [note.kind for note in open_recording(tmp_path / "m.stk").notes] == ["slices_taken_as_frames"]


def test_a_stack_of_metamorph_that_was_cut_is_damaged(tmp_path, movie):
    content = metamorph(movie)
    more = content[8 + movie.nbytes :]
    short = bytearray(content[: 8 + movie[:5].nbytes] + more)
    (tmp_path / "m.stk").write_bytes(short)
    with pytest.raises(RecordingError, match=r"m\.stk"):
        open_recording(tmp_path / "m.stk")
