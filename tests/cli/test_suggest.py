import json

import numpy as np
import pytest
import tifffile

from calscope.io.demo.demo_files import write_movie
from calscope.io.demo.scenes import plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.model.parameter_file import read_parameter_file


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Two animals of somata of 9 px, and their frame rate in the files."""
    folder = tmp_path_factory.mktemp("data")
    for number in (1, 2):
        scene = with_case(plain_scene(frames=400, height=96, width=96, seed=number), {"soma_radius_px": 4.5})
        write_movie(folder / f"Animal_{number}.tif", Simulation(scene))
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One store for all tests, so that recordings are measured once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def suggest(calscope, here, store, monkeypatch):
    monkeypatch.setenv("CALSCOPE_STORE", str(store))
    return lambda *arguments: calscope("suggest", *arguments)


def test_measurements_and_proposals_are_printed_with_their_reasons(suggest, recordings):
    status, told, _ = suggest(recordings, "--animals", "Animal_1")
    assert status == 0
    assert "soma diameter" in told
    assert "14.7 Hz" in told
    assert "cnmf.gSig = " in told
    assert "A usual cell's diameter is" in told


def test_the_file_is_one_that_run_reads(suggest, recordings, here, calscope):
    status, told, _ = suggest(recordings, "--out", "proposed.json")
    assert status == 0
    assert told.rstrip().endswith(f"\nproposed.json\nNow `calscope run {recordings} --params proposed.json`.")
    found = read_parameter_file((here / "proposed.json").read_text())
    assert found.params.cnmf.gSig in {(3, 3), (4, 4)}
    assert found.params.motion.max_shifts != (1, 1)
    status, _, said = calscope("run", recordings, "--params", "proposed.json", "--until", "motion", "--out", "results")
    assert status == 0, said
    run = json.loads((here / "results" / "run.json").read_text())
    assert run["requested"]["cnmf"]["gSig"] == list(found.params.cnmf.gSig)


def test_what_is_set_already_is_kept_and_said_to_differ(suggest, recordings, here):
    status, told, _ = suggest(recordings, "--set", "cnmf.gSig=7", "--out", "kept.json")
    assert status == 0
    assert "Set already to 7, which is kept." in told
    assert read_parameter_file((here / "kept.json").read_text()).params.cnmf.gSig == (7, 7)


def test_a_file_that_is_there_is_left_alone(suggest, recordings, here):
    (here / "mine.json").write_text("{}")
    status, _, said = suggest(recordings, "--out", "mine.json")
    assert status == 2
    assert "left alone" in said
    assert (here / "mine.json").read_text() == "{}"


def test_a_movie_that_tells_nothing_gives_reasons_and_no_values(suggest, here):
    (here / "flat").mkdir()
    tifffile.imwrite(here / "flat" / "Animal_1.tif", np.full((60, 48, 48), 5, np.uint16))
    status, told, _ = suggest("flat", "--out", "flat.json")
    assert status == 0
    assert "cnmf.gSig = no proposal" in told
    assert "The movie has 60 frames" in told
    assert "unknown: the files don't state it" in told
    assert json.loads((here / "flat.json").read_text()) == {}


def test_an_animal_that_is_not_there_is_refused(suggest, recordings):
    status, _, said = suggest(recordings, "--animals", "Animal_9")
    assert status == 2
    assert "Animal_9" in said
