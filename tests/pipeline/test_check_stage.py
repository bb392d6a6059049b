"""What the check of a recording finds is left out, undone on request, reported, and never corrected after."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from calscope.engines.engine_registry import get_engine
from calscope.io.demo.scenes import MOTION_CASES, plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.runner import run_animal
from calscope.pipeline.store import Store

FRAMES, FIELD = 160, (96, 112)
PARAMS = Parameters().replace({"dataset.fr": 15.0, "motion.pw_rigid": False})


class Recorded(ArrayMovie):
    @property
    def info(self):
        return RecordingInfo(
            "Animal_1",
            "/data/Animal_1",
            self.shape,
            str(self.dtype),
            1,
            hashlib.sha256(self.frames.tobytes()).hexdigest(),
        )


@pytest.fixture(scope="module")
def scene():
    return plain_scene(frames=FRAMES, height=FIELD[0], width=FIELD[1], seed=8)


@pytest.fixture(scope="module")
def clean(scene):
    return Simulation(scene).read(0, FRAMES)


@pytest.fixture
def run(tmp_path: Path):
    def until_motion(frames, params=PARAMS, until="motion"):
        store = Store(tmp_path)
        record = run_animal(Recorded(frames), params, engine=get_engine("builtin"), store=store, until=until)
        return record, AnimalResults(store, record.keys)

    return until_motion


def kinds(record):
    return {note.kind for note in record.notes}


def shift_error_px(one, other, leave_out=()):
    difference = np.delete(one - other, list(leave_out), axis=0)
    difference -= np.median(difference, axis=0)
    return float(np.sqrt((difference**2).sum(axis=1).mean()))


def likeness(one, other):
    """Correlation of two images at the best of some shifts: templates may lie a little apart."""
    inner = one[8:-8, 8:-8].ravel()
    moves = [(y, x) for y in range(-2, 3) for x in range(-2, 3)]
    return max(np.corrcoef(inner, np.roll(other, move, (0, 1))[8:-8, 8:-8].ravel())[0, 1] for move in moves)


@pytest.mark.parametrize("rows", [slice(None), slice(30, 60)])
def test_other_light_changes_neither_the_motion_nor_the_other_frames(run, clean, rows):
    _, before = run(clean)
    spoiled, odd = clean.copy(), [20, 60, 61, 100, 140]
    spoiled[odd, rows] = np.minimum(spoiled[odd, rows].astype(int) + 20000, 65535)
    record, found = run(spoiled)
    assert "light_artefacts" in kinds(record)
    shifts = found.motion_estimate.shifts_rig
    assert shift_error_px(shifts, before.motion_estimate.shifts_rig, leave_out=odd) < 0.05
    assert found.corrected.movie.read(0, FRAMES).max() < 1.05 * before.corrected.movie.read(0, FRAMES).max()


def test_an_offset_between_rows_is_measured_and_undone_on_request(run, clean):
    shifted = clean.copy()
    shifted[:, 1::2] = np.roll(shifted[:, 1::2], 3, axis=2)
    record, found = run(shifted)
    assert found.check.line_offset_px == pytest.approx(3, abs=0.25) and "line_offset" in kinds(record)
    told, undone = run(shifted, PARAMS.replace({"dataset.line_offset_px": 3.0}))
    assert "line_offset" not in kinds(told), "nothing is left to do"
    assert "line_offset" in kinds(run(shifted, PARAMS.replace({"dataset.line_offset_px": -3.0}))[0])
    _, true = run(clean)
    like, unlike = (likeness(one.after.mean, true.after.mean) for one in (undone, found))
    assert like > 0.999 and unlike < 0.98, "as recorded it stays unless asked for"


def test_a_pattern_that_moves_is_never_recommended_to_be_followed(run, clean):
    y, x = np.mgrid[: FIELD[0], : FIELD[1]]
    bars = np.stack([np.sin(2 * np.pi * ((y + 0.6 * x) / 18 - 0.03 * k)) for k in range(FRAMES)])
    spoiled = np.clip(clean + 1.5 * np.median(clean.std(axis=0)) * bars, 0, 65535).astype(np.uint16)
    record, found = run(spoiled)
    assert "moving_pattern" in kinds(record)
    assert found.motion_quality.verdict not in {"use rigid", "use piecewise-rigid"}


@pytest.mark.parametrize("pw_rigid", [False, True])
def test_a_normalised_movie_is_not_moved(run, scene, pw_rigid):
    still = with_case(scene, MOTION_CASES["still"])
    raw = Simulation(still).read(0, FRAMES).astype(np.float32)
    z = ((raw - raw.mean(axis=0)) / raw.std(axis=0)).astype(np.float32)
    record, found = run(z, PARAMS.replace({"motion.pw_rigid": pw_rigid}))
    assert not found.motion_estimate.shifts_rig.any()
    assert {"no_still_image", "no_motion_estimated"} <= kinds(record)
    assert found.motion_quality.verdict == "use raw"
    assert np.abs(found.corrected.movie.read(0, FRAMES) - z).max() < np.ptp(z) / 30000


def test_dff_of_a_normalised_movie_is_withheld(run, scene):
    raw = Simulation(scene).read(0, FRAMES).astype(np.float32)
    f0 = np.percentile(raw, 10, axis=0)
    record, found = run(((raw - f0) / f0).astype(np.float32), until="evaluation")
    assert found.refit.n > 0 and "dff_of_normalised_movie" in kinds(record)
    assert np.isnan(found.dff.dff).all() and found.dff.dff.shape == found.refit.C.shape


def test_a_usual_recording_has_nothing_to_report(run, clean):
    record, found = run(clean)
    assert not found.check.notes
    assert not kinds(record) & {"light_artefacts", "line_offset", "moving_pattern", "no_still_image"}
