"""What a look at the recording finds reaches the terminal, run.json and the report."""

import json

import numpy as np
import pytest
import tifffile

RUN = ("--engine", "stand-in", "--workers", "1")
RATE = ("--set", "dataset.fr=10")
CEILING = 130
"""The brightest value that this detector gives."""


@pytest.fixture
def with_gap(here):
    """Frames 12 to 19 of 120 are missing, and light is clipped at 130."""
    folder = here / "data" / "A1"
    folder.mkdir(parents=True)
    frames = np.random.default_rng(3).poisson(115, (120, 32, 28)).clip(0, CEILING).astype(np.uint16)
    for number in (*range(12), *range(20, 120)):
        tifffile.imwrite(folder / f"f_{number:04d}.tif", frames[number], metadata=None)
    (folder / "log.txt").write_text("x")
    return here / "data"


def test_missing_frames_and_clipped_light_are_told_everywhere(calscope, with_gap, here, engine):
    status, _, err = calscope("run", with_gap, "--out", here / "out", *RUN, *RATE)
    missing = "A1: Frames seem to be missing: no file has the number 12 to 19. Time is counted without them."
    assert status == 0 and missing in err.splitlines()
    told = json.loads((here / "out/A1/run.json").read_text())["load_report"]
    by_kind = {note["kind"]: note for note in told}
    assert by_kind["frames_missing"]["values"] == {"gaps": [[12, 19]], "n_gaps": 1}
    assert by_kind["frames_missing"]["text"] == missing.removeprefix("A1: ")
    assert by_kind["values_saturated"]["values"]["maximum"] == CEILING
    assert by_kind["file_of_unknown_format"]["values"] == {"name": "log.txt"}, "files beside it are told of too"
    assert all(f"A1: {note['text']}" in err.splitlines() for note in told)
    assert "frame_rate_unknown" not in by_kind and "pixel_size_unknown" in by_kind, "the rate was given"
    status, _, _ = calscope("report", here / "out", "--html", here / "report.html")
    page = (here / "report.html").read_text()
    assert status == 0 and "no file has the number 12 to 19" in page and "the detector is saturated" in page


def test_they_are_told_when_all_is_served_from_the_store_and_when_a_stage_fails(calscope, with_gap, here, engine):
    calscope("run", with_gap, "--out", here / "out", *RUN, *RATE)
    _, _, err = calscope("run", with_gap, "--out", here / "again", *RUN, *RATE)
    assert "no file has the number 12 to 19" in err
    engine.fails["fit"] = RuntimeError("broken")
    calscope("run", with_gap, "--out", here / "failed", *RUN, "--set", "dataset.fr=11")
    run = json.loads((here / "failed/A1/run.json").read_text())
    assert run["error"] and "frames_missing" in [note["kind"] for note in run["load_report"]]


def test_a_whole_recording_is_told_nothing_of(calscope, data, here, engine):
    calscope("run", data, "--out", here / "out", *RUN, *RATE, "--set", "dataset.dxy=1,1")
    run = json.loads((here / "out/Animal_1/run.json").read_text())
    assert [note["kind"] for note in run["load_report"]] == ["few_frames"]
