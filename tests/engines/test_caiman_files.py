"""CaImAn's own files and parameters, as the installed CaImAn makes and reads them."""

import json

import h5py
import numpy as np
import pytest

from calscope.engines.builtin import BuiltinEngine
from calscope.engines.caiman_check import find_caiman
from calscope.export.formats.caiman_export import write_caiman
from calscope.export.stored_animal import StoredAnimal
from calscope.io.demo.simulate import Scene, Simulation
from calscope.io.results.open_results import open_results
from calscope.model.parameter_file import read_parameter_file
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store

pytestmark = [pytest.mark.caiman, pytest.mark.filterwarnings("ignore")]  # CaImAn and what it imports give many
PARAMS = Parameters.from_dict(
    {"dataset": {"fr": 14.7}, "motion": {"strides": [30, 30], "overlaps": [18, 18]}, "cnmf": {"rf": 20, "K": 5}}
)


@pytest.fixture(scope="module", autouse=True)
def caiman():
    state = find_caiman()
    if not state.ok:
        pytest.skip(state.why_not)


class Recording:
    """A simulation that says where it is."""

    def __init__(self):
        scene = Scene(frames=300, height=64, width=80, n_neurons=10, crowding=0.1, max_shift_px=3, spike_rate_hz=2)
        simulation = Simulation(scene)
        self.shape, self.dtype, self.read = simulation.shape, simulation.dtype, simulation.read
        self.info = RecordingInfo("mouse", "mouse.tif", simulation.shape, "uint16", 1, "f", fr_hz=14.7)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A run of the built-in engine as CaImAn's file, and its corrected movie."""
    folder = tmp_path_factory.mktemp("run")
    store = Store(folder / "store")
    run = run_animal(Recording(), PARAMS, engine=BuiltinEngine(), store=store, workers=1, log=lambda line: None)
    results = AnimalResults(store, run.keys)
    write_caiman(StoredAnimal(run.to_dict(), results), folder / "mouse.hdf5")
    movie = results.corrected.movie
    return folder / "mouse.hdf5", movie.read(0, movie.shape[0])


def load(path):
    from caiman.source_extraction.cnmf.cnmf import load_CNMF

    return load_CNMF(str(path))


def test_YrA_is_what_caiman_computes_of_the_exported_components(exported):
    path, movie = exported
    estimates = load(path).estimates
    assert estimates.YrA.shape == estimates.C.shape and len(estimates.C) > 3
    estimates.compute_residuals(movie)
    r = [np.corrcoef(ours, theirs)[0, 1] for ours, theirs in zip(estimates.YrA, estimates.R, strict=True)]
    assert min(r) > 0.9999
    np.testing.assert_allclose(estimates.YrA, estimates.R, atol=1e-3 * estimates.R.std())


@pytest.mark.parametrize("which", ["the accepted", "none"])
def test_what_caiman_saves_after_taking_components_out_opens(exported, tmp_path, which):
    model = load(exported[0])
    n, accepted = model.estimates.A.shape[1], model.estimates.idx_components
    kept = accepted if which == "the accepted" else np.zeros(0, int)
    C = model.estimates.C[kept]
    model.estimates.select_components(idx_components=kept)
    model.save(str(tmp_path / "kept.hdf5"))
    found = open_results(tmp_path / "kept.hdf5")
    np.testing.assert_allclose(found.components.C, C, rtol=1e-6)
    assert found.notes[0].values == {"n": n - len(kept)}
    assert found.fr_hz == 14.7
    if len(kept):
        assert found.program.startswith("CaImAn") and found.evaluation.accepted.all()
        np.testing.assert_allclose(found.components.YrA, model.estimates.YrA, rtol=1e-6)


def test_the_rate_is_the_one_given_to_its_last_digit(exported):
    assert load(exported[0]).params.data["fr"] == 14.7
    with h5py.File(exported[0]) as file:
        assert file["params/data/fr"].dtype == np.float64


def test_nothing_in_caimans_own_defaults_is_told_as_chosen():
    from caiman.source_extraction.cnmf.params import CNMFParams

    params = CNMFParams()
    notes = read_parameter_file(params.to_json()).notes
    assert "caiman_entries_not_used" not in [note.kind for note in notes]
    values = json.loads(params.to_json())
    values["spatial"]["nrgthr"] = 0.5
    notes = read_parameter_file(json.dumps(values)).notes
    assert [note.values for note in notes if note.kind == "caiman_entries_not_used"] == [{"names": ["spatial.nrgthr"]}]
