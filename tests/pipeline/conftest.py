import pytest
import stand_in

from calscope.model.params import Parameters
from calscope.pipeline.store import Store


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
