"""The stage that puts known cells into an animal's own movie: bright ones are found, dim ones are not."""

import numpy as np
import pytest

from calscope.algorithms.injection import known_cells
from calscope.engines.engine_registry import ENGINES
from calscope.io.demo.demo_files import write_demo
from calscope.io.readers.reader_registry import open_recording
from calscope.model.params import Parameters
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.runner import run_animal
from calscope.pipeline.steps.stage_steps import evaluate_components
from calscope.pipeline.store import Store


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One small animal run until the search for known cells, twice, with two rounds of cells."""
    root = tmp_path_factory.mktemp("injected")
    write_demo(root / "demo", animals=1, frames=300, size=128)
    recording, store = open_recording(root / "demo" / "Animal_1"), Store(root / "store")
    params = Parameters().replace({"cnmf.rf": 32, "cnmf.stride": 12, "cnmf.K": 12})
    given = {"engine": ENGINES["builtin"], "store": store, "until": "injected", "workers": 2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_cells, "ENOUGH_CELLS", 16)
        return store, [run_animal(recording, params, **given) for _ in range(2)]


def test_bright_cells_are_found_and_dim_ones_are_not(run):
    store, (record, _) = run
    found = AnimalResults(store, record.keys).injected
    assert found.n >= 10
    assert np.array_equal(np.unique(found.round), [0, 1])
    assert found.found[found.peak_snr > 12].mean() > 0.7
    assert found.found[found.peak_snr < 4].mean() < 0.3
    assert not (found.accepted & ~found.found).any()
    assert np.nanmedian(found.trace_r[found.peak_snr > 12]) > 0.9
    assert np.isnan(found.trace_r[~found.found]).all()
    assert np.array_equal(np.isfinite(found.quality.snr), found.found)
    again = evaluate_components(found.quality, Parameters().evaluation).accepted & found.found
    assert np.array_equal(again, found.accepted), "as the thresholds of the run say of these measures"


def test_it_is_served_from_the_store_and_leaves_nothing_in_the_scratch(run):
    store, (_, again) = run
    assert all(stage.cached for stage in again.stages)
    assert again.stages[-1].stage == "injected"
    assert not list((store.root / "scratch").iterdir())


def test_a_run_without_it_has_none(run):
    store, (record, _) = run
    keys = {stage: key for stage, key in record.keys.items() if stage != "injected"}
    assert AnimalResults(store, keys).injected is None
