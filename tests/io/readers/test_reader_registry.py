"""A new format is one file and one line: everything else asks the registry and treats it like the others."""

import numpy as np
import pytest
import tifffile
from npy_reader import NpyReader

from calscope.io.project import find_recordings, only_inside
from calscope.io.readers import reader_registry
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import RecordingError
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note


@pytest.fixture(autouse=True)
def with_npy(monkeypatch):
    """The line in the registry."""
    monkeypatch.setattr(reader_registry, "READERS", (*reader_registry.READERS, NpyReader()))


@pytest.fixture
def both(tmp_path, movie):
    """Stacks of both formats, with files that belong to none."""
    tifffile.imwrite(tmp_path / "Animal_2.tif", movie, photometric="minisblack")
    for name in ("Animal_1", "Animal_10"):
        np.save(tmp_path / f"{name}.npy", movie)
    (tmp_path / "Animal_10.rate").write_text("12.5")
    np.save(tmp_path / "mean_1.npy", movie[0])
    tifffile.imwrite(tmp_path / "overview.tif", movie[0])
    (tmp_path / "notes.txt").write_text("dose 2")
    return tmp_path


def test_animals_of_both_formats_are_found_in_natural_order(both):
    project = find_recordings(both)
    assert [ref.name for ref in project.recordings] == ["Animal_1", "Animal_2", "Animal_10"]
    assert tuple(texts(project.skipped)) == (
        "overview.tif: a single image beside the animals' recordings",
        "mean_1.npy: a mean image",
        "notes.txt: no known format",
    ), "the file with the rate belongs to Animal_10, and no reader calls the other's files stray"


def test_each_animal_is_opened_by_its_own_reader(both, movie):
    recordings = [open_recording(ref.path, 7) for ref in find_recordings(both).recordings]
    assert [one.info.reader for one in recordings] == ["NumPy", "TIFF", "NumPy"]
    assert [one.info.name for one in recordings] == ["Animal_1", "Animal_2", "Animal_10"]
    for one in recordings:
        assert one.shape == (7, 20, 30)
        assert one.dtype == np.uint16
        assert np.array_equal(one.read(2, 99), movie[2:7])
        assert one.skipped == ()
    assert [one.info.fr_hz for one in recordings] == [None, None, 12.5]
    assert [one.info.n_files for one in recordings] == [1, 1, 2]


def test_names_that_two_formats_share_are_told_apart(both, movie):
    np.save(both / "Animal_2.npy", movie)
    refs = find_recordings(both).recordings
    assert [ref.name for ref in refs] == ["Animal_1", "Animal_2", "Animal_2_2", "Animal_10"]
    assert [ref.path.name for ref in refs[1:3]] == ["Animal_2.npy", "Animal_2.tif"]


def test_folders_of_both_formats_are_animals(tmp_path, movie, write_frames):
    write_frames(tmp_path / "Animal_10", movie, [f"f_{i}.tif" for i in range(12)])
    (tmp_path / "Animal_9").mkdir()
    np.save(tmp_path / "Animal_9" / "movie.npy", movie)
    (tmp_path / "Animal_9" / "notes.txt").write_text("x")
    np.save(tmp_path / "Animal_8.npy", movie)
    refs = find_recordings(tmp_path).recordings
    assert [ref.name for ref in refs] == ["Animal_8", "Animal_9", "Animal_10"]
    opened = [open_recording(ref.path) for ref in refs]
    assert [one.info.reader for one in opened] == ["NumPy", "NumPy", "TIFF"]
    assert opened[1].skipped == (Note("file_of_unknown_format", {"name": "notes.txt"}),)


def test_a_folder_with_one_recording_is_that_recording(tmp_path, movie):
    np.save(tmp_path / "movie.npy", movie)
    (tmp_path / "movie.rate").write_text("5")
    (tmp_path / "notes.txt").write_text("x")
    project = find_recordings(tmp_path)
    assert [ref.path for ref in project.recordings] == [tmp_path]
    assert (
        project.skipped == open_recording(tmp_path).skipped == (Note("file_of_unknown_format", {"name": "notes.txt"}),)
    )


def test_frames_beside_another_recording_are_not_the_folders_recording(frame_folder, movie):
    np.save(frame_folder / "movie.npy", movie)
    project = find_recordings(frame_folder)
    assert [ref.path.name for ref in project.recordings] == ["movie.npy"]
    assert len(project.skipped) == len(movie)
    assert texts(project.skipped)[0] == "img_1.tif: a single image beside the animals' recordings"


def test_which_of_two_formats_in_an_animals_folder_is_meant_is_not_guessed(frame_folder, movie):
    np.save(frame_folder / "movie.npy", movie)
    with pytest.raises(RecordingError, match=r"several formats in .*Animal_1': 'img_1\.tif' and 'movie\.npy'"):
        open_recording(frame_folder)
    assert open_recording(frame_folder / "movie.npy").info.reader == "NumPy"


def test_a_file_that_two_readers_take_is_the_first_ones(tmp_path, movie, monkeypatch):
    class Other(NpyReader):
        name = "Other"

    monkeypatch.setattr(reader_registry, "READERS", (Other(), *reader_registry.READERS))
    np.save(tmp_path / "a.npy", movie)
    np.save(tmp_path / "b.npy", movie)
    refs = find_recordings(tmp_path).recordings
    assert [ref.name for ref in refs] == ["a", "b"]
    assert open_recording(refs[0].path).info.reader == "Other"
    (tmp_path / "b.npy").unlink()
    assert open_recording(tmp_path).info.reader == "Other"


def test_the_fingerprint_covers_all_files_of_the_recording(both):
    before = open_recording(both / "Animal_10.npy").info.fingerprint
    assert open_recording(both / "Animal_10.npy").info.fingerprint == before
    assert open_recording(both / "Animal_1.npy").info.fingerprint != before
    (both / "Animal_10.rate").write_text("13.5")
    assert open_recording(both / "Animal_10.npy").info.fingerprint != before


def test_a_recording_with_a_file_that_leads_out_is_not_opened_for_a_browser(both, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("3.0")
    (both / "Animal_10.rate").unlink()
    (both / "Animal_10.rate").symlink_to(secret)
    project = only_inside(find_recordings(both), [both])
    assert [ref.name for ref in project.recordings] == ["Animal_1", "Animal_2"]
    assert "Animal_10.npy: it is, or has with it, a link out" in texts(project.skipped)[0]


@pytest.mark.parametrize("kind", ["file", "folder", "empty folder", "folder of folders"])
def test_errors_name_all_known_formats(tmp_path, kind):
    path = tmp_path
    if kind != "empty folder":
        path = tmp_path / "a" / "movie.avi"
        path.parent.mkdir()
        path.write_bytes(b"x")
    if kind.startswith("folder"):
        path = tmp_path / "a" if kind == "folder" else tmp_path
    for opens in (find_recordings, open_recording):
        with pytest.raises(RecordingError, match=r"Known formats are: TIFF .*; NumPy stacks \(\.npy\)\.$"):
            opens(path)


def test_a_damaged_file_of_any_format_is_named(tmp_path):
    (tmp_path / "a.npy").write_bytes(b"no array")
    with pytest.raises(RecordingError, match=r"Can't read 'a\.npy' in .*: it is no array\. Copy the file again"):
        open_recording(tmp_path / "a.npy")


def test_no_two_readers_share_a_name():
    names = [reader.name for reader in reader_registry.READERS]
    assert len(set(names)) == len(names)
