"""Parameters and seeds of single animals on the command line, and a run repeated from what it wrote down."""

import json
from pathlib import Path

import pytest

RUN = ("--engine", "stand-in", "--set", "dataset.fr=10", "--workers", "1")
OWN = {"Animal_1": {"parameters": {"cnmf.gSig": [5, 5]}, "seeds": [[7, 8], [3, 4]]}}
SEEDS = ((3, 4), (7, 8))


def load(path):
    return json.loads(path.read_text())


@pytest.fixture
def own(here):
    (here / "own.json").write_text(json.dumps(OWN))
    return here / "own.json"


def test_inputs_reach_their_animal_and_are_written_down(calscope, data, here, engine, own):
    status, _, _ = calscope("run", data, "--out", here / "out", *RUN, "--animals", "Animal_1", "--inputs", own)
    assert status == 0 and engine.seeds == SEEDS
    one = load(here / "out/Animal_1/run.json")
    assert one["requested"]["cnmf"]["gSig"] == one["effective"]["cnmf"]["gSig"] == [5, 5]
    assert one["inputs"] == {"parameters": {"cnmf.gSig": [5, 5]}, "seeds": [[3, 4], [7, 8]]}
    told = load(here / "out/run.json")
    assert told["requested"]["cnmf"]["gSig"] == [4, 4] and told["inputs"] == {"Animal_1": one["inputs"]}


def test_an_animal_without_inputs_is_as_ever(calscope, data, here, engine, own):
    calscope("run", data, "--out", here / "plain", *RUN)
    calscope("run", data, "--out", here / "out", *RUN, "--inputs", own)
    keys = {out: load(here / out / "Animal_2/run.json")["keys"] for out in ("plain", "out")}
    assert keys["plain"] == keys["out"]
    assert load(here / "plain/run.json")["inputs"] == {}


@pytest.mark.parametrize("record", ["run.json", "Animal_1/run.json"])
def test_a_run_can_be_repeated_from_its_record(calscope, data, engine, own, record):
    out, again = own.parent / "out", own.parent / "again"
    calscope("run", data, "--out", out, *RUN, "--inputs", own)
    engine.seeds = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALSCOPE_STORE", str(own.parent / "another store"))
        calscope("run", data, "--out", again, *RUN, "--animals", "Animal_1", "--inputs", out / record)
    assert engine.seeds == SEEDS
    first, second = (load(folder / "Animal_1/run.json") for folder in (out, again))
    assert second["keys"] == first["keys"] and second["inputs"] == first["inputs"]
    assert not any(stage["cached"] for stage in second["stages"])


def test_one_parameter_of_one_animal_can_be_set_directly_and_counts_in_place_of_the_files(
    calscope, data, here, engine, own
):
    change = ("--set", "cnmf.gSig=3", "--set", "Animal_1:cnmf.gSig=6", "--set", "Animal_1:cnmf.K=7")
    status, _, _ = calscope("run", data, "--out", here / "out", *RUN, *change, "--inputs", own, "--until", "motion")
    assert status == 0
    first, second = (load(here / f"out/Animal_{n}/run.json") for n in (1, 2))
    assert first["inputs"] == {"parameters": {"cnmf.gSig": 6, "cnmf.K": 7}, "seeds": [[3, 4], [7, 8]]}
    assert (first["requested"]["cnmf"]["gSig"], first["requested"]["cnmf"]["K"]) == ([6, 6], 7)
    assert second["requested"]["cnmf"]["gSig"] == [3, 3]


@pytest.mark.parametrize(
    "content, words",
    [
        ("{", "is not valid JSON"),
        ("[1]", "must be an object such as"),
        ('{"Animal_9": {}}', "no animal 'Animal_9' in "),
        ('{"Animal_2": {"sedes": []}}', "Animal_2 in own.json: There is no input 'sedes' of an animal"),
        ('{"Animal_2": {"seeds": [[1, 99]]}}', "Animal_2: The seed at (y, x) = (1, 99) lies outside"),
        ('{"Animal_2": {"parameters": {"cnmf.K": 0}}}', "Animal_2: cnmf.K must be "),
        ('{"Animal_2": {"parameters": {"cnmf": {"K": 3}}}}', "Animal_2: There is no parameter cnmf."),
    ],
)
def test_inputs_that_can_not_be_used_are_told_in_one_line_and_nothing_runs(calscope, data, engine, content, words):
    Path("own.json").write_text(content)  # in the folder that `here` has made the current one
    status, out, err = calscope("run", data, "--out", "out", *RUN, "--inputs", "own.json")
    assert status == 2 and out == "" and words in err and len(err.splitlines()) == 1
    assert engine.calls == [] and not Path("out").exists()


def test_seeds_for_an_engine_that_takes_none_are_refused_before_anything_runs(calscope, data, here, engine, own):
    engine.takes_seeds = False
    status, _, err = calscope("run", data, "--out", "out", *RUN, "--inputs", own)
    assert status == 2 and "Animal_1: The engine stand-in can't begin components at seeds" in err
    assert engine.calls == [] and not (here / "out").exists()


@pytest.fixture
def settings(here, engine):
    values = {"cnmf": {"K": 3}, "animals": {"Animal_1": {"cnmf.gSig": 5, "cnmf.K": 6}, "Animal_2": {"cnmf.K": 7}}}
    (here / "settings.json").write_text(json.dumps(values))
    return here / "settings.json"


def test_a_parameter_file_has_values_of_single_animals(calscope, data, here, engine, settings):
    change = ("--set", "Animal_2:cnmf.K=8", "--set", "cnmf.K=4", "--until", "motion")
    status, _, err = calscope("run", data, "--out", here / "out", *RUN, "--params", settings, *change)
    assert status == 0
    used = [load(here / f"out/Animal_{n}/run.json")["requested"]["cnmf"] for n in (1, 2)]
    assert [(of_it["K"], of_it["gSig"]) for of_it in used] == [(6, [5, 5]), (8, [4, 4])]
    assert "these keep theirs: Animal_1, Animal_2. Change it by --set Animal_1:cnmf.K=VALUE." in err


def test_the_inputs_file_counts_before_the_parameter_file(calscope, data, here, settings, own):
    calscope("run", data, "--out", here / "out", *RUN, "--params", settings, "--inputs", own, "--until", "motion")
    told = load(here / "out/run.json")["inputs"]["Animal_1"]
    assert told == {"parameters": {"cnmf.gSig": [5, 5], "cnmf.K": 6}, "seeds": [[3, 4], [7, 8]]}


def test_a_parameter_file_of_other_animals_is_refused(calscope, data, here, engine, settings):
    settings.write_text('{"animals": {"Animal_9": {"cnmf.K": 6}}}')
    status, _, err = calscope("run", data, "--out", here / "out", *RUN, "--params", settings)
    assert status == 2 and err.count("\n") == 1 and "no animal 'Animal_9'" in err
    assert "Animals there: Animal_1, Animal_2" in err
