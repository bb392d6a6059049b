"""Which animals a folder holds, in which order and under which names."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from calscope.io.file_names import gaps_in, last_number, natural_key, safe_name, safe_names
from calscope.io.project import find_recordings
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import RecordingError
from calscope.model.note_texts.all_texts import texts


def stack(path, n=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.ones((n, 8, 9), np.uint16), photometric="minisblack")


def frames(folder, n=10):
    for i in range(n):
        folder.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / f"f_{i}.tif", np.ones((8, 9), np.uint16))


def names(path):
    return [ref.name for ref in find_recordings(path).recordings]


def test_one_folder_per_animal_in_natural_order(tmp_path):
    for i in (10, 2, 1):
        frames(tmp_path / f"Animal_{i}")
    assert names(tmp_path) == ["Animal_1", "Animal_2", "Animal_10"]
    for ref in find_recordings(tmp_path).recordings:
        assert open_recording(ref.path).info.name == ref.name


def test_one_stack_per_animal(tmp_path):
    for i in (10, 2, 1):
        stack(tmp_path / f"Animal_{i}_movie.tif")
    assert names(tmp_path) == ["Animal_1_movie", "Animal_2_movie", "Animal_10_movie"]


def test_folders_and_stacks_together_and_what_is_passed_over(tmp_path):
    frames(tmp_path / "Animal_2")
    stack(tmp_path / "Animal_1.tif")
    tifffile.imwrite(tmp_path / "overview.tif", np.ones((8, 9), np.uint16))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    frames(tmp_path / "Animal_3" / "day_1")
    (tmp_path / ".cache").mkdir()
    project = find_recordings(tmp_path)
    assert [ref.name for ref in project.recordings] == ["Animal_1", "Animal_2"]
    skipped = "\n".join(texts(project.skipped))
    assert "overview.tif: a single image beside the animals' recordings" in skipped
    assert "notes.txt: no known format" in skipped
    assert "empty: no recording in it" in skipped
    assert "Animal_3: no recording directly in it; there is one in its folder 'day_1'" in skipped
    assert ".cache" not in skipped


@pytest.mark.parametrize("kept", [0, 5, 400, 0.7])
@pytest.mark.parametrize("beside", ["stack", "folder"])
def test_a_stack_that_was_cut_short_is_an_animal_that_is_called_damaged(tmp_path, kept, beside):
    frames(tmp_path / "Animal_1") if beside == "folder" else stack(tmp_path / "Animal_1.tif")
    with tifffile.TiffWriter(tmp_path / "Animal_2.tif") as tiff:
        for _ in range(20):
            tiff.write(np.ones((8, 9), np.uint16), photometric="minisblack", metadata=None, contiguous=False)
    whole = (tmp_path / "Animal_2.tif").read_bytes()
    (tmp_path / "Animal_2.tif").write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    assert names(tmp_path) == ["Animal_1", "Animal_2"]
    with pytest.raises(RecordingError, match=r"Animal_2\.tif"):
        open_recording(find_recordings(tmp_path).recordings[1].path)


@pytest.mark.parametrize("beside", ["stack", "folder"])
def test_an_only_image_that_ends_early_is_called_damaged_too(tmp_path, beside):
    """Nobody knows how many images followed where the file was cut."""
    frames(tmp_path / "Animal_1") if beside == "folder" else stack(tmp_path / "Animal_1.tif")
    tifffile.imwrite(tmp_path / "Animal_2.tif", np.ones((8, 9), np.uint16))
    assert names(tmp_path) == ["Animal_1"], "whole, it is an overview image"
    whole = (tmp_path / "Animal_2.tif").read_bytes()
    (tmp_path / "Animal_2.tif").write_bytes(whole[:-40])
    project = find_recordings(tmp_path)
    assert [ref.name for ref in project.recordings] == ["Animal_1", "Animal_2"]
    assert not project.skipped
    with pytest.raises(RecordingError, match=r"'Animal_2\.tif' .* ends early"):
        open_recording(project.recordings[1].path)


@pytest.mark.parametrize("kind", ["whole", "in a loop", "ome"])
def test_a_stack_whose_writing_was_broken_off_is_no_single_image(tmp_path, kind):
    """tifffile lists the images that it wrote when it closes the file: until then, only the first one is there."""
    stack(tmp_path / "Animal_1.tif")
    movie = np.random.default_rng(0).integers(0, 99, (50, 64, 64), np.uint16)
    with tifffile.TiffWriter(tmp_path / "growing", ome=kind == "ome") as tiff:
        for piece in movie if kind == "in a loop" else [movie]:
            tiff.write(piece, contiguous=kind == "in a loop" or None, photometric="minisblack")
        tiff.filehandle.flush()
        (tmp_path / "Animal_2.tif").write_bytes((tmp_path / "growing").read_bytes()[:200_000])
    project = find_recordings(tmp_path)
    assert [ref.name for ref in project.recordings] == ["Animal_1", "Animal_2"]
    with pytest.raises(RecordingError, match=r"Can't read frame \d+ \(counted from 0\) of 'Animal_2\.tif'"):
        open_recording(project.recordings[1].path)
    if kind == "whole":  # how many there were is noted at once
        assert np.array_equal(open_recording(tmp_path / "Animal_2.tif", 20).read(0, 20), movie[:20])


def test_damaged_stacks_do_not_hide_the_whole_ones_between_them(tmp_path):
    for i in range(1, 6):
        stack(tmp_path / f"Animal_{i}.tif")
        if i % 2:
            (tmp_path / f"Animal_{i}.tif").write_bytes(b"")
    assert names(tmp_path) == [f"Animal_{i}" for i in range(1, 6)]


def test_a_folder_that_is_one_recording(tmp_path):
    frames(tmp_path / "single frames")
    assert names(tmp_path / "single frames") == ["single_frames"]
    stack(tmp_path / "clear" / "movie.tif")
    (tmp_path / "clear" / "results").mkdir()
    project = find_recordings(tmp_path / "clear")
    assert [(ref.name, ref.path) for ref in project.recordings] == [("clear", tmp_path / "clear")]


def test_a_file_is_one_recording(tmp_path):
    stack(tmp_path / "Animal_1.tif")
    project = find_recordings(tmp_path / "Animal_1.tif")
    assert [(ref.name, ref.path) for ref in project.recordings] == [("Animal_1", tmp_path / "Animal_1.tif")]


def test_names_are_made_safe_and_stay_apart(tmp_path):
    for name in ("Mäuse 1", "Mause_1", "mause_1", "x..y", "CON", "日本"):
        stack(tmp_path / name / "movie.tif")
    found = find_recordings(tmp_path).recordings
    assert len({ref.name.lower() for ref in found}) == 6
    originals = {ref.original: ref.name for ref in found}
    assert originals["CON"] == "CON_"
    assert originals["日本"] == "recording"
    assert originals["Mause_1"].startswith("Mause_1")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda p: None, "is empty"),
        (lambda p: (p / "a.avi").write_text("x"), "no recording directly in"),
        (lambda p: frames(p / "a" / "b"), "directly in its folders (a: no recording directly in it"),
    ],
)
def test_nothing_to_find_is_said_in_words(tmp_path, make, text):
    make(tmp_path)
    with pytest.raises(RecordingError) as caught:
        find_recordings(tmp_path)
    assert text in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(RecordingError, match="There is nothing at"):
        find_recordings(tmp_path / "none")
    with pytest.raises(RecordingError, match=r"no name of a file or folder|There is nothing"):
        find_recordings(tmp_path / "a\0b")


@given(st.text(max_size=90))
def test_safe_names_are_safe(name):
    safe = safe_name(name)
    assert 1 <= len(safe) <= 65
    assert all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in safe)
    assert safe.lower() not in {"con", "nul", "aux", "prn", "com1", "lpt9"}


@given(st.lists(st.text(alphabet="aA_ 1é/", max_size=4), max_size=12))
def test_safe_names_are_unique_without_regard_to_case(originals):
    safe = safe_names(originals)
    assert len(safe) == len(originals)
    assert len({name.lower() for name in safe}) == len(safe)


@given(st.text(alphabet="ab_- ", max_size=8), st.integers(0, 10**9))
def test_the_last_number_of_a_name(beginning, number):
    assert last_number(f"{beginning}{number}.tif") == number
    assert last_number(f"{beginning}_{number:012d}.ome.TIFF") == number
    assert last_number(f"{number}_{beginning}x.tif") is None


@given(st.lists(st.integers(0, 60), min_size=1, unique=True))
def test_gaps_and_numbers_make_the_whole(numbers):
    numbers = sorted(numbers)
    missing = set()
    for first, last in gaps_in(numbers):
        missing |= set(range(first, last + 1))
    assert missing | set(numbers) == set(range(numbers[0], numbers[-1] + 1))
    assert not missing & set(numbers)


@given(st.lists(st.text(alphabet="ab12_", max_size=6)))
def test_natural_order_never_fails(names_):
    assert len(sorted(names_, key=natural_key)) == len(names_)
