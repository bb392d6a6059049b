"""HDF5 files on disks that refuse."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from calscope.export.formats.hdf5_target import new_hdf5


def test_a_file_is_as_h5py_writes_it(tmp_path):
    values = np.random.default_rng(0).random((300, 1000))
    with new_hdf5(tmp_path / "a.hdf5") as file:
        file.attrs["name"] = "a"
        file.create_dataset("group/values", data=values, compression="gzip")
    with h5py.File(tmp_path / "a.hdf5", "r") as file:
        assert file.attrs["name"] == "a" and np.array_equal(file["group/values"][:], values)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("n", [1, 1_000_000])
def test_a_full_disk_is_an_error_of_the_disk_and_not_the_end_of_the_process(n):
    script = (
        "import errno, sys; from pathlib import Path; import numpy as np\n"
        "from calscope.export.formats.hdf5_target import new_hdf5\n"
        "try:\n"
        "    with new_hdf5(Path('/dev/full')) as file:\n"
        "        for i in range(20): file[str(i)] = np.zeros(int(sys.argv[1]))\n"
        "except OSError as error:\n"
        "    sys.exit(error.errno != errno.ENOSPC)\n"
        "sys.exit(3)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(n)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_of_the_block_is_its_own(tmp_path):
    with pytest.raises(ValueError, match="stop"), new_hdf5(tmp_path / "a.hdf5"):
        raise ValueError("stop")
