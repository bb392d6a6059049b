"""What a header claims costs no more than the file can hold, and any error of a reader ends in words."""

import struct
import time
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from calscope.io.load_report import make_report
from calscope.io.project import find_recordings
from calscope.io.readers import reader_registry
from calscope.io.readers.reader_registry import open_recording
from calscope.io.readers.tiff.ifd import pages
from calscope.io.readers.tiff.metadata import read_metadata
from calscope.io.readers.tiff.stacks import scan_stack
from calscope.model.errors import RecordingError


def write_one(path, description, movie, n=3):
    """One image with a directory; `n` in all lie one behind the other."""
    tifffile.imwrite(path, movie[0], description=description, metadata=None)
    with path.open("ab") as file:
        file.write(movie[1:n].tobytes())
    return path


@pytest.mark.parametrize("images", [10**6, 2 * 10**8, 10**15])
@pytest.mark.parametrize("program", ["ImageJ", "tifffile"])
def test_a_number_of_images_that_the_file_cannot_hold_costs_nothing(tmp_path, movie, images, program):
    text = f"ImageJ=1.53t\nimages={images}\n" if program == "ImageJ" else f'{{"shape": [{images}, 20, 30]}}'
    path = write_one(tmp_path / "m.tif", text, movie)
    began = time.process_time()
    assert len(scan_stack(path).pages) == 3
    assert time.process_time() - began < 1
    with pytest.raises(RecordingError, match=r"frame 3 \(counted from 0\) of 'm\.tif'"):
        open_recording(path)


@pytest.mark.parametrize("images", ["inf", "1e999", "9" * 5000, "nan", "many"])
def test_a_number_that_is_none_is_told(tmp_path, movie, images):
    path = write_one(tmp_path / "m.tif", f"ImageJ=1.53t\nimages={images}\nframes={images}\n", movie, 1)
    try:
        notes = open_recording(path).notes
    except RecordingError as error:
        assert "m.tif" in str(error)
    else:
        assert [note.kind for note in notes] == ["metadata_unreadable"]


@pytest.mark.parametrize("shape", ['["a", "b", "c"]', "[NaN, 20, 30]", "[1e400, 20, 30]", "[" * 50_000])
def test_a_shape_that_makes_no_sense_is_told(tmp_path, movie, shape):
    path = write_one(tmp_path / "m.tif", f'{{"shape": {shape}}}', movie, 1)
    assert [note.kind for note in open_recording(path).notes] == ["metadata_unreadable"]


@pytest.mark.parametrize(
    ("tag", "size"),
    [(tag, size) for tag in (256, 257, 322) for size in (0, 2**31 - 1, 2**32 - 1) if (tag, size) != (322, 0)],
)
def test_a_size_that_no_frame_has_is_refused_before_memory_is_asked_for(tmp_path, movie, tag, size):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, movie, tile=(16, 16), photometric="minisblack", metadata=None)
    with tifffile.TiffFile(path) as tiff:
        entry = tiff.pages[0].tags[tag].offset
    data = bytearray(path.read_bytes())
    struct.pack_into("<HII", data, entry + 2, 4, 1, size)
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=r"'m\.tif' .* px in tiles of .* px, which can't be"):
        open_recording(path)


def directories_over_the_same_bytes(n, n_strips):
    """Directories whose lists of strips are one list."""
    lists_at = 8 + n * 114
    out = [b"II" + struct.pack("<HI", 42, 8)]
    for i in range(n):
        entries = ((256, 1, 16), (257, 1, 16), (258, 1, 16), (259, 1, 1), (262, 1, 1), (273, n_strips, lists_at))
        entries += ((277, 1, 1), (278, 1, 1), (279, n_strips, lists_at))
        listed = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, count, value in entries)
        out.append(struct.pack("<H", 9) + listed + struct.pack("<I", 8 + (i + 1) * 114 if i < n - 1 else 0))
    return b"".join(out) + struct.pack(f"<{n_strips}I", *([1] * n_strips))


def test_directories_that_share_their_bytes_are_bounded_by_the_file(tmp_path):
    path = tmp_path / "m.tif"
    path.write_bytes(directories_over_the_same_bytes(500, 20_000))
    began = time.process_time()
    with pytest.raises(RecordingError, match=r"m\.tif.* claim more bytes than the file has"):
        open_recording(path)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "options", [{}, {"bigtiff": True}, {"rowsperstrip": 1}, {"compression": "zlib", "tile": (16, 16)}]
)
def test_whole_files_claim_no_more_than_they_have(tmp_path, options):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, np.zeros((40, 64, 16), np.uint8), photometric="minisblack", metadata=None, **options)
    assert len(list(pages(path.read_bytes()))) == 40


@pytest.mark.parametrize("text", ["SI." * 60_000, "SI.VERSION" + " " * 200_000, "state.acq = \n" * 20_000])
def test_metadata_are_read_in_time_proportional_to_their_length(tmp_path, movie, text):
    tifffile.imwrite(tmp_path / "m.tif", movie[0], software="SI.A = 1\n" + text, metadata=None)
    began = time.process_time()
    read_metadata(tmp_path / "m.tif")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "error", [OverflowError, ZeroDivisionError, MemoryError, AssertionError, RecursionError, KeyError, struct.error]
)
def test_whatever_a_reader_ends_with_names_the_file_and_the_others_go_on(tmp_path, movie, monkeypatch, error):
    for name in ("good.tif", "bad.tif"):
        tifffile.imwrite(tmp_path / name, movie, photometric="minisblack")
    (reader,) = reader_registry.READERS
    plain_open = type(reader).open

    def fails(self, path, n_frames):
        if path.name == "bad.tif":
            raise error
        return plain_open(self, path, n_frames)

    monkeypatch.setattr(type(reader), "open", fails)
    bad, good = find_recordings(tmp_path).recordings
    assert np.array_equal(open_recording(good.path).read(0, 9), movie[:9])
    with pytest.raises(RecordingError, match=r"Can't read 'bad\.tif'"):
        open_recording(bad.path)


def test_an_error_while_frames_are_read_names_the_recording(tmp_path, movie):
    tifffile.imwrite(tmp_path / "bad.tif", movie, photometric="minisblack")

    class Frames:
        shape, dtype = movie.shape, movie.dtype

        def read(self, start, stop):
            raise MemoryError

    recording = replace(open_recording(tmp_path / "bad.tif"), frames=Frames())
    with pytest.raises(RecordingError, match=r"'bad\.tif' .* more than fits into this computer's memory"):
        make_report(recording)
