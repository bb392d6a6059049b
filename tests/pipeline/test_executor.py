import importlib.util

import pytest

from calscope.model.errors import EngineError
from calscope.pipeline import executor


def test_without_a_number_every_cpu_is_used():
    assert executor.make_executor().workers == executor.cpu_count() >= 1
    assert executor.make_executor(3).workers == 3


def test_no_worker_is_refused():
    with pytest.raises(EngineError, match="1 or more, got 0"):
        executor.make_executor(0)


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_cluster_is_refused_in_words_that_are_true(monkeypatch, is_installed):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if is_installed else None)
    with pytest.raises(EngineError, match=r"tcp://there:8786.*not possible.*yet.*--dask") as caught:
        executor.make_executor(dask="tcp://there:8786")
    assert ("pip install" in str(caught.value)) == (not is_installed)
