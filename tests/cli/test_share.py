"""`calscope export` and `calscope report`: all animals or chosen ones, of a folder and of a run of the store."""

import pytest

from calscope.io.bundles.bundle_reading import open_bundle
from calscope.jobs.manager import JobManager

RUN = ("--engine", "stand-in", "--set", "dataset.fr=10", "--workers", "1")


@pytest.fixture
def out(calscope, data, here, engine):
    assert calscope("run", data, "--out", here / "out", *RUN)[0] == 0
    return here / "out"


@pytest.fixture
def run(out, here):
    """Give a run of the store that holds the same two animals, by its id."""
    from calscope.jobs.import_run_folder import import_run_folder
    from calscope.pipeline.store import default_store

    store = default_store()
    return JobManager(store.root).keep_import(*import_run_folder(out, store), data=str(out))


@pytest.mark.parametrize("is_stored", [False, True])
def test_chosen_animals_alone_go_out(calscope, here, out, run, is_stored):
    what, chosen = run if is_stored else out, ("--animals", "Animal_2")
    assert calscope("export", what, "--format", "csv", "--to", here / "csv", *chosen)[0] == 0
    assert [path.name for path in (here / "csv").iterdir() if path.is_dir()] == ["Animal_2"]
    assert calscope("export", what, "--format", "bundle", "--to", here / "x.calscope", *chosen)[0] == 0
    assert open_bundle(here / "x.calscope").manifest.animals == ["Animal_2"]
    assert calscope("report", what, "--html", here / "report.html", *chosen)[0] == 0
    text = (here / "report.html").read_text()
    assert "Animal_2" in text and "Animal_1" not in text


def test_a_film_that_can_not_be_made_is_told(calscope, here, out):
    status, _, said = calscope("export", out, "--format", "bundle", "--to", here / "x.calscope", "--film")
    assert status == 0 and "Animal_1: no film is in the bundle" in said and "Animal_2: no film" in said
    status, _, said = calscope("export", out, "--format", "csv", "--to", here / "x", "--film")
    assert status == 2 and "--film is for --format bundle only" in said


@pytest.mark.parametrize("command", [("report", "--html"), ("export", "--format", "csv", "--to")])
def test_an_animal_that_is_not_there_is_told_with_those_that_are(calscope, here, out, run, command):
    for what in (out, run):
        status, told, err = calscope(command[0], what, *command[1:], here / "x", "--animals", "Animal_2,Bob")
        assert (status, told) == (2, "") and "has no Bob. Its animals: Animal_1, Animal_2." in err
        assert not (here / "x").exists()
