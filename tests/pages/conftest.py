"""Real runs on small recordings, made once: one that went well, one in which an animal fails, and a folder of none."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tifffile
from processes import children
from repository import ROOT
from streamlit.testing.v1 import AppTest

from calscope.io.demo.demo_files import write_demo
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager

APP = ROOT / "app.py"
PARAMS = {"cnmf": {"rf": 20, "stride": 8}, "motion": {"strides": [32, 32], "overlaps": [16, 16]}}


@dataclass(frozen=True)
class Lab:
    """A store with runs, and the folders that they are of."""

    store: Path
    good: Path
    good_run: str
    bad: Path
    bad_run: str
    fresh: Path


def _run(manager, data):
    job_id = manager.submit(JobSpec(data=str(data), params=PARAMS, workers=2))
    assert settled(manager, job_id).status.state in {"done", "failed"}
    return job_id


def settled(manager, job_id):
    """Wait until a job has ended and its process is gone as well."""
    job = manager.wait(job_id, 600)
    end = time.monotonic() + 10
    while children() and time.monotonic() < end:
        time.sleep(0.05)
        manager.get(job_id)
    return job


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A store with two runs that have ended."""
    root = tmp_path_factory.mktemp("lab").resolve()
    good, bad, fresh = root / "good", root / "bad", root / "Still _1_ here"
    write_demo(good, animals=2, frames=160, size=64)
    write_demo(bad, animals=1, frames=160, size=64)
    (bad / "Broken_1").mkdir()
    whole = (bad / "Animal_1" / "movie.tif").read_bytes()
    (bad / "Broken_1" / "movie.tif").write_bytes(whole[: len(whole) // 3])
    fresh.mkdir()
    frames = np.random.default_rng(0).integers(0, 900, (40, 48, 64)).astype(np.uint16)
    tifffile.imwrite(fresh / "movie.tif", frames, photometric="minisblack")
    manager = JobManager(root / "store")
    return Lab(root / "store", good, _run(manager, good), bad, _run(manager, bad), fresh)


@pytest.fixture
def open_page(lab, monkeypatch):
    """Open a page of the program, as a browser does that knows nothing but its address."""
    monkeypatch.setenv("CALSCOPE_STORE", str(lab.store))
    monkeypatch.setenv("CALSCOPE_ROOTS", str(lab.good.parent))
    monkeypatch.delenv("CALSCOPE_FOLDER", raising=False)
    shutil.rmtree(lab.store / "projects", ignore_errors=True)  # what other tests set there

    def opened(page, **address):
        app = AppTest.from_file(APP, default_timeout=60)
        app.run()
        # An address belongs to the page that is opened with it.
        app.switch_page(f"pages/{page}.py")
        for name, value in address.items():
            app.query_params[name] = str(value)
        return app.run()

    return opened


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    monkeypatch.setitem(os.environ, "OMP_NUM_THREADS", "1")


@pytest.fixture
def settle():
    """Wait until a job has ended and its process is gone as well."""
    return settled
