"""Artefacts of known size are found, and nothing is found in recordings without any."""

import numpy as np
import pytest

from calscope.algorithms.artefacts.recording_check import check_recording
from calscope.io.demo.scenes import CELL_CASES, MOTION_CASES, plain_scene, with_case
from calscope.io.demo.simulate import Simulation
from calscope.model.movie import ArrayMovie

FRAMES = 200


@pytest.fixture(scope="module")
def clean():
    """A usual recording, (T, H, W) float32."""
    return Simulation(plain_scene(frames=FRAMES, height=96, width=112, seed=3)).read(0, FRAMES).astype(np.float32)


def check(frames):
    return check_recording(ArrayMovie(frames))


@pytest.mark.parametrize("kind", [*(f"motion {k}" for k in MOTION_CASES), *(f"cells {k}" for k in CELL_CASES)])
def test_nothing_is_found_in_a_recording_of_any_kind(kind):
    table, _, name = kind.partition(" ")
    changes = (MOTION_CASES if table == "motion" else CELL_CASES)[name]
    found = check(Simulation(with_case(plain_scene(frames=120, height=96, width=112, seed=5), changes)).read(0, 120))
    assert not found.light_artefacts.any()
    assert found.line_offset_px == 0
    assert not found.has_pattern
    assert found.has_still_image
    assert np.isnan(found.still_fill).all()


@pytest.mark.parametrize("rows", [slice(None), slice(30, 60), slice(0, 8)])
@pytest.mark.parametrize("frames", [[77], [20, 21, 60, 61, 100, 101, 199], list(range(0, 200, 5))])
def test_frames_with_other_light_are_named(clean, rows, frames):
    spoiled = clean.copy()
    spoiled[frames, rows] += 4 * np.ptp(clean.mean(axis=0))
    assert np.flatnonzero(check(spoiled).light_artefacts).tolist() == frames


def test_a_recording_that_is_bright_half_of_the_time_has_no_odd_frames(clean):
    spoiled = clean.copy()
    spoiled[::2] += 4 * np.ptp(clean.mean(axis=0))
    assert not check(spoiled).light_artefacts.any()


@pytest.mark.parametrize("offset", [-5, -1, 1, 3])
def test_the_offset_of_odd_rows_is_measured(clean, offset):
    shifted = clean.copy()
    shifted[:, 1::2] = np.roll(shifted[:, 1::2], offset, axis=2)
    assert check(shifted).line_offset_px == pytest.approx(offset, abs=0.25)


def test_slanted_structures_are_no_offset():
    y, x = np.mgrid[:96, :112]
    rng = np.random.default_rng(0)
    frames = 100 + 40 * np.sin((x + 0.8 * y) / 2.5) + rng.normal(0, 15, (60, 96, 112))
    assert check(frames.astype(np.float32)).line_offset_px == 0


def moving_bars(n, shape):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.stack([np.sin(2 * np.pi * ((y + 0.6 * x) / 18 - 0.03 * k)) for k in range(n)])


def humming_rows(n, shape):
    phases = np.random.default_rng(1).uniform(0, 2 * np.pi, n)
    rows = np.sin(2 * np.pi * np.arange(shape[0])[None] / 7.3 + phases[:, None])
    return np.broadcast_to(rows[:, :, None], (n, *shape))


@pytest.mark.parametrize("pattern", [moving_bars, humming_rows])
def test_a_pattern_that_moves_is_found(clean, pattern):
    strength = 1.5 * np.median(clean.std(axis=0))
    spoiled = clean + strength * pattern(FRAMES, clean.shape[1:])
    assert check(spoiled.astype(np.float32)).has_pattern


def test_z_scores_and_dff_have_no_still_image():
    scene = with_case(plain_scene(frames=FRAMES, height=96, width=112, seed=3), MOTION_CASES["still"])
    raw = Simulation(scene).read(0, FRAMES).astype(np.float32)
    z = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    f0 = np.percentile(raw, 50, axis=0)
    assert not check(z.astype(np.float32)).has_still_image
    assert not check(((raw - f0) / f0).astype(np.float32)).has_still_image
    assert check(raw - 500).has_still_image, "a digitiser's offset is no normalisation"


def test_missing_values_and_tiny_movies_go_through(clean):
    spoiled = clean.copy()
    spoiled[:, :5] = np.nan
    spoiled[7] = np.nan
    assert check(spoiled).has_still_image
    for shape in ((1, 40, 40), (3, 5, 6), (12, 1, 30)):
        found = check(np.random.default_rng(2).poisson(50, shape).astype(np.uint16))
        assert found.line_offset_px == 0 and not found.light_artefacts.any()
