"""Rigid registration against shifts that were put in."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from calscope.algorithms.motion.rigid import estimate_rigid, prepare_rigid

MARGIN = 60


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(0)
    picture = gaussian_filter(rng.random((96 + 2 * MARGIN, 112 + 2 * MARGIN)), 2)
    return (50 + 1500 * (picture - picture.mean())).clip(1).astype(np.float32)


def view(scene, shifts=(0, 0)):
    """The field's window of a scene that was moved by -shifts, so that `shifts` lays it back."""
    moved = shift(scene, -np.asarray(shifts, float), order=3)
    return moved[MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float32)


def test_finds_subpixel_shifts_under_photon_noise(scene):
    rng = np.random.default_rng(1)
    true = rng.uniform(-5.5, 5.5, (20, 2))
    frames = np.stack([rng.poisson(view(scene, s).clip(0) / 5) for s in true]).astype(np.float32)
    found = estimate_rigid(frames, prepare_rigid(view(scene), (6, 6)))
    assert np.sqrt(((found.shifts - true) ** 2).mean()) < 0.05
    assert not found.clipped.any()
    np.testing.assert_allclose(found.gain, 0.2, rtol=0.15)


def test_far_shifts_differ_by_axis(scene):
    true = np.array([[40.3, -2.2], [-38.6, 1.4], [17.5, 0]])
    frames = np.stack([view(scene, s) for s in true])
    found = estimate_rigid(frames, prepare_rigid(view(scene), (45, 3)))
    np.testing.assert_allclose(found.shifts, true, atol=0.25)


def test_beyond_the_limit_is_clipped_and_told(scene):
    frames = np.stack([view(scene, (4.6, 0)), view(scene, (1.2, 0.5))])
    found = estimate_rigid(frames, prepare_rigid(view(scene), (4, 4)))
    assert found.clipped.tolist() == [True, False]
    assert found.shifts[0, 0] == 4


def test_small_field_keeps_enough_of_the_template(scene):
    small = np.s_[40:60, 40:64]
    frames = np.stack([view(scene, (2, -3))[small]])
    found = estimate_rigid(frames, prepare_rigid(view(scene)[small], (6, 6)))
    np.testing.assert_allclose(found.shifts[0], (2, -3), atol=0.3)


def test_frames_that_show_nothing_stay_in_place(scene):
    frames = np.stack([np.full((96, 112), 300, np.float32), np.zeros((96, 112), np.float32)])
    found = estimate_rigid(frames, prepare_rigid(view(scene), (6, 6)))
    assert not found.shifts.any()
    assert not found.gain.any()


def test_brightness_doesnt_matter(scene):
    frame = view(scene, (1.3, -2.4))
    waning = cv2.GaussianBlur(frame, (0, 0), 25) * 0.5
    pair = np.stack([frame, 4 * frame + 900, frame + waning]).astype(np.float32)
    found = estimate_rigid(pair, prepare_rigid(view(scene), (6, 6)))
    np.testing.assert_allclose(found.shifts[1], found.shifts[0], atol=1e-3)
    np.testing.assert_allclose(found.shifts[2], (1.3, -2.4), atol=0.1)
