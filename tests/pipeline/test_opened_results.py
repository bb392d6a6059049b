"""Open files are bounded, whatever the number of animals and runs that are looked at."""

import subprocess
import sys

import numpy as np
import pytest

from calscope.model.errors import StoreError
from calscope.model.results import SummaryImages
from calscope.pipeline import opened_results
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.codecs import save_result
from calscope.pipeline.store import Store

MANY_ANIMALS = """
import resource, sys
from pathlib import Path
from calscope.pipeline import store
from calscope.pipeline.animal_results import AnimalResults
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
store.MAPPED_FROM_BYTES = 1
keys = sys.argv[2:]
animals = [AnimalResults(store.Store(Path(sys.argv[1])), {"before": key}) for key in keys]
for _ in range(2):
    print([float(animal.before.corr[0, 0]) for animal in animals])
"""


def put_images(store, key, value):
    images = SummaryImages(*(np.full((4, 4), value, np.float32) for _ in range(3)))
    with store.writer(key, {}) as writer:
        save_result("before", writer, images)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no such limit")
def test_more_animals_than_a_process_may_have_files_open(store):
    keys = [f"{i:040x}" for i in range(120)]
    for i, key in enumerate(keys):
        put_images(store, key, i)
    done = subprocess.run(
        [sys.executable, "-c", MANY_ANIMALS, str(store.root), *keys], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [str([float(i) for i in range(120)])] * 2, done.stderr[-800:]


def test_what_was_used_last_stays_open_and_is_the_same(store, monkeypatch):
    monkeypatch.setattr("calscope.pipeline.store.MAPPED_FROM_BYTES", 1)
    monkeypatch.setattr(opened_results, "most_maps", lambda: 7)
    keys = [f"{i:040x}" for i in range(3)]
    for i, key in enumerate(keys):
        put_images(store, key, i)
    first, second, third = (AnimalResults(store, {"before": key}) for key in keys)
    kept, _ = first.before, second.before
    assert first.before is kept, "used again, so that the second is the one to let go of"
    assert third.before is not None
    assert first.before is kept and AnimalResults(Store(store.root), {"before": keys[0]}).before is kept


def test_a_result_that_is_pruned_is_not_there_for_who_asks_later(store):
    put_images(store, "ab" * 20, 1)
    assert AnimalResults(store, {"before": "ab" * 20}).before is not None
    store.prune(max_bytes=0)
    assert AnimalResults(store, {"before": "ab" * 20}).before is None


@pytest.mark.parametrize("spoil", ["missing", "short", "text"])
def test_a_result_of_another_version_or_a_damaged_one_is_not_there(store, spoil):
    key = "cd" * 20
    put_images(store, key, 1)
    with store.writer("ef" * 20, {}) as writer:  # what an earlier version kept: one array fewer
        writer.save("mean", np.zeros((4, 4), np.float32))
    file = store.open(key).folder / store.open(key).arrays["max"]
    if spoil == "short":
        file.write_bytes(file.read_bytes()[:40])
    if spoil == "text":
        file.write_text("no array")
    wanted = "ef" * 20 if spoil == "missing" else key
    assert AnimalResults(store, {"before": wanted}).before is None
    with pytest.raises(StoreError, match="another version" if spoil == "missing" else "never made"):
        opened_results.OPENED.get(store, "before", wanted)
