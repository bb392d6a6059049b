"""A border or a stamp that never changes holds no shift back; dark tissue is none."""

import numpy as np
import pytest
from motion import correct_movie
from scipy.ndimage import gaussian_filter, shift

from calscope.algorithms.artefacts.recording_check import check_recording
from calscope.algorithms.artefacts.repaired_movie import repaired
from calscope.algorithms.artefacts.still_pixels import find_still_pixels, nearest_moving, smooth_fill
from calscope.model.movie import ArrayMovie

MOTION = {"strides": (48, 48), "overlaps": (24, 24), "max_shifts": (6, 6), "max_deviation_rigid": 3}


@pytest.fixture(scope="module")
def moving():
    """Tissue that moves, (T, H, W), and by what, (T, 2) px."""
    rng = np.random.default_rng(0)
    tissue = 200 + 40 * gaussian_filter(rng.normal(0, 1, (96, 112)), 2) / 0.14
    moved = gaussian_filter(rng.normal(0, 1, (120, 2)), (3, 0))
    moved *= 3 / np.abs(moved).max()
    frames = np.stack([shift(tissue, by, order=1, mode="nearest") for by in moved])
    return frames + rng.normal(0, 15, frames.shape), moved


def region(kind):
    y, x = np.mgrid[:96, :112]
    return {
        "rim": (np.minimum(y, x) < 8) | (y >= 88) | (x >= 104),
        "left": x < 25,
        "circle": np.hypot((y - 48) / 48, (x - 56) / 56) > 1,
        "stamp": (y < 14) & (x < 60),
    }[kind]


def with_region(frames, where, value):
    values = frames.astype(np.float32) if np.isnan(value).any() else np.clip(frames.round(), 0, 4095).astype(np.uint16)
    values[:, where] = np.broadcast_to(value, where.shape)[where]
    return values


TEXTURE = np.random.default_rng(1).integers(0, 4000, (96, 112))
VALUES = {"zeros": 0.0, "constant": 137.0, "nan": np.nan, "texture": TEXTURE}
WHERE = [(kind, "zeros") for kind in ("rim", "left", "circle")]


@pytest.mark.parametrize(("kind", "value"), [*WHERE, ("rim", "nan"), ("left", "constant"), ("stamp", "texture")])
@pytest.mark.parametrize("pw_rigid", [False, True])
def test_motion_beside_what_never_changes_is_that_of_the_tissue(moving, kind, value, pw_rigid):
    frames, moved = moving
    source = ArrayMovie(with_region(frames, region(kind), VALUES[value]))
    check = check_recording(source)
    assert np.array_equal(np.isfinite(check.still_fill), region(kind))
    assert [note.kind for note in check.notes] == ["still_pixels"]
    for movie in (source, repaired(source, check, 0.0)):
        found = correct_movie(movie, pw_rigid=pw_rigid, **MOTION).estimate.shifts_rig + moved
        assert np.linalg.norm(found - np.median(found, axis=0), axis=1).mean() < 0.2
    assert np.ptp(repaired(source, check, 0.0).read(0, 120)[:, region(kind)], axis=0).max() == 0


def test_tissue_is_never_still(moving):
    frames, _ = moving
    assert not find_still_pixels(np.clip(frames.round(), 0, 4095).astype(np.uint16)).any()


@pytest.mark.parametrize("rate", [0.002, 0.02, 0.2])
def test_dark_tissue_of_single_photons_is_no_border(rate):
    rng = np.random.default_rng(0)
    light = np.full((64, 64), rate)
    for y, x in rng.integers(8, 56, (6, 2)):
        light += 4 * np.exp(-((np.mgrid[:64, :64] - np.array([y, x])[:, None, None]) ** 2).sum(axis=0) / 18)
    assert not find_still_pixels(rng.poisson(light, (64, 64, 64)).astype(np.uint16)).any()


def test_few_frames_small_parts_and_nearly_all_of_the_field_say_nothing(moving):
    frames = with_region(moving[0], region("rim"), 0.0)
    assert not find_still_pixels(frames[:5]).any()
    small = with_region(moving[0], np.pad(np.ones((6, 6), bool), ((40, 50), (40, 66))), 0.0)
    assert not find_still_pixels(small).any()
    most = np.ones((96, 112), bool)
    most[30:60, 30:60] = False
    assert not find_still_pixels(with_region(moving[0], most, 0.0)).any()


def test_a_border_that_moves_with_registered_frames_is_none(moving):
    frames, moved = moving
    for frame, (y, _) in zip(frames := frames.astype(np.float32), moved, strict=True):
        frame[: 10 + round(3 * y)] = np.nan
    assert not find_still_pixels(frames).any()


def test_the_fill_goes_on_from_the_tissue(moving):
    frames = np.broadcast_to(np.linspace(100, 200, 96)[:, None], (20, 96, 112)).astype(np.float32)
    still = region("left")
    fill = smooth_fill(frames, still)
    assert np.isnan(fill[~still]).all()
    assert np.abs(fill[10:86, :25] - frames[0, 10:86, :25]).max() < 1
    there, sources = nearest_moving(still)
    assert np.array_equal(there // 112, sources // 112) and (sources % 112 == 25).all()
