"""The preview of the motion correction: what it finds on movies with known motion, and its way through the store."""

from dataclasses import fields

import numpy as np
import pytest

from calscope.engines.engine_registry import get_engine
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.codecs import load_result, save_result
from calscope.pipeline.runner import plan_keys, run_animal
from calscope.pipeline.stages import STAGES, stages_until
from calscope.pipeline.store import Store

PARAMS = Parameters().replace({"motion.strides": [32, 32], "motion.overlaps": [16, 16]})
BURST = slice(130, 190)


class Recorded:
    """A simulation that only bends and jumps once, moved as a whole during BURST; its frame rate is not known."""

    def __init__(self, seed=3):
        still = Simulation(Scene(frames=260, height=96, width=112, n_neurons=14, seed=seed, drift_px=0, jitter_px=0))
        self.frames = still.read(0, 260).copy()
        steps = np.random.default_rng(seed).integers(-4, 5, (60, 2))
        for k, step in zip(range(BURST.start, BURST.stop), steps, strict=True):
            self.frames[k] = np.roll(self.frames[k], tuple(step), axis=(0, 1))
        self.shape, self.dtype = self.frames.shape, self.frames.dtype
        self.info = RecordingInfo("mouse", "mouse.tif", self.shape, "uint16", 1, f"print {seed}")

    def read(self, start, stop):
        return self.frames[start:stop]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    told = []
    record = run_animal(
        Recorded(),
        PARAMS,
        engine=get_engine("builtin"),
        store=store,
        until="preview",
        workers=2,
        progress=lambda fraction, note="": told.append(fraction),
    )
    return store, record, told


def test_looks_where_the_movie_moves_and_says_that_correcting_helps(run):
    store, record, _ = run
    preview = AnimalResults(store, record.keys).preview
    assert preview.crop.start <= BURST.start and preview.crop.stop >= BURST.stop
    raw, rigid = preview.versions["raw"], preview.versions["rigid"]
    assert rigid.template_r > raw.template_r + 0.02
    assert rigid.measures.crispness.low > raw.measures.crispness.high
    # the movie also bends, and the measure sees noise as flow: with the true shifts of whole frames 0.60 of it is left
    assert rigid.measures.residual_flow_px.value < 0.6 * raw.measures.residual_flow_px.value
    assert preview.verdict in ("use rigid", "use piecewise-rigid") and preview.why.values
    shapes = {getattr(v.images, kind).shape for v in preview.versions.values() for kind in ("mean", "max", "corr")}
    assert shapes == {(preview.crop.height, preview.crop.width)}


def test_needs_no_frame_rate_and_computes_nothing_else(run):
    _, record, told = run
    assert [stage.stage for stage in record.stages] == ["check", "survey", "preview"] and not record.error
    assert told == sorted(told) and told[-1] == 1


def test_comes_back_from_the_store_as_it_was(run):
    store, record, _ = run
    results = AnimalResults(store, record.keys)
    for name in ("survey", "preview"):
        with store.writer("e" * 38 + name[:1].encode().hex(), {}) as writer:
            save_result(name, writer, results.get(name))
        again = load_result(name, store.open("e" * 38 + name[:1].encode().hex()))
        for field in fields(again):
            assert_same(getattr(results.get(name), field.name), getattr(again, field.name))


def assert_same(old, new):
    if isinstance(old, np.ndarray):
        np.testing.assert_array_equal(old, new)
    elif isinstance(old, dict):
        assert list(old) == list(new)
        for key, version in old.items():
            assert version.measures == new[key].measures and version.template_r == pytest.approx(new[key].template_r)
            np.testing.assert_array_equal(version.images.corr, new[key].images.corr)
    else:
        assert old == new


def test_whether_to_be_piecewise_does_not_change_it_as_it_shows_both(run):
    _, record, _ = run
    engine, info = get_engine("builtin"), Recorded().info
    rigid = plan_keys(info, PARAMS.replace({"motion.pw_rigid": False}), engine)
    wider = plan_keys(info, PARAMS.replace({"motion.max_shifts": [9, 9]}), engine)
    assert rigid["preview"] == record.keys["preview"] != wider["preview"]
    assert wider["survey"] == record.keys["survey"]


def test_no_other_run_waits_for_it():
    for until in ("summary", "motion", "extraction", "evaluation"):
        assert not {"survey", "preview"} & {stage.name for stage in stages_until(until)}
    assert not [stage.name for stage in STAGES if "preview" in stage.parents]


def test_too_few_frames_are_shown_and_not_judged(tmp_path):
    recording = Recorded(seed=5)
    recording.frames = recording.frames[120:150]
    recording.shape = recording.frames.shape
    recording.info = RecordingInfo("short", "short.tif", recording.shape, "uint16", 1, "short")
    store = Store(tmp_path)
    record = run_animal(
        recording, PARAMS, engine=get_engine("builtin"), store=store, until="preview", workers=1, progress=silent
    )
    preview = AnimalResults(store, record.keys).preview
    assert preview.verdict == "not evaluated" and preview.n_evaluated == 0
    assert preview.versions["raw"].measures is None and np.isfinite(preview.versions["rigid"].template_r)
