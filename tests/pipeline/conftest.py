import sys
from pathlib import Path

import pytest

from calscope.model.params import Parameters
from calscope.pipeline.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import stand_in


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def engine():
    return stand_in.StandIn()


@pytest.fixture
def recording():
    return stand_in.MemoryRecording()


@pytest.fixture
def params():
    return Parameters()
