import time
from pathlib import Path

import pytest
import stand_in

from calscope.engines.engine_registry import ENGINES
from calscope.jobs.manager import JobManager

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """A manager whose worker knows the engines `slow` (20 s, tells its progress) and `deaf` (60 s, tells nothing)."""
    for name in ("slow", "deaf"):
        monkeypatch.setitem(ENGINES, name, stand_in.StandIn())
    manager = JobManager(tmp_path / "store", worker=[str(SUPPORT / "slow_worker.py")])
    yield manager
    for job in manager.jobs():
        manager.end_now(job.id)


@pytest.fixture
def wait_until():
    def wait(condition, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        raise AssertionError(f"still not after {seconds} s")

    return wait
