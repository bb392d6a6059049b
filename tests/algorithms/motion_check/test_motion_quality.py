"""The verdict on a motion correction against what was simulated, and its flags against faults made on purpose."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from motion import correct_movie

from calscope.algorithms.motion_check.flags import follows_shift, largest_stretch
from calscope.algorithms.motion_check.motion_quality import measure_motion
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.movie import ArrayMovie, Movie
from calscope.model.note_texts.all_texts import text, texts
from calscope.model.progress import silent
from calscope.model.results import MotionCorrection

STILL = {"drift_px": 0.0, "jitter_px": 0.0, "jumps_per_min": 0.0}
LIMITS = {"max_shifts": (6, 6), "max_deviation_rigid": 3}


def corrector(pw_rigid=True):
    def correct(source, progress=silent):
        return correct_movie(
            source,
            pw_rigid=pw_rigid,
            strides=(48, 48),
            overlaps=(24, 24),
            workers=2,
            progress=progress,
            **LIMITS,
        )

    return correct


def evaluated(movie, motion, pw_rigid=True, workers=2):
    return measure_motion(ArrayMovie(movie), motion, correct=corrector(pw_rigid), workers=workers, **LIMITS)


def simulated(**changes):
    scene = Scene(**{"frames": 300, "height": 112, "width": 128, "n_neurons": 22, "photons": 6.0} | changes)
    return Simulation(scene).read(0, scene.frames)


@pytest.fixture(scope="module")
def bending():
    movie = simulated(warp_px=0.8, seed=71)
    return movie, corrector()(ArrayMovie(movie))


@pytest.fixture(scope="module")
def bending_quality(bending):
    return evaluated(*bending)


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        (STILL | {"warp_px": 0.0}, {"use raw", "no measurable benefit"}),
        ({"warp_px": 0.0}, {"use rigid"}),
        ({"warp_px": 0.8}, {"use piecewise-rigid"}),
    ],
    ids=["still", "moves as a whole", "bends"],
)
def test_recommends_what_the_movie_needs(changes, right):
    movie = simulated(seed=72, **changes)
    quality = evaluated(movie, corrector()(ArrayMovie(movie)))
    assert quality.verdict in right, text(quality.why)


def test_rigid_correction_is_judged_against_raw_alone():
    movie = simulated(warp_px=0.0, seed=74)
    quality = evaluated(movie, corrector(pw_rigid=False)(ArrayMovie(movie)), pw_rigid=False)
    assert quality.verdict == "use rigid"
    assert set(quality.measures) == {"raw", "rigid"}


def test_a_correction_that_shakes_the_movie_is_called_harmful():
    movie = simulated(seed=75, warp_px=0.0, photons=10.0, **STILL)
    good = corrector(pw_rigid=False)(ArrayMovie(movie))
    shifts = np.random.default_rng(0).integers(-2, 3, (len(movie), 2)).astype(np.float32)
    shaken = np.stack([np.roll(f, s.astype(int), (0, 1)) for f, s in zip(movie, shifts, strict=True)])
    corrected = replace(good.corrected, movie=Movie(shaken), border_px=2)
    bad = MotionCorrection(replace(good.estimate, shifts_rig=shifts), corrected)
    assert evaluated(movie, bad, pw_rigid=False).verdict == "use raw"


def test_measures_agree_with_the_verdict(bending_quality):
    measures = bending_quality.measures
    assert measures["raw"].crispness.value < measures["rigid"].crispness.value < measures["piecewise"].crispness.value
    flows = [measures[v].residual_flow_px.value for v in ("raw", "rigid", "piecewise")]
    assert flows == sorted(flows, reverse=True)
    assert "%" in text(bending_quality.why) and "px" in text(bending_quality.why)


def test_does_not_depend_on_the_number_of_workers(bending, bending_quality):
    assert evaluated(*bending, workers=1).measures == bending_quality.measures


def all_numbers(quality):
    for field in fields(quality):
        value = getattr(quality, field.name)
        if isinstance(value, np.ndarray | float | int):
            yield np.asarray(value, np.float64)
    for measures in quality.measures.values():
        for field in fields(measures):
            estimate = getattr(measures, field.name)
            yield np.array([estimate.value, estimate.low, estimate.high])
    for gain in quality.gains:
        yield np.array([gain.gain.value, gain.gain.low, gain.gain.high, gain.by_noise])


def spoilt(kind):
    movie = simulated(frames=120, height=64, width=72, n_neurons=6, seed=76).astype(np.float32)
    if kind == "constant":
        movie[:] = 7
    elif kind == "noise":
        movie = np.random.default_rng(0).normal(100, 5, movie.shape).astype(np.float32)
    elif kind == "not finite":
        movie[10:30, 5:20, 5:20] = np.nan
    elif kind == "dark stretch":
        movie[20:80] = 300
    elif kind == "few frames":
        movie = movie[:20]
    elif kind == "tiny field":
        movie = movie[:, :12, :14]
    return movie


@pytest.mark.parametrize("kind", ["constant", "noise", "not finite", "dark stretch", "few frames", "tiny field"])
def test_never_nan(kind):
    movie = spoilt(kind)
    quality = evaluated(movie, corrector()(ArrayMovie(movie)))
    for numbers in all_numbers(quality):
        assert np.isfinite(numbers).all()
    if kind in {"constant", "few frames"}:
        assert quality.verdict == "not evaluated"
    if kind == "noise":
        assert quality.verdict in {"use raw", "no measurable benefit", "not evaluated"}


def test_frames_at_the_limit_and_frames_that_got_worse_are_told(bending):
    movie, motion = bending
    shifts = motion.estimate.shifts_rig.copy()
    shifts[[5, 9, 200], 0] = -6.0
    after = motion.corrected.corr_corrected.copy()
    after[[17, 18]] = motion.estimate.corr_raw[[17, 18]] - 0.2
    corrected = replace(motion.corrected, corr_corrected=after)
    quality = evaluated(movie, MotionCorrection(replace(motion.estimate, shifts_rig=shifts), corrected))
    assert set(np.flatnonzero(quality.clipped)) == {5, 9, 200}
    assert {17, 18} <= set(np.flatnonzero(quality.got_worse))
    assert quality.margin_to_max_shift_px[5] == 0
    assert any("3 of 300 frames" in flag and "max_shifts" in flag for flag in texts(quality.flags))
    assert any("less like the template" in flag for flag in texts(quality.flags))


def test_linear_interpolation_is_told_and_cubic_is_not(bending, bending_quality):
    movie, motion = bending
    blurred = []
    for frame, (y, x) in zip(movie, motion.estimate.shifts_rig, strict=True):
        matrix = np.float32([[1, 0, x], [0, 1, y]])
        size = frame.shape[::-1]
        moved = cv2.warpAffine(frame, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        blurred.append(cv2.blur(moved, (2, 2)))
    estimate = replace(motion.estimate, shifts_els=None, centers_px=None)
    linear = MotionCorrection(estimate, replace(motion.corrected, movie=Movie(np.stack(blurred))))
    assert any("Interpolation" in flag for flag in texts(evaluated(movie, linear, pw_rigid=False).flags))
    assert not any("Interpolation" in flag for flag in texts(bending_quality.flags))


def test_torn_patches_are_told(bending, bending_quality):
    movie, motion = bending
    assert largest_stretch(motion.estimate).max() < 0.12
    torn = motion.estimate.shifts_els.copy()
    torn[::5, 0] += 12.0
    quality = evaluated(movie, replace(motion, estimate=replace(motion.estimate, shifts_els=torn)))
    assert any("stretched" in flag for flag in texts(quality.flags))
    assert any("max_deviation_rigid" in flag for flag in texts(quality.flags))
    assert not any("stretched" in flag for flag in texts(bending_quality.flags))


def test_brightness_that_follows_the_shift_is_told():
    movie = simulated(frames=900, height=64, width=72, n_neurons=6, warp_px=0.0, jumps_per_min=10.0, seed=77)
    truth = Simulation(
        Scene(frames=900, height=64, width=72, n_neurons=6, warp_px=0.0, jumps_per_min=10.0, seed=77)
    ).shifts
    away = np.linalg.norm(truth - np.median(truth, axis=0), axis=1)
    deep = movie * (1 - 0.04 * away)[:, None, None].astype(np.float32)
    motion = corrector(pw_rigid=False)(ArrayMovie(deep))
    quality = evaluated(deep, motion, pw_rigid=False)
    assert quality.brightness_r > 0.5 and quality.brightness_p <= 0.01
    assert any("Brightness follows" in flag for flag in texts(quality.flags))


def test_independent_brightness_is_rarely_said_to_follow_the_shift():
    rng = np.random.default_rng(5)
    told = 0
    for _ in range(60):
        slow = [np.convolve(rng.standard_normal(1300), np.exp(-np.arange(60) / 12), "valid")[:1200] for _ in range(3)]
        _, p = follows_shift(slow[0].astype(np.float32), np.stack(slow[1:], axis=1), np.ones(1200, bool))
        told += p <= 0.05
    assert told <= 8  # 3 are expected; 9 or more would be 1 in 200
