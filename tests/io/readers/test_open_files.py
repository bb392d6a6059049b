"""A recording needs no closing: between reads it holds no file."""

import psutil
import pytest
import tifffile

from calscope.io.readers.reader_registry import open_recording


def files_held(folder):
    process = psutil.Process()
    mapped = process.memory_maps() if hasattr(process, "memory_maps") else []
    return [file.path for file in [*process.open_files(), *mapped] if str(folder.resolve()) in file.path]


@pytest.mark.parametrize("kind", ["frames", "stack", "packed stack"])
def test_nothing_is_open_between_reads(tmp_path, movie, frame_folder, kind):
    path = frame_folder
    if kind != "frames":
        path = tmp_path / "movie.tif"
        tifffile.imwrite(path, movie, photometric="minisblack", compression="zlib" if kind == "packed stack" else None)
    with path.open("rb") if path.is_file() else next(path.glob("*.tif")).open("rb"):
        assert files_held(tmp_path), "an open file must be seen"
    recording = open_recording(path)
    assert files_held(tmp_path) == []
    recording.read(2, 5)
    assert files_held(tmp_path) == []
