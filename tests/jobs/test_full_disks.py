"""Jobs whose store lies on a disk that is full, or fills up."""

import numpy as np
import pytest
import tifffile
from small_disk import small_disk

from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.model.errors import StoreError


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    frames = np.random.default_rng(0).poisson(100, (24, 32, 28)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "data" / "Animal_1.tif", frames)
    return tmp_path / "data"


def spec(data):
    return JobSpec(data=str(data), params={"dataset": {"fr": 10.0}}, until="summary", workers=1)


def test_a_job_that_does_not_fit_is_refused_and_leaves_none(tmp_path, data):
    with small_disk(tmp_path / "full", 4096) as place:
        manager = JobManager(place / "store")
        with pytest.raises(StoreError, match=r"full/store can't be written: the disk is full \(.* free\)\. Free some"):
            manager.submit(spec(data))
        assert manager.jobs() == []


@pytest.mark.parametrize("kilobytes", [8, 12, 16, 24])
def test_a_job_that_meets_a_full_disk_says_so_and_leaves_nothing(tmp_path, data, kilobytes):
    with small_disk(tmp_path / "full", 1024 * kilobytes) as place:
        manager = JobManager(place / "store")
        job = manager.wait(manager.submit(spec(data)), 60)
        assert job.status.state == "failed"
        assert "full/store can't be written: the disk is full (" in job.status.error
        assert not [path for path in place.rglob("*") if ".tmp" in path.name or path.parent.name == "scratch"]
