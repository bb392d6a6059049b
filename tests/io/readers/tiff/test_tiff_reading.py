"""What is read is what was written, whatever the layout of the file."""

import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from repository import SHARED

from calscope.io.readers.reader_registry import open_recording
from calscope.io.readers.tiff import pixels
from calscope.model.errors import RecordingError
from calscope.model.notes import Note


def test_single_frames_are_in_the_order_of_their_numbers(frame_folder, movie):
    recording = open_recording(frame_folder)
    assert np.array_equal(recording.read(0, 12), movie)
    assert recording.info.name == "Animal_1"
    assert recording.info.n_files == 12
    assert recording.info.shape == (12, 20, 30)
    assert recording.info.fr_hz is None
    assert recording.info.dxy_um is None


def test_names_with_brackets_zeros_and_ome_have_numbers_too(tmp_path, movie, write_frames):
    names = [f"scan (0{9 - i}).ome.tif" for i in range(4)]
    folder = write_frames(tmp_path / "a", movie[:4], names)
    assert np.array_equal(open_recording(folder).read(0, 4), movie[:4][::-1])


LAYOUTS = {
    "plain": {},
    "zlib": {"compression": "zlib", "predictor": True},
    "lzw": {"compression": "lzw"},
    "strips": {"rowsperstrip": 7},
    "zlib strips": {"compression": "zlib", "rowsperstrip": 3},
    "tiles": {"tile": (16, 16)},
    "zlib tiles": {"tile": (16, 16), "compression": "zlib"},
    "bigtiff": {"bigtiff": True},
    "big-endian": {"byteorder": ">"},
    "big-endian zlib": {"byteorder": ">", "compression": "zlib"},
    "imagej": {"imagej": True},
    "pages with directories": {"metadata": None},
}


@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_stacks_of_every_layout(tmp_path, kind, dtype, make_movie):
    if kind == "imagej" and dtype == np.int16:
        pytest.skip("ImageJ has no signed 16-bit images")
    movie = make_movie(dtype=dtype)
    path = tmp_path / "movie.tif"
    options = dict(LAYOUTS[kind])
    writer = {name: options.pop(name) for name in ("bigtiff", "byteorder", "imagej") if name in options}
    predictor = options.pop("predictor", False) and dtype != np.float32
    tifffile.imwrite(path, movie, photometric="minisblack", predictor=predictor, **writer, **options)
    recording = open_recording(path)
    assert recording.dtype == np.dtype(dtype)
    assert np.array_equal(recording.read(0, 12), movie)
    assert np.array_equal(recording.read(5, 7), movie[5:7])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(("nodata", "value"), [(None, 0), ("-7", -7), ("1e9", 0)])
def test_tiles_that_a_sparse_file_leaves_out(tmp_path, compression, nodata, value, monkeypatch):
    """As tifffile reads them: no data where the file names a value that pixels can have, else 0."""
    image = np.arange(1, 32 * 48 + 1, dtype=np.int16).reshape(32, 48)
    tiles = [image[y : y + 16, x : x + 16] for y in (0, 16) for x in (0, 16, 32)]
    path = tmp_path / "movie.tif"
    with tifffile.TiffWriter(path) as tiff:
        for left_out in ({1, 5}, {2}, {1, 2, 3, 4, 5}, set()):
            pieces = iter([None if i in left_out else tile for i, tile in enumerate(tiles)])
            tags = [(42113, 2, 0, nodata, True)] if nodata else []
            tiff.write(
                pieces,
                shape=(32, 48),
                dtype="int16",
                tile=(16, 16),
                compression=compression,
                extratags=tags,
                metadata=None,
            )
    # memory as it comes must not look like zeros by luck
    monkeypatch.setattr(np, "empty", lambda shape, dtype=float: np.full(shape, 99, dtype))
    frames = open_recording(path).read(0, 4)
    assert (frames[0, :16, 16:32] == value).all()
    assert (frames[2, 16:] == value).all()
    assert np.array_equal(frames[3], image)
    monkeypatch.undo()
    with tifffile.TiffFile(path) as tiff:
        assert np.array_equal(frames, np.stack([page.asarray() for page in tiff.pages]))


def test_frames_appended_one_by_one(tmp_path, movie):
    path = tmp_path / "movie.tif"
    with tifffile.TiffWriter(path) as tiff:
        for frame in movie:
            tiff.write(frame, contiguous=False)
    assert np.array_equal(open_recording(path).read(0, 12), movie)


def test_imagej_file_that_describes_only_its_first_image(tmp_path, movie):
    """As ImageJ writes stacks above 4 GB: one directory, the other images behind the first one's pixels."""
    description = f"ImageJ=1.53t\nimages={len(movie)}\nslices={len(movie)}\nloop=false\n"
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie[0], description=description, metadata=None)
    with path.open("ab") as file:
        file.write(movie[1:].tobytes())
    with tifffile.TiffFile(path) as tiff:
        end = tiff.pages[0].dataoffsets[0] + movie[0].nbytes
    assert path.stat().st_size == end + movie[1:].nbytes, "the pixels must lie one after the other"
    recording = open_recording(path)
    assert np.array_equal(recording.read(0, 12), movie)
    assert recording.notes[0].kind == "slices_taken_as_frames"


SIGNED = "ImageJ=1.54f\nimages={n}\nslices={n}\ncf=0\nc0=-32768.0\nc1=1.0\nvunit=Gray Value\n"


@pytest.mark.parametrize("kind", ["stack", "parts", "frames"])
def test_signed_values_that_imagej_keeps_as_unsigned_ones(tmp_path, make_movie, kind):
    """ImageJ adds 32768 to a microscope's signed values and notes it as a calibration of the gray value."""
    movie = make_movie(dtype=np.int16) - np.int16(100)
    kept = (movie.astype(np.int32) + 32768).astype(np.uint16)
    n = {"stack": 12, "parts": 6, "frames": 1}[kind]
    for i in range(12 // n):
        path = tmp_path / f"part_{i}.tif"
        tifffile.imwrite(path, kept[i * n : i * n + n], description=SIGNED.format(n=n), metadata=None)
    recording = open_recording(tmp_path)
    assert recording.info.dtype == "int16"
    read = recording.read(0, 12)
    assert read.dtype == recording.dtype == np.int16
    assert np.array_equal(read, movie)
    tifffile.imwrite(tmp_path / "part_12.tif", kept[:n], metadata=None)
    if kind != "stack":
        with pytest.raises(RecordingError, match=r"'part_0.tif' in .* with 32768 added"):
            open_recording(tmp_path)


def test_a_folder_with_one_stack_is_that_recording(tmp_path, movie):
    folder = tmp_path / "Animal_3"
    folder.mkdir()
    tifffile.imwrite(folder / "movie.tif", movie)
    for name in ("notes.npz", "truth.npz", "events.csv", "movie.events.csv"):
        (folder / name).write_bytes(b"")
    (folder / "results").mkdir()
    recording = open_recording(folder)
    assert np.array_equal(recording.read(0, 12), movie)
    assert recording.info.name == "Animal_3"
    assert recording.skipped == (Note("file_of_unknown_format", {"name": "notes.npz"}),)


def test_stacks_that_continue_each_other_are_one_recording(tmp_path, movie):
    for number, (start, stop) in {2: (0, 5), 10: (5, 6), 11: (6, 12)}.items():
        tifffile.imwrite(tmp_path / f"rec_{number}.tif", movie[start:stop], photometric="minisblack")
    recording = open_recording(tmp_path)
    assert np.array_equal(recording.read(0, 12), movie)
    assert np.array_equal(recording.read(4, 8), movie[4:8])
    assert recording.info.n_files == 3
    assert recording.gaps == ((3, 9),)
    assert recording.notes[0] == Note("files_joined", {"n": 3})


def test_one_image_is_a_movie_of_one_frame(tmp_path, movie):
    tifffile.imwrite(tmp_path / "image.tif", movie[0])
    assert open_recording(tmp_path / "image.tif").shape == (1, 20, 30)


@pytest.mark.parametrize(("wanted", "got"), [(None, 12), (3, 3), (12, 12), (500, 12)])
def test_only_the_first_frames(frame_folder, movie, wanted, got):
    recording = open_recording(frame_folder, wanted)
    assert recording.shape[0] == got
    assert np.array_equal(recording.read(0, 1000), movie[:got])


@settings(max_examples=60, deadline=None)
@given(start=st.integers(-3, 15), stop=st.integers(-3, 15))
def test_reading_is_slicing(tmp_path_factory, start, stop, make_movie):
    movie = make_movie()
    folder = tmp_path_factory.getbasetemp() / "sliced"
    if not folder.exists():
        folder.mkdir()
        for i in range(3):
            tifffile.imwrite(folder / f"part_{i}.tif", movie[4 * i : 4 * i + 4], photometric="minisblack")
    read = open_recording(folder).read(start, stop)
    assert read.shape == movie[start:stop].shape
    assert np.array_equal(read, movie[start:stop])


def test_opening_and_one_frame_read_little(tmp_path, monkeypatch, make_movie):
    """Of 4 MB of pixels, one frame is read; opening reads none."""
    movie = make_movie(n_frames=500, height=64, width=64)
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, photometric="minisblack")
    read = []
    plain_read = pixels._read_some
    monkeypatch.setattr(pixels, "_read_some", lambda *args: read.append(plain_read(*args)) or read[-1])
    recording = open_recording(path)
    assert read == []
    recording.read(250, 251)
    assert sum(read) == 1


def test_a_frame_of_a_folder_touches_no_other_file(frame_folder, movie):
    recording = open_recording(frame_folder)
    for path in frame_folder.glob("img_*.tif"):
        if path.name not in {"img_1.tif", "img_7.tif"}:
            path.unlink()
    assert np.array_equal(recording.read(6, 7)[0], movie[6])


def test_many_threads_read_the_same(tmp_path, make_movie):
    movie = make_movie(n_frames=200)
    tifffile.imwrite(tmp_path / "movie.tif", movie, compression="zlib", photometric="minisblack")
    recording = open_recording(tmp_path / "movie.tif")
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda i: recording.read(i, i + 5), range(0, 200, 5)))
    assert np.array_equal(np.concatenate(parts), movie)


def test_files_of_the_system_and_folders_are_passed_over(frame_folder, movie):
    for name in (".DS_Store", "._img_1.tif", "Thumbs.db", ".img_99.tif"):
        (frame_folder / name).write_bytes(b"x")
    (frame_folder / "img_13.tif").mkdir()
    (frame_folder / "notes.txt").write_text("dose 2")
    recording = open_recording(frame_folder)
    assert np.array_equal(recording.read(0, 20), movie)
    assert recording.skipped == (Note("file_of_unknown_format", {"name": "notes.txt"}),)


def test_previews_inside_a_file_are_no_frames(tmp_path, movie):
    with tifffile.TiffWriter(tmp_path / "movie.tif") as tiff:
        for frame in movie:
            tiff.write(frame, metadata=None, contiguous=False)
            tiff.write(frame[::4, ::4], subfiletype=1, metadata=None, contiguous=False)
    assert np.array_equal(open_recording(tmp_path / "movie.tif").read(0, 99), movie)


def test_fingerprint_changes_with_content_and_not_with_the_place(frame_folder, movie, tmp_path):
    before = open_recording(frame_folder).info.fingerprint
    assert open_recording(frame_folder).info.fingerprint == before
    assert open_recording(frame_folder, 3).info.fingerprint == before
    moved = frame_folder.rename(tmp_path / "elsewhere")
    assert open_recording(moved).info.fingerprint == before
    tifffile.imwrite(moved / "img_5.tif", movie[0])
    assert open_recording(moved).info.fingerprint != before


def test_pages_of_a_wrong_chain_end_in_words_not_in_a_loop(tmp_path, movie):
    """A directory that names itself as the next one."""
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie[0], metadata=None)
    data = bytearray(path.read_bytes())
    (at,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * entries, at)
    path.write_bytes(data)
    with pytest.raises(Exception, match="point back to each other"):
        open_recording(path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference recordings are not here")
@pytest.mark.parametrize("name", ["reference/clear/movie.tif", "data/mouse2p.tif", "data/dendrites_A01.tif"])
def test_real_files_are_read_as_tifffile_reads_them(name):
    recording = open_recording(SHARED / name)
    n = recording.shape[0]
    with tifffile.TiffFile(SHARED / name) as tiff:
        assert n == len(tiff.pages)
        for i in (0, n // 2, n - 1):
            assert np.array_equal(recording.read(i, i + 1)[0], tiff.pages[i].asarray())
