import multiprocessing
import time

import numpy as np
import psutil
import pytest

from calscope.pipeline import memory
from calscope.pipeline.memory import PeakMemory, release_pages, watch_map


def test_the_peak_of_a_stretch_is_seen_though_it_is_over_at_the_end():
    with PeakMemory() as quiet:
        pass
    with PeakMemory() as busy:
        block = np.ones(60 << 20, np.uint8)
        assert block.sum() > 0
        while busy.peak_bytes < quiet.peak_bytes + (40 << 20):
            pass
        del block
    assert busy.peak_bytes > quiet.peak_bytes + (40 << 20)


def hold(n_bytes, filled, wait):
    block = np.ones(n_bytes, np.uint8)
    filled.set()
    wait.wait(30)
    assert block[-1] == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of Python 3.12, where this process has threads
def test_memory_of_other_processes_counts_without_what_they_share():
    shared = np.ones(150 << 20, np.uint8)
    context = multiprocessing.get_context("fork")
    with PeakMemory() as alone:
        assert shared[-1] == 1
    filled, wait = context.Event(), context.Event()
    child = context.Process(target=hold, args=(100 << 20, filled, wait))
    with PeakMemory() as both:
        child.start()
        assert filled.wait(30)
        end = time.monotonic() + 10
        while both.peak_bytes < alone.peak_bytes + (90 << 20) and time.monotonic() < end:
            time.sleep(0.05)
        wait.set()
        child.join()
    assert 90 < (both.peak_bytes - alone.peak_bytes) / (1 << 20) < 140


@pytest.mark.skipif(not hasattr(psutil.Process().memory_info(), "shared"), reason="needs the count of mapped pages")
def test_pages_of_mapped_files_are_let_go_and_nothing_that_was_written_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_maps", type(memory._maps)())
    array = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", shape=(30 << 20,), dtype=np.uint8)
    watch_map(array)
    array[:] = 7
    full = psutil.Process().memory_info().shared
    release_pages()
    assert psutil.Process().memory_info().shared < full - (20 << 20)
    assert (array == 7).all()
    array[:5] = 9
    array.flush()
    release_pages()
    assert np.load(tmp_path / "x.npy")[:7].tolist() == [9] * 5 + [7] * 2


def test_an_array_in_memory_is_not_watched(monkeypatch):
    monkeypatch.setattr(memory, "_maps", type(memory._maps)())
    watch_map(np.zeros(10))
    assert len(memory._maps) == 0


def test_the_peak_of_each_stretch_is_its_own():
    with PeakMemory() as memory:
        block = np.ones(60 << 20, np.uint8)
        assert block.sum() > 0
        memory.begin_stretch()
        high = memory.stretch_bytes
        del block
        memory.begin_stretch()
        assert memory.stretch_bytes < high - (40 << 20)
    assert memory.peak_bytes >= high


@pytest.mark.skipif(not hasattr(psutil.Process().memory_info(), "shared"), reason="needs the count of mapped pages")
def test_pages_of_files_are_no_part_of_what_a_stretch_needs(tmp_path):
    array = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", shape=(90 << 20,), dtype=np.uint8)
    with PeakMemory() as memory:
        memory.begin_stretch()
        peak, own = memory.peak_bytes, memory.stretch_bytes
        array[:] = 7
        memory.begin_stretch()
        assert memory.peak_bytes > peak + (60 << 20)
        assert memory.stretch_bytes < own + (30 << 20)
