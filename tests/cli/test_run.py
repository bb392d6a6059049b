import json
import os
import signal

import numpy as np
import pandas as pd
import pytest
import tifffile

from calscope.cli import run
from calscope.model.errors import EngineError

RUN = ("--engine", "stand-in", "--set", "dataset.fr=10", "--workers", "1")


def load(path):
    return json.loads(path.read_text())


def test_all_animals_and_what_ran(calscope, data, here, engine):
    status, out, err = calscope("run", data, "--out", here / "out", *RUN)
    assert status == 0
    assert out.splitlines()[0].startswith("Animal_1: 24 frames, 3 components, 1 accepted")
    assert "Animal_1: motion estimate took" in err
    told = load(here / "out/run.json")
    assert told["state"] == "done" and [animal["name"] for animal in told["animals"]] == ["Animal_1", "Animal_2"]
    assert told["animals"][0]["components"]["accepted"] == 1 and told["versions"]["calscope"]
    one = load(here / "out/Animal_2/run.json")
    assert one["requested"]["dataset"]["fr"] == 10 and one["engine"] == "stand-in" and one["error"] == ""
    assert [stage["cached"] for stage in one["stages"]] == [False] * len(one["stages"])
    assert len(pd.read_parquet(here / "out/Animal_2/components.parquet")) == 3


def test_a_second_run_is_served_and_min_snr_concerns_evaluation_only(calscope, data, here, engine):
    calscope("run", data, "--out", here / "out", *RUN)
    calls = list(engine.calls)
    _, out, _ = calscope("run", data, "--out", here / "again", *RUN)
    assert engine.calls == calls and "13 of 13 stages from the store" in out
    _, out, _ = calscope("run", data, "--out", here / "again", *RUN, "--set", "evaluation.min_SNR=0.6")
    stages = load(here / "again/Animal_1/run.json")["stages"]
    assert [stage["stage"] for stage in stages if not stage["cached"]] == ["evaluation"]
    assert "3 accepted" in out


def test_chosen_animals_frames_and_end(calscope, data, here, engine):
    until = ("--animals", "Animal_2", "--frames", "12", "--until", "motion", "--save-movie")
    status, _, _ = calscope("run", data, "--out", here / "out", *RUN, *until)
    assert status == 0 and sorted(path.name for path in (here / "out").iterdir()) == ["Animal_2", "run.json"]
    files = sorted(path.name for path in (here / "out/Animal_2").iterdir())
    assert files == ["corrected.tif", "images.npz", "motion.parquet", "motion_patches.npz", "run.json"]
    assert tifffile.imread(here / "out/Animal_2/corrected.tif").shape == (12, 32, 28)


def test_known_cells_are_put_in_when_asked_for_and_the_limit_is_printed(calscope, data, here, engine):
    status, out, _ = calscope("run", data, "--out", here / "out", *RUN, "--animals", "Animal_1", "--injected")
    assert status == 0
    told = load(here / "out/Animal_1/run.json")
    assert f"Animal_1: {told['injected']['text']}" in out
    assert len(pd.read_parquet(here / "out/Animal_1/injected.parquet")) == told["injected"]["n"]
    _, out, _ = calscope("run", data, "--out", here / "out", *RUN, "--animals", "Animal_1")
    assert "known cell" not in out
    assert not (here / "out/Animal_1/injected.parquet").exists(), "this run did not put any in"


def test_known_cells_need_a_whole_run(calscope, data, here, engine):
    status, _, err = calscope("run", data, "--out", here / "out", *RUN, "--injected", "--until", "motion")
    assert status == 2
    assert "--injected" in err and "--until motion" in err


def test_without_a_frame_rate_nothing_runs(calscope, data, here, engine):
    status, out, err = calscope("run", data, "--out", here / "out", "--engine", "stand-in")
    assert status == 2 and out == "" and len(err.splitlines()) == 1
    assert "frame rate of Animal_1" in err and "--set dataset.fr=30" in err
    assert engine.calls == [] and not (here / "out").exists()


def test_caimans_default_rate_is_not_the_recordings(calscope, data, here, engine):
    (here / "caiman.json").write_text(json.dumps({"data": {"fr": 30, "dxy": [1, 1], "caiman_version": "1.12.1"}}))
    command = ("run", data, "--out", here / "out", "--engine", "stand-in", "--params", here / "caiman.json")
    status, _, err = calscope(*command)
    assert status == 2 and "frame rate of Animal_1 is unknown" in err
    assert "CaImAn writes a frame rate of 30 Hz" in err.splitlines()[0], "why it is unknown"
    for path in data.iterdir():
        frames = tifffile.imread(path)
        tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX", "finterval": 0.08})
    assert calscope(*command)[0] == 0
    told = load(here / "out/Animal_1/run.json")
    assert told["effective"]["dataset"]["fr"] == 12.5 and told["effective"]["dataset"]["dxy"] is None


def test_one_animal_that_fails_is_told_and_the_others_are_done(calscope, data, here, engine):
    torn = data / "Animal_1" / "movie.tif"
    torn.parent.mkdir()
    (data / "Animal_1.tif").rename(torn)
    torn.write_bytes(torn.read_bytes()[:5000])
    status, out, err = calscope("run", data, "--out", here / "out", *RUN)
    assert status == 2 and "Animal_1: failed" in out and "Animal_2: 24 frames" in out
    assert err.splitlines()[-1].startswith("calscope run: ") and "Animal_1" in err.splitlines()[-1]
    animals = {animal["name"]: animal for animal in load(here / "out/run.json")["animals"]}
    assert animals["Animal_1"]["state"] == "failed" and animals["Animal_1"]["error"]
    assert animals["Animal_2"]["state"] == "done"
    assert load(here / "out/Animal_1/run.json")["error"]


def test_a_failing_stage_keeps_what_came_before_it(calscope, data, here, engine):
    engine.fails["fit"] = EngineError("No pixel is left.")
    status, _, err = calscope("run", data, "--out", here / "out", *RUN, "--animals", "Animal_1")
    assert status == 2 and "calscope run: Animal_1, first fit: No pixel is left." in err
    assert (here / "out/Animal_1/motion.parquet").exists()
    assert load(here / "out/Animal_1/run.json")["error"].endswith("No pixel is left.")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("/nowhere",), "nothing at '/nowhere'"),
        (("{data}", "--animals", "Animal_7"), "Animals there: Animal_1, Animal_2"),
        (("{data}", "--animals", ","), "names no animal"),
        (("{data}", "--animals", ""), "names no animal"),
        (("{data}", "--set", "cnmf.k=3"), "cnmf.K"),
        (("{data}", "--params", "nope.json"), "nope.json can't be read"),
        (("{data}", "--engine", "magic"), "Known engines: builtin"),
        (("{data}", "--set", "Animal_7:cnmf.K=3"), "Animals there: Animal_1, Animal_2"),
        (("{data}", "--set", "Animal_2:cnmf.k=3"), "Animal_2: There is no parameter cnmf.k. Did you mean "),
        (("{data}", "--set", "Animal_2:cnmf.K"), "--set needs NAME=VALUE"),
        (("{data}", "--inputs", "nope.json"), "inputs file nope.json can't be read"),
        (("{data}", "--frames", "0"), "whole number of 1 or more"),
        (("{data}", "--until", "lunch"), "invalid choice"),
    ],
)
@pytest.mark.usefixtures("engine", "here")
def test_what_a_user_got_wrong_is_told_with_status_2(calscope, data, arguments, words):
    arguments = [argument.format(data=data) for argument in arguments]
    if "--engine" not in arguments:
        arguments += RUN
    status, out, err = calscope("run", *arguments, "--out", "out")
    assert status == 2 and words in err and out == ""
    assert not (data.parent / "out").exists()


def test_an_output_folder_that_can_not_be_written(calscope, data, here, engine):
    (here / "file").write_text("in the way")
    status, _, err = calscope("run", data, "--out", here / "file/out", *RUN)
    assert status == 2 and "can't be written" in err and engine.calls == []


def test_a_store_that_can_not_be_written(calscope, data, here, engine, monkeypatch):
    (here / "file").write_text("in the way")
    monkeypatch.setenv("CALSCOPE_STORE", str(here / "file/store"))
    status, _, err = calscope("run", data, "--out", here / "out", *RUN)
    assert status == 2 and "CALSCOPE_STORE" in err and engine.calls == []


@pytest.fixture
def tree(here, engine):
    """A folder of recordings with a link to it, as they stood before and must stand after."""
    for number in (1, 2):
        (here / f"data/Animal_{number}").mkdir(parents=True)
        tifffile.imwrite(here / f"data/Animal_{number}/movie.tif", np.zeros((12, 32, 28), np.uint16))
    (here / "link").symlink_to(here / "data", target_is_directory=True)
    return here


@pytest.mark.parametrize(
    "data, out",
    [
        ("data", "data"),
        ("data", "data/results"),
        ("data", "data/../data"),
        ("data", "link"),
        ("link", "data/results"),
        ("data/Animal_1", "data"),
        ("data/Animal_1", "link"),
        ("data/Animal_1", "data/Animal_1/out"),
        ("data/Animal_1/movie.tif", "data/Animal_1"),
    ],
)
def test_results_never_go_among_the_recordings(calscope, tree, engine, data, out):
    before = sorted(tree.rglob("*"))
    status, printed, err = calscope("run", tree / data, "--out", tree / out, *RUN)
    assert status == 2 and printed == "" and "would put results" in err and "Choose another" in err
    assert sorted(path for path in tree.rglob("*") if "store" not in path.parts) == before and engine.calls == []


@pytest.mark.parametrize("foreign", ["Animal_2/images.npz", "Animal_2/movie.tif", "run.json", "Animal_2"])
def test_somebody_elses_files_are_never_replaced(calscope, tree, engine, foreign):
    place = tree / "out" / foreign
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    before = sorted((tree / "out").rglob("*"))
    status, _, err = calscope("run", tree / "data", "--out", tree / "out", *RUN)
    assert status == 2 and "left alone. Choose another folder" in err and engine.calls == []
    assert place.read_text() == "mine" and sorted((tree / "out").rglob("*")) == before


def test_ctrl_c_stops_with_130_and_the_same_command_goes_on(calscope, data, here, engine, monkeypatch):
    def interrupted(movie, border_px, params, context):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            context.progress(0.5)
        raise AssertionError("progress must have stopped it")

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "fit", interrupted)
        status, _, err = calscope("run", data, "--out", here / "out", *RUN)
    assert status == 130 and "goes on from there" in err and signal.getsignal(signal.SIGINT) is before
    assert load(here / "out/run.json")["state"] == "cancelled"
    left = [*(here / "store/results").glob("??/.*"), *(here / "store/scratch").glob("*")]
    assert left == []
    _, out, _ = calscope("run", data, "--out", here / "out", *RUN)
    assert "Animal_1: 24 frames, 3 components, 1 accepted" in out and "6 of 13 stages from the store" in out


def test_one_recording_may_be_given_by_itself(calscope, data, here, engine):
    status, out, _ = calscope("run", data / "Animal_2.tif", "--out", here / "out", *RUN, "--until", "motion")
    assert status == 0 and out.startswith("Animal_2: 24 frames")


@pytest.mark.parametrize(
    "error, words",
    [
        (OSError("1000 requested and 10 written"), "/out can't be written: the disk is full ("),
        (
            ZeroDivisionError("division by zero"),
            "can't be written: an error in the program, ZeroDivisionError",
        ),
        (MemoryError(), "its files can't be written: this machine's memory is too small"),
    ],
)
def test_files_of_one_animal_that_can_not_be_written_do_not_stop_the_others(  # noqa: PLR0917 - fixtures
    calscope, data, here, engine, monkeypatch, error, words
):
    def broken(folder, animal, **options):
        if folder.name == "Animal_1":
            raise error
        return really(folder, animal, **options)

    really = run.write_animal
    monkeypatch.setattr(run, "write_animal", broken)
    status, out, err = calscope("run", data, "--out", here / "out", *RUN)
    assert status == 2 and words in err and "Animal_1: failed" in out and "Animal_2: 24 frames" in out
    assert (here / "out/Animal_2/run.json").exists()
