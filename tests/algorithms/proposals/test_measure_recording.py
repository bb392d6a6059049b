import numpy as np
import pytest

from calscope.algorithms.motion_check.survey import survey_motion
from calscope.algorithms.proposals.from_measurements import propose
from calscope.algorithms.proposals.measure_recording import _diameter, _usual, measure_recording
from calscope.io.demo.scenes import plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters


def made(changes, frames=600, side=112):
    simulation = Simulation(with_case(plain_scene(frames=frames, height=side, width=side, seed=4), changes))
    return simulation, ArrayMovie(simulation.read(0, frames))


@pytest.fixture(scope="module")
def recorded():
    return made({"soma_radius_px": 4.5})


@pytest.fixture(scope="module")
def measured(recorded):
    return measure_recording(recorded[1], survey_motion(recorded[1]))


def test_size_decay_and_motion_of_a_simulated_recording_are_found(recorded, measured):
    simulation, _ = recorded
    assert measured.get("soma_diameter_px").value == pytest.approx(9.0, rel=0.15)
    assert measured.get("decay_frames").value == pytest.approx(simulation.fr * simulation.decay, rel=0.25)
    true = np.abs(simulation.shifts - np.median(simulation.shifts, axis=0)).max(axis=0)
    assert measured.get("largest_shift_y_px").value == pytest.approx(true[0], abs=0.7)
    assert measured.get("largest_shift_x_px").value == pytest.approx(true[1], abs=0.7)
    assert measured.get("noise_per_unit").value == pytest.approx(simulation.scene.gain, rel=0.15)
    assert measured.get("local_motion_px").low > 0.1


def test_the_cells_that_were_measured_lie_on_somata(recorded, measured):
    masks = recorded[0].masks.max(axis=0)
    y, x = measured.cells[:, :2].round().astype(int).T
    assert (masks[y, x] > 0.2).mean() > 0.9


def test_threads_change_nothing(recorded, measured):
    movie = recorded[1]
    again = measure_recording(movie, survey_motion(movie), workers=3)
    assert again.measures == measured.measures
    np.testing.assert_array_equal(again.corr, measured.corr)


def kinds(found, fr_hz=15.0):
    return {one.name: one.reason.kind for one in propose(found, fr_hz, Parameters().get) if not one.is_made}


def test_a_short_movie_gives_no_size_and_no_decay(recorded):
    short = ArrayMovie(recorded[1].frames[:60])
    refused = kinds(measure_recording(short, survey_motion(short)))
    assert refused["cnmf.gSig"] == refused["dataset.decay_time"] == "not_measured_few_frames"


def test_equal_pixels_give_nothing():
    flat = ArrayMovie(np.full((150, 64, 64), 7, np.uint16))
    found = measure_recording(flat, survey_motion(flat))
    refused = kinds(found)
    assert refused["cnmf.gSig"] == "not_measured_constant"
    assert refused["motion.max_shifts"] == "no_shift_no_picture"
    assert not [one for one in propose(found, 15.0, Parameters().get) if one.is_made]


def test_a_field_without_cells_gives_no_size_but_its_motion():
    _, movie = made({"n_neurons": 1, "spike_rate_hz": 0.001}, frames=300)
    found = measure_recording(movie, survey_motion(movie))
    refused = kinds(found)
    assert refused["cnmf.gSig"] == "no_size_few_cells"
    assert refused["dataset.decay_time"] == "no_decay_few_transients"
    assert "motion.max_shifts" not in refused


def test_missing_values_and_floats_are_measured_too(recorded):
    frames = recorded[1].frames[:300].astype(np.float32)
    frames[50, :4] = np.nan
    found = measure_recording(ArrayMovie(frames), survey_motion(ArrayMovie(frames)))
    assert np.isfinite(found.corr).all()
    assert found.get("soma_diameter_px").value == pytest.approx(9.0, rel=0.2)


def test_pieces_of_processes_do_not_make_the_usual_size():
    assert _usual(np.array([3.5] * 17 + [9.0] * 13)) == 9.0
    assert _diameter([3.5] * 17 + [9.0] * 13, 13, None).estimate.value == 9.0


def test_sizes_that_differ_too_much_give_none():
    found = _diameter([3.0, 4.0, 6.0, 12.0, 20.0], 5, None)
    assert found.estimate is None
    assert found.why_not.kind == "no_size_differs"
