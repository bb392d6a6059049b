"""The truth of a part of a recording is that of the whole one, seen through the crop."""

import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.truth_scores import Truth, cropped_truth, displacement, found_cells
from calscope.model.crop import Crop

CROP = Crop(10, 60, 8, 48, 20, 56)
CELLS = ((20, 30), (40, 50), (30, 40), (4, 4))
"""Centres (y, x); the last one lies outside of the crop."""


def truth():
    rng = np.random.default_rng(0)
    y, x = np.indices((64, 64))
    masks = np.stack([(np.hypot(y - v, x - u) < 4).astype(np.float32) for v, u in CELLS])
    spikes = np.zeros((4, 80))
    spikes[:, 12:58:5] = 1
    spikes[2] = 0
    spikes[2, 62:80:3] = 1  # active after the crop only
    traces = rng.random((4, 80))
    return Truth(rng.normal(size=(80, 2)), rng.normal(size=(80, 3, 3, 2)), masks, traces, spikes, pad_px=5)


def test_motion_is_that_of_the_same_places_and_frames():
    whole = truth()
    places = np.array([[0.0, 0.0], [12.5, 30.0]])
    in_field = places + np.array([CROP.top, CROP.left])
    inside = displacement(cropped_truth(whole, CROP), places)
    assert np.allclose(inside, displacement(whole, in_field)[CROP.start : CROP.stop])


def test_only_cells_that_are_active_inside_of_the_crop_count():
    part = cropped_truth(truth(), CROP)
    found = csc_matrix(np.stack([mask.ravel(order="F") for mask in part.masks[:1]], axis=1))
    score = found_cells(part, found, part.traces[:1])
    assert (score.n_found, score.n_true) == (1, 2)
    assert (score.precision, score.recall) == (1.0, 0.5)
