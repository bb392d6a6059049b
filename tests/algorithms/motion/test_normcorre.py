"""Motion correction as a whole: simulated recordings, CaImAn's references, bad input, threads and cancelling."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from motion import correct_movie
from repository import SHARED

from calscope.algorithms import frames as frames_module
from calscope.algorithms.comparison.truth_scores import displacement, motion_error_px
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.errors import Cancelled
from calscope.model.movie import ArrayMovie
from calscope.model.note_texts.all_texts import texts
from calscope.model.notes import Note
from calscope.model.progress import monotonic_progress
from calscope.pipeline.truth_file import read_truth

REFERENCE = SHARED / "reference"


def allocate(_name, shape, dtype):
    return np.zeros(shape, dtype)


def correct(source, **changes):
    settings = {
        "pw_rigid": True,
        "strides": (32, 32),
        "overlaps": (16, 16),
        "max_shifts": (6, 6),
        "max_deviation_rigid": 3,
        "allocate": allocate,
        "workers": 2,
    }
    return correct_movie(source, **{**settings, **changes})


def scene(**changes):
    small = {"frames": 160, "height": 96, "width": 112, "n_neurons": 18, "warp_px": 0.4, "seed": 21}
    return Simulation(Scene(**{**small, **changes}))


def error_px(simulation, shifts, centers, keep=slice(None)):
    truth = simulation_truth(simulation)
    true = displacement(truth, centers)[keep]
    rest = np.asarray(shifts, float)[keep] + true
    rest -= np.median(rest, axis=0)
    still = true - np.median(true, axis=0)
    return np.sqrt((rest**2).sum(-1).mean()), np.sqrt((still**2).sum(-1).mean())


def simulation_truth(simulation):
    from calscope.algorithms.comparison.truth_scores import Truth
    from calscope.io.demo.simulate import PAD

    blank = np.zeros((1, *simulation.shape[1:]), np.float32)
    return Truth(simulation.shifts, simulation.warp, blank, blank[:, 0], blank[:, 0], PAD)


@pytest.fixture(scope="module")
def simulated():
    return scene()


@pytest.fixture(scope="module")
def movie(simulated):
    return ArrayMovie(simulated.read(0, simulated.shape[0]))


@pytest.fixture(scope="module")
def corrected(movie):
    return correct(movie)


def test_follows_motion_and_warp(simulated, corrected):
    error, still = error_px(simulated, corrected.estimate.shifts_els, corrected.estimate.centers_px)
    assert error < 0.22
    assert still > 0.9
    middle = np.array([[47.5, 55.5]])
    assert error_px(simulated, corrected.estimate.shifts_rig[:, None], middle)[0] < 0.5


def test_mean_becomes_as_crisp_as_that_of_still_tissue(simulated, movie, corrected):
    k = corrected.corrected.border_px
    inside = np.s_[k:-k, k:-k]

    def crispness(mean):
        down, right = np.gradient(cv2.GaussianBlur(mean.astype(np.float32), (0, 0), 1.0)[inside])
        return np.sqrt((down**2 + right**2).mean())

    still = crispness(simulated.still(0, movie.shape[0]).mean(axis=0) * simulated.scene.gain)
    before = crispness(movie.frames.mean(axis=0))
    after = crispness(corrected.corrected.movie.read(0, movie.shape[0]).mean(axis=0))
    assert abs(after - still) < 0.3 * (still - before)
    assert np.mean(corrected.corrected.corr_corrected > corrected.estimate.corr_raw) > 0.97


def test_limits_hold(corrected):
    assert np.abs(corrected.estimate.shifts_rig).max() <= 6
    assert np.abs(corrected.estimate.shifts_els - corrected.estimate.shifts_rig[:, None]).max() <= 3
    assert corrected.corrected.border_px <= 9
    assert corrected.estimate.patch_shape_px == (48, 48)


def test_rigid_has_no_patches(simulated, movie):
    result = correct(movie, pw_rigid=False)
    assert result.estimate.shifts_els is None
    assert result.estimate.centers_px is None
    assert error_px(simulated, result.estimate.shifts_rig[:, None], np.array([[47.5, 55.5]]))[0] < 0.5


def test_threads_change_nothing(movie, corrected):
    alone = correct(movie, workers=1)
    np.testing.assert_array_equal(alone.corrected.movie.codes, corrected.corrected.movie.codes)
    np.testing.assert_array_equal(alone.estimate.shifts_els, corrected.estimate.shifts_els)
    np.testing.assert_array_equal(alone.corrected.corr_corrected, corrected.corrected.corr_corrected)


class Watched:
    """A source that counts the frames asked for at once."""

    def __init__(self, source):
        self.source, self.most = source, 0
        self.shape, self.dtype = source.shape, source.dtype

    def read(self, start, stop):
        self.most = max(self.most, stop - start)
        return self.source.read(start, stop)


def test_reads_a_chunk_at_a_time(movie, monkeypatch):
    monkeypatch.setattr(frames_module, "CHUNK_PX", 20 * 96 * 112)
    watched = Watched(movie)
    correct(watched)
    assert watched.most == 20


@pytest.mark.parametrize("at", [0.05, 0.4, 0.7, 0.9])
def test_cancelling_ends_it_and_leaves_no_thread(movie, at):
    before = threading.active_count()

    def stop(fraction, _note="", /):
        if fraction >= at:
            raise Cancelled

    with pytest.raises(Cancelled):
        correct(movie, progress=stop)
    assert threading.active_count() <= before


@pytest.mark.parametrize("n_frames", [2, 37, 160])
def test_progress_goes_up_to_the_end(movie, n_frames):
    told = []
    few = ArrayMovie(movie.frames[:n_frames])
    correct(few, workers=3, progress=lambda fraction, note="", /: told.append((fraction, note)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[0] < 0.3
    assert fractions[-1] == 1
    assert all(note for _, note in told)


def test_parts_that_overlap_never_take_progress_back():
    told = []
    report = monotonic_progress(lambda fraction, note="", /: told.append(fraction))
    for fraction in (0.1, 0.30000000000000004, 0.3, 0.2, 1.2, 1.0):
        report(fraction)
    assert told == [0.1, 0.30000000000000004, 0.30000000000000004, 0.30000000000000004, 1.0, 1.0]


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux tells what is resident")
def test_written_pages_are_let_go_of_and_kept_on_disk(tmp_path):
    path = tmp_path / "movie.npy"
    mapped = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint16, shape=(64, 256, 256))
    for start in range(0, 64, 16):
        mapped[start : start + 16] = start
        frames_module.release(mapped[start : start + 16])
    smaps = Path("/proc/self/smaps").read_text().split(str(path))[1]
    resident_kb = next(int(line.split()[1]) for line in smaps.splitlines() if line.startswith("Rss:"))
    assert resident_kb < 0.1 * mapped.nbytes / 1024
    np.testing.assert_array_equal(np.load(path)[:, 7, 7], np.repeat(np.arange(0, 64, 16), 16))
    frames_module.release(np.zeros((3, 4)))


def test_whole_numbers_keep_fractions_of_a_count(movie, corrected):
    assert corrected.corrected.movie.scale < 0.5
    still = correct(ArrayMovie(np.repeat(movie.frames[:1], 12, axis=0)))
    assert np.abs(still.estimate.shifts_els).max() < 0.03
    assert np.abs(still.corrected.movie.read(3, 4)[0] - movie.frames[0]).mean() < 12


def test_dark_stretch_gets_the_motion_around_it():
    simulation = scene(dark_frames=(60, 75))
    result = correct(simulation)
    lit = np.r_[0:60, 75:160]
    assert error_px(simulation, result.estimate.shifts_els, result.estimate.centers_px, lit)[0] < 0.25
    assert any("15 of 160 frames are dark" in note for note in texts(result.estimate.notes))
    assert np.abs(np.diff(result.estimate.shifts_rig[58:77], axis=0)).max() < 3


def test_low_light_and_waning_brightness_are_followed():
    simulation = scene(photons=2.0, brightness_drift=-0.4, bleaching=0.3)
    result = correct(simulation)
    error, still = error_px(simulation, result.estimate.shifts_els, result.estimate.centers_px)
    assert error < 0.3 * still


def test_missing_values_are_filled_and_told(simulated, movie):
    holed = movie.frames.astype(np.float32)
    holed[20, 10:30, 10:30] = np.nan
    holed[:, 50, 60] = np.inf
    holed[90] = np.nan
    result = correct(ArrayMovie(holed))
    values = result.corrected.movie.read(0, 160)
    assert np.isfinite(values).all()
    assert np.isfinite(result.estimate.template).all()
    assert values.max() <= movie.frames.max()
    kept = np.delete(np.arange(160), [20, 90])
    assert error_px(simulated, result.estimate.shifts_els, result.estimate.centers_px, kept)[0] < 0.25
    assert any("160 of 160 frames are NaN, infinite" in note for note in texts(result.estimate.notes))


@pytest.mark.parametrize(("frame", "value"), [(0, 1e7), (77, 1e7), (77, -1e6)])
def test_an_accident_in_a_float_movie_costs_nothing_but_its_pixel(movie, corrected, frame, value):
    struck = movie.frames.astype(np.float32)
    struck[frame, 10, 12] = value
    result = correct(ArrayMovie(struck))
    assert np.sqrt(((result.estimate.shifts_els - corrected.estimate.shifts_els) ** 2).mean()) < 0.02
    assert result.corrected.movie.scale == pytest.approx(corrected.corrected.movie.scale)
    assert any(f"frame {frame}: replaced by the pixel's mean" in note for note in texts(result.estimate.notes))


@pytest.mark.parametrize("value", [0, 65535])
def test_pixels_that_are_stuck_do_not_hold_the_frame(simulated, movie, value):
    stuck = movie.frames.copy()
    stuck[:, 40:42, 50] = value
    result, clean = (correct(ArrayMovie(frames), pw_rigid=False) for frames in (stuck, movie.frames))
    centre = np.array([[48.0, 56.0]])
    error, still = error_px(simulated, result.estimate.shifts_rig[:, None], centre)
    assert error < error_px(simulated, clean.estimate.shifts_rig[:, None], centre)[0] + 0.02 * still
    assert result.corrected.movie.read(0, 1)[0].max() >= movie.frames.max(initial=0, where=movie.frames < value), (
        "kept as it is"
    )


def test_clipped_frames_are_counted(movie):
    result = correct(movie, max_shifts=(1, 1))
    assert np.abs(result.estimate.shifts_rig).max() == 1
    assert any("clipped at max_shifts" in note for note in texts(result.estimate.notes))


def _noise(*shape):
    return np.random.default_rng(0).poisson(50, shape).astype(np.uint16)


BAD = {
    "two frames": _noise(2, 60, 70),
    "smaller than a patch": _noise(30, 20, 30),
    "a few pixels": _noise(30, 3, 4),
    "constant": np.full((30, 60, 70), 7, np.uint16),
    "zeros": np.zeros((30, 60, 70), np.int16),
    "nothing finite": np.full((30, 60, 70), np.nan, np.float32),
    "negative": _noise(30, 60, 70).astype(np.int16) - 100,
    "long and thin": _noise(30, 90, 5).astype(np.uint8),
}


@pytest.mark.parametrize("pw_rigid", [True, False])
@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_in_numbers(name, pw_rigid):
    result = correct(ArrayMovie(BAD[name]), pw_rigid=pw_rigid, max_shifts=(8, 3))
    arrays = [
        result.estimate.template,
        result.estimate.shifts_rig,
        result.estimate.corr_raw,
        result.corrected.corr_corrected,
    ]
    arrays += [result.corrected.movie.read(0, 30)] + ([result.estimate.shifts_els] if pw_rigid else [])
    assert all(np.isfinite(a).all() for a in arrays)


def test_constant_movies_and_single_frames_are_left_alone():
    constant = correct(ArrayMovie(BAD["constant"]))
    assert not constant.estimate.shifts_rig.any()
    np.testing.assert_array_equal(constant.corrected.movie.read(0, 30), BAD["constant"])
    assert constant.estimate.notes[0] == Note("all_frames_constant")
    one = correct(ArrayMovie(_noise(1, 60, 70)))
    np.testing.assert_allclose(one.corrected.movie.read(0, 1), _noise(1, 60, 70), atol=0.01)
    assert one.estimate.notes == (Note("one_frame"),)


def test_constant_frames_get_the_shift_around_them(simulated, movie):
    frames = movie.frames.copy()
    frames[50:53] = 0
    frames[100] = 65535
    result = correct(ArrayMovie(frames))
    kept = np.delete(np.arange(160), [50, 51, 52, 100])
    assert error_px(simulated, result.estimate.shifts_els, result.estimate.centers_px, kept)[0] < 0.25
    assert any("4 of 160 frames are constant" in note for note in texts(result.estimate.notes))
    assert np.abs(result.estimate.shifts_rig[51] - result.estimate.shifts_rig[[49, 53]].mean(axis=0)).max() < 0.5


def test_field_of_one_patch_is_told():
    result = correct(ArrayMovie(_noise(30, 60, 70)), strides=(48, 48), overlaps=(24, 24))
    assert any("holds one patch of 60 x 70 px" in note for note in texts(result.estimate.notes))
    np.testing.assert_allclose(result.estimate.shifts_els[:, 0], result.estimate.shifts_rig, atol=1e-5)


def test_no_frames_are_refused():
    with pytest.raises(ValueError, match="without frames"):
        correct(ArrayMovie(np.zeros((0, 60, 70), np.uint16)))


def test_frames_without_values_get_the_shift_around_them(simulated, movie):
    frames = movie.frames.astype(np.float32)
    frames[70:73] = np.nan
    frames[120, :60] = np.nan
    result = correct(ArrayMovie(frames))
    assert any(
        "4 of 160 frames are dark" in note and "frames 70-72, 120" in note for note in texts(result.estimate.notes)
    )
    assert any("NaN" in note and "frames 70-72, 120" in note for note in texts(result.estimate.notes))
    assert np.abs(result.estimate.shifts_rig[71] - result.estimate.shifts_rig[[69, 73]].mean(axis=0)).max() < 0.5
    kept = np.delete(np.arange(160), [70, 71, 72, 120])
    assert error_px(simulated, result.estimate.shifts_els, result.estimate.centers_px, kept)[0] < 0.25


def test_nothing_but_missing_values_ends_in_numbers_and_a_note():
    result = correct(ArrayMovie(np.full((12, 60, 70), np.nan, np.float32)))
    assert not result.estimate.shifts_rig.any()
    assert np.isfinite(result.estimate.template).all()
    assert any("12 of 12 frames are NaN" in note for note in texts(result.estimate.notes))


@pytest.mark.parametrize("n_frames", [2, 3, 9])
def test_few_frames_are_corrected_and_told(movie, n_frames):
    result = correct(ArrayMovie(movie.frames[40 : 40 + n_frames]))
    assert np.isfinite(result.estimate.template).all() and np.isfinite(result.estimate.shifts_els).all()
    assert any(f"The movie has {n_frames} frames" in note for note in texts(result.estimate.notes))


@pytest.mark.parametrize("asked", [(6, 300), (47, 55)])
def test_max_shifts_beyond_half_of_the_field_are_cut_and_told(simulated, movie, asked):
    result = correct(movie, max_shifts=asked)
    assert error_px(simulated, result.estimate.shifts_els, result.estimate.centers_px)[0] < 0.25
    told = [note for note in texts(result.estimate.notes) if "more than half of the field" in note]
    assert len(told) == (asked[1] > 56)


def test_patches_larger_than_the_field_are_told():
    result = correct(ArrayMovie(_noise(40, 60, 70)), strides=(100, 300), overlaps=(40, 100))
    assert any("holds one patch of 60 x 70 px" in note for note in texts(result.estimate.notes))
    assert result.estimate.centers_px.shape == (1, 2)


@pytest.mark.parametrize("level", [65535, 0])
def test_saturated_and_dark_frames_are_flagged(simulated, movie, level):
    frames = movie.frames.copy()
    frames[33:36] = level
    frames[33:36, ::7, ::5] -= np.uint16(1) if level else np.uint16(65535)  # one count off: not constant
    result = correct(ArrayMovie(frames))
    assert any(
        "3 of 160 frames are dark or without" in note and "frames 33-35" in note
        for note in texts(result.estimate.notes)
    )
    kept = np.delete(np.arange(160), [33, 34, 35])
    assert error_px(simulated, result.estimate.shifts_els, result.estimate.centers_px, kept)[0] < 0.25


def test_nothing_is_written_but_what_was_asked_for(movie, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    asked = []

    def allocate(name, shape, dtype):
        asked.append(name)
        return np.zeros(shape, dtype)

    correct(ArrayMovie(movie.frames[:40]), allocate=allocate)
    assert asked == ["movie"]
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference recordings are not here")
@pytest.mark.parametrize(("name", "most"), [("clear", 0.12), ("dim", 0.16), ("clutter", 0.18)])
def test_error_is_well_below_caimans(name, most):
    frames = tifffile.imread(REFERENCE / name / "movie.tif")
    result = correct(ArrayMovie(frames), strides=(48, 48), overlaps=(24, 24))
    truth = read_truth(REFERENCE / name, len(frames))
    assert motion_error_px(truth, result.estimate.shifts_els, result.estimate.centers_px) < most
    with np.load(REFERENCE / name / "caiman" / "motion_patches.npz") as theirs:
        assert most < 0.65 * motion_error_px(truth, theirs["shifts"], theirs["centers"])
