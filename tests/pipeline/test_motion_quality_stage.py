"""The quality of the motion correction as a stage: what is stored comes back equal, and nothing waits for it."""

from dataclasses import fields

import numpy as np
import pytest

from calscope.engines.engine_registry import get_engine
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.codecs import load_result, save_result
from calscope.pipeline.runner import run_animal
from calscope.pipeline.stages import STAGES, stage_of
from calscope.pipeline.store import Store


class Recorded:
    """A simulation that says what it is."""

    def __init__(self):
        self._frames = Simulation(Scene(frames=120, height=64, width=80, n_neurons=8, seed=3)).read(0, 120)
        self.shape = self._frames.shape
        self.dtype = self._frames.dtype
        self.info = RecordingInfo("mouse", "mouse.tif", self.shape, "uint16", 1, "print", fr_hz=14.7)

    def read(self, start, stop):
        return self._frames[start:stop]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    params = Parameters().replace({"motion.strides": [32, 32], "motion.overlaps": [16, 16]})
    record = run_animal(Recorded(), params, engine=get_engine("builtin"), store=store, until="motion", workers=2)
    return store, record


def test_comes_back_from_the_store_as_it_was(run):
    store, record = run
    quality = AnimalResults(store, record.keys).motion_quality
    assert quality.n_evaluated > 0 and set(quality.measures) == {"raw", "rigid", "piecewise"}
    assert quality.why.kind and len(quality.shift_px) == 120
    with store.writer("c" * 40, {}) as writer:
        save_result("motion_quality", writer, quality)
    again = load_result("motion_quality", store.open("c" * 40))
    for field in fields(quality):
        old, new = getattr(quality, field.name), getattr(again, field.name)
        if isinstance(old, np.ndarray):
            np.testing.assert_array_equal(old, new)
        else:
            assert old == new, field.name


def test_nothing_waits_for_it_or_runs_again_because_of_it():
    assert stage_of("motion_quality").parents == ("source", "check", "estimate", "apply")
    assert not [stage.name for stage in STAGES if "motion_quality" in stage.parents]


def test_leaves_no_second_movie_in_the_store(run):
    store, record = run
    stored = store.open(record.keys["motion_quality"])
    assert set(stored.arrays) == {"shift_px", "margin_to_max_shift_px", "clipped", "got_worse"}
