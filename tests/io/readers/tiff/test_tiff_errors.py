"""Bad input ends in words that name the thing, say what is expected, and what to do."""

import logging
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from calscope.io.readers.reader_registry import open_recording
from calscope.io.readers.tiff.stacks import holds_many
from calscope.model.errors import CalscopeError, RecordingError
from calscope.model.note_texts.all_texts import text


def message(path, n_frames=None):
    with pytest.raises(RecordingError) as caught:
        open_recording(path, n_frames)
    return str(caught.value)


def test_missing_path(tmp_path):
    text = message(tmp_path / "Animal_9" / "movie.tif")
    assert "There is nothing at" in text
    assert f"The folder '{tmp_path}' is there" in text


def test_empty_folder_and_folder_without_tiffs(tmp_path):
    assert "is empty" in message(tmp_path)
    (tmp_path / "movie.avi").write_bytes(b"x")
    text = message(tmp_path)
    assert "There is no recording directly in" in text
    assert "movie.avi" in text
    assert "single-frame TIFF files" in text


def test_file_of_another_format(tmp_path):
    (tmp_path / "movie.avi").write_bytes(b"x")
    text = message(tmp_path / "movie.avi")
    assert "'movie.avi'" in text
    assert "Known formats are: TIFF (.tif" in text


def test_name_without_a_number(frame_folder, movie):
    tifffile.imwrite(frame_folder / "mean.tif", movie[0])
    text = message(frame_folder)
    assert "'mean.tif'" in text
    assert "no number at the end of its name" in text
    assert "rename the file, or move it out" in text


def test_two_files_with_one_number(frame_folder, movie):
    tifffile.imwrite(frame_folder / "red_7.tif", movie[0])
    text = message(frame_folder)
    assert "'img_7.tif' and 'red_7.tif'" in text
    assert "same number 7" in text


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["mov_Ch1.tif", "mov_Ch2.tif"], "'mov_Ch1.tif' and 'mov_Ch2.tif'.* named as channels, planes or positions"),
        (["channel 1.tif", "channel 2.tif", "channel 3.tif"], "named as channels"),
        (["t-001_Cycle00001_Ch2.tif", "t-001_Cycle00001_Ch3.ome.tif"], "named as channels"),
        (["x_MMStack_Pos0.ome.tif", "x_MMStack_Pos1.ome.tif"], "named as channels, planes or positions"),
        (["m_plane0.tif", "m_plane1.tif"], "named as channels, planes or positions"),
        (["m_00001_00002.tif", "m_00002_00001.tif"], "'m_00002_00001.tif' and 'm_00001_00002.tif'.* in one order"),
    ],
)
@pytest.mark.parametrize("frames", [1, 3])
def test_numbers_that_are_no_order_in_time(tmp_path, movie, names, said, frames):
    for name in names:
        tifffile.imwrite(tmp_path / name, movie[:frames], photometric="minisblack")
    text = message(tmp_path)
    assert re.search(said, text)
    assert "rename" in text


@pytest.mark.parametrize(
    "names",
    [
        ["m_00001_00001.tif", "m_00001_00002.tif"],
        ["m_00001.tif", "m_00002.tif", "m_00010.tif"],
        ["watch1.tif", "watch2.tif"],
        ["Ch1_1.tif", "Ch1_2.tif"],
        ["x_Pos0.tif", "x_Pos0_1.tif"],
        ["20240131_235959_001.tif", "20240201_000001_002.tif"],
    ],
)
def test_numbers_that_are_an_order_in_time(tmp_path, movie, names):
    for i, name in enumerate(names):
        tifffile.imwrite(tmp_path / name, movie[i : i + 1])
    assert np.array_equal(open_recording(tmp_path).read(0, 9), movie[: len(names)])


def test_frames_of_another_size_are_named_with_both_sizes(frame_folder):
    tifffile.imwrite(frame_folder / "img_5.tif", np.ones((21, 30), np.uint16))
    text = message(frame_folder)
    assert "'img_1.tif' (20 x 30 px, uint16)" in text
    assert "'img_5.tif' (21 x 30 px, uint16)" in text


def test_a_frame_of_another_shape_and_equal_file_size_is_found_when_it_is_read(frame_folder):
    """Rows and columns exchanged: opening believes the file's size, reading does not."""
    tifffile.imwrite(frame_folder / "img_5.tif", np.ones((30, 20), np.uint16))
    assert (frame_folder / "img_5.tif").stat().st_size == (frame_folder / "img_4.tif").stat().st_size
    recording = open_recording(frame_folder)
    with pytest.raises(RecordingError, match=re.escape("'img_5.tif' (30 x 20 px, uint16)")):
        recording.read(0, 12)


def test_a_stack_among_single_frames(frame_folder, movie):
    tifffile.imwrite(frame_folder / "img_6.tif", movie, photometric="minisblack")
    assert "'img_6.tif'" in message(frame_folder)
    assert "holds several frames" in message(frame_folder)


def test_pages_of_another_size_within_a_stack(tmp_path, movie):
    with tifffile.TiffWriter(tmp_path / "movie.tif") as tiff:
        for frame in (movie[0], movie[1], movie[2, :, :20]):
            tiff.write(frame, contiguous=False)
    text = message(tmp_path / "movie.tif")
    assert "at frame 2" in text
    assert "20 x 20 px" in text


def test_colour(tmp_path):
    tifffile.imwrite(tmp_path / "movie.tif", np.zeros((3, 20, 30, 3), np.uint8), photometric="rgb")
    text = message(tmp_path / "movie.tif")
    assert "20 x 30 px with 3 samples a pixel" in text
    assert "gray TIFF" in text


def test_one_colour_image_is_no_stack(tmp_path):
    tifffile.imwrite(tmp_path / "movie.tif", np.zeros((20, 30, 3), np.uint8), photometric="rgb")
    assert not holds_many(tmp_path / "movie.tif")
    assert "gray TIFF" in message(tmp_path / "movie.tif")


def test_two_channels(tmp_path):
    tifffile.imwrite(
        tmp_path / "movie.tif", np.zeros((6, 2, 20, 30), np.uint16), imagej=True, metadata={"axes": "TCYX"}
    )
    text = message(tmp_path / "movie.tif")
    assert "2 channels" in text
    assert "6 frames" in text
    assert "(T, Y, X)" in text
    assert "Split Channels" in text


@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((6, 2, 20, 30), "TCYX", "2 channels"),
        ((2, 6, 20, 30), "CTYX", "2 channels"),
        ((2, 20, 30), "CYX", "2 channels"),
        ((6, 3, 20, 30), "TZYX", "volume of 3 planes"),
        ((6, 2, 20, 30), None, "an array of 6 x 2 x 20 x 30, and does not say which axis is time"),
    ],
)
def test_more_axes_than_time_in_a_file_of_tifffile(tmp_path, shape, axes, said):
    metadata = {"axes": axes} if axes else {}
    tifffile.imwrite(tmp_path / "movie.tif", np.zeros(shape, np.uint16), metadata=metadata, photometric="minisblack")
    text = message(tmp_path / "movie.tif")
    assert said in text
    assert "a file of" in text


@pytest.mark.parametrize("shape", [(6, 20, 30), (1, 6, 20, 30), (6, 1, 20, 30), (1, 1, 6, 20, 30)])
def test_axes_of_one_are_no_axes(tmp_path, shape):
    tifffile.imwrite(tmp_path / "movie.tif", np.zeros(shape, np.uint16), photometric="minisblack")
    assert open_recording(tmp_path / "movie.tif").shape == (6, 20, 30)


def test_volume_over_time(tmp_path):
    tifffile.imwrite(
        tmp_path / "movie.tif", np.zeros((6, 3, 20, 30), np.uint16), imagej=True, metadata={"axes": "TZYX"}
    )
    assert "a volume of 3 planes" in message(tmp_path / "movie.tif")


def test_ome_channels(tmp_path):
    tifffile.imwrite(tmp_path / "movie.ome.tif", np.zeros((6, 2, 20, 30), np.uint16), metadata={"axes": "TCYX"})
    assert "2 channels" in message(tmp_path / "movie.ome.tif")


def test_complex_pixels(tmp_path):
    tifffile.imwrite(tmp_path / "movie.tif", np.zeros((2, 8, 8), np.complex64), photometric="minisblack")
    assert "Use integers of 8, 16 or 32 bits" in message(tmp_path / "movie.tif")


@pytest.mark.parametrize("content", [b"", b"II", b"not a tiff at all", b"II*\0\xff\xff\xff\x7f", b"II+\0\x08\0\0\0"])
def test_a_file_that_is_no_tiff(tmp_path, content):
    (tmp_path / "movie.tif").write_bytes(content)
    text = message(tmp_path / "movie.tif")
    assert "Can't read 'movie.tif'" in text
    assert "Copy the file again" in text


def test_a_truncated_stack_names_the_first_bad_frame_and_can_be_used_up_to_it(tmp_path, movie):
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, photometric="minisblack", metadata=None)
    whole = path.read_bytes()
    with tifffile.TiffFile(path) as tiff:
        cut = tiff.pages[7].dataoffsets[0] + 100
    path.write_bytes(whole[:cut])
    text = message(path)
    found = re.search(r"Can't read frame (\d+) \(counted from 0\) of 'movie.tif'", text)
    assert found, text
    readable = int(found.group(1))
    assert readable <= 7
    if readable:
        assert f"use only the first {readable} frames" in text
        recording = open_recording(path, readable)
        assert np.array_equal(recording.read(0, readable), movie[:readable])
        assert recording.notes[0].kind == "file_damaged"


def test_a_truncated_contiguous_stack_can_be_used_up_to_the_damage(tmp_path, movie):
    """tifffile writes all directories before the pixels here, as ImageJ's one directory does."""
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie[0], description=f"ImageJ=1.53t\nimages={len(movie)}\n", metadata=None)
    with path.open("ab") as file:
        file.write(movie[1:5].tobytes() + b"half a frame")
    assert "Can't read frame 5 (counted from 0) of 'movie.tif'" in message(path)
    assert "use only the first 5 frames" in message(path)
    recording = open_recording(path, 5)
    assert np.array_equal(recording.read(0, 5), movie[:5])
    assert "damaged at its frame 5" in text(recording.notes[-1])


def test_a_truncated_frame_of_a_folder_is_named(frame_folder):
    path = frame_folder / "img_9.tif"
    path.write_bytes(path.read_bytes()[:-200])
    assert "Can't read 'img_9.tif'" in message(frame_folder)


def test_damaged_compressed_pixels_name_the_frame(tmp_path, movie):
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, compression="zlib", photometric="minisblack")
    with tifffile.TiffFile(path) as tiff:
        where = tiff.pages[4].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[where : where + 40] = b"\xff" * 40
    path.write_bytes(data)
    recording = open_recording(path)
    assert np.array_equal(recording.read(0, 4), movie[:4])
    with pytest.raises(RecordingError, match=r"frame 4 \(counted from 0\) of 'movie.tif'"):
        recording.read(0, 12)


def test_a_frame_that_vanishes_is_named(frame_folder):
    recording = open_recording(frame_folder)
    (frame_folder / "img_3.tif").unlink()
    with pytest.raises(RecordingError, match=r"'img_3.tif' .* is gone"):
        recording.read(0, 12)


def test_no_permission_is_said_in_words(tmp_path, movie, monkeypatch):
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, photometric="minisblack")
    plain_open = Path.open

    def refuse(self, *args, **kwargs):
        if self.name == "movie.tif":
            raise PermissionError(13, "Permission denied")
        return plain_open(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    assert "You have no permission to read 'movie.tif'" in message(path)


def test_fewer_than_one_frame(frame_folder):
    assert "is 0; it must be at least 1" in message(frame_folder, 0)


def test_nothing_is_logged(tmp_path, movie, caplog, capfd):
    """tifffile's own warnings on a damaged file stay inside."""
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, imagej=True)
    data = bytearray(path.read_bytes())
    data[200:230] = b"\xfe" * 30
    path.write_bytes(data)
    with caplog.at_level(logging.DEBUG):
        try:
            open_recording(path).read(0, 12)
        except RecordingError as error:
            assert "movie.tif" in str(error)
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_ends_in_words_or_frames(tmp_path_factory, data, make_movie):
    """Random bytes overwritten or cut off: a `CalscopeError`, or frames of the right shape, and nothing else."""
    movie = make_movie(n_frames=4)
    path = tmp_path_factory.mktemp("damaged") / "movie.tif"
    compression = data.draw(st.sampled_from([None, "zlib"]))
    tifffile.imwrite(path, movie, compression=compression, metadata=None, photometric="minisblack")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        recording = open_recording(path)
        n, height, width = recording.shape
        if n * height * width < 10**7:
            assert recording.read(0, n).shape == (n, height, width)
    except CalscopeError as error:
        assert "movie.tif" in str(error)
