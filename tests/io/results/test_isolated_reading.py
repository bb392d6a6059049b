"""Other programs' files are decoded in a process of its own, whose death is a sentence and leaves nothing behind."""

import os
import struct
import time

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from calscope.io.results import isolated_reading
from calscope.io.results.open_results import open_results
from calscope.model.errors import RecordingError

KIND_OF_NUMBERS = 176
"""Where the first matrix of a MATLAB file says what its numbers are."""


def write_plane(plane, **ops):
    plane.mkdir()
    stat = np.array([{"ypix": np.array([1]), "xpix": np.array([2]), "lam": np.array([1.0])}] * 2, dtype=object)
    arrays = {name: np.ones((2, 30), np.float32) for name in ("F", "Fneu", "spks")}
    savemat(plane / "Fall.mat", arrays | {"iscell": np.ones((2, 2)), "stat": stat, "ops": {"Ly": 8, "Lx": 9} | ops})
    return plane


def crash_scipy(plane):
    content = bytearray((plane / "Fall.mat").read_bytes())
    assert struct.unpack_from("<I", content, KIND_OF_NUMBERS) == (7,), "single precision"
    struct.pack_into("<I", content, KIND_OF_NUMBERS, 255)  # scipy looks for a reader of it beyond its table
    (plane / "Fall.mat").write_bytes(content)


def write_caiman(path, shape, **how):
    """A small CaImAn file whose traces say that they have this shape."""
    with h5py.File(path, "w") as file:
        file["dims"] = [8, 9]
        estimates = file.create_group("estimates")
        estimates["A"] = np.ones((72, 2), np.float32)
        estimates.create_dataset("C", shape, np.float32, **how)


def test_a_file_that_crashes_its_reader_is_a_sentence(tmp_path, left):
    plane = write_plane(tmp_path / "plane0")
    assert open_results(plane).components.C.shape == (2, 30)
    crash_scipy(plane)
    with pytest.raises(RecordingError, match="plane0 is damaged: the process that read it crashed"):
        open_results(plane)
    assert not left(), "nothing is left running, nor as a dead entry"


def test_the_reader_has_limits_in_time(tmp_path, monkeypatch, left):
    plane = write_plane(tmp_path / "plane0")
    monkeypatch.setattr(isolated_reading, "_LEAST_TIME_S", 0)
    with pytest.raises(RecordingError, match="did not come to an end"):
        open_results(plane)
    assert not left()


def test_a_field_larger_than_the_memory_for_such_a_file_is_refused_in_words(tmp_path):
    """400 GB of pixels in a file of 2 kB: asked for, the numbers alone would take minutes and all memory."""
    plane, began = write_plane(tmp_path / "plane0", Ly=300_000, Lx=300_000), time.monotonic()
    with pytest.raises(RecordingError, match="holds more numbers than"):
        open_results(plane)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("how", [{}, {"chunks": (1, 2**20)}, {"chunks": (1, 2**20), "compression": "gzip"}])
def test_a_dataset_that_claims_more_than_its_file_holds_is_refused_before_it_is_read(tmp_path, how):
    write_caiman(tmp_path / "mouse.hdf5", (2, 50_000_000), **how)
    with pytest.raises(RecordingError, match=r"mouse\.hdf5 is damaged: /estimates/C says .* 400000000 bytes"):
        open_results(tmp_path / "mouse.hdf5")


def test_numbers_that_pack_well_are_read(tmp_path):
    shape = (2, 6_000_000)
    how = {"chunks": (1, 2**20), "compression": "gzip", "data": np.ones(shape, np.float32)}
    write_caiman(tmp_path / "mouse.hdf5", shape, **how)
    assert (tmp_path / "mouse.hdf5").stat().st_size < 200_000
    assert open_results(tmp_path / "mouse.hdf5").components.C.shape == shape


@pytest.mark.skipif(os.name == "nt", reason="no such files there")
def test_what_is_no_file_is_not_opened(tmp_path):
    plane = write_plane(tmp_path / "plane0")
    os.mkfifo(plane / "Fneu.npy")
    with pytest.raises(RecordingError, match=r"Fneu\.npy is no file; it is not opened"):
        open_results(plane)
