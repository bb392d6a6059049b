"""Known cells put into a movie: shape, place, light and noise are as they are said to be."""

import numpy as np
import pytest
from round_components import CHOICE, DIMS, FR_HZ, PLACES, T, components

from calscope.algorithms.injection.injected_cells import (
    LADDER,
    add_cells,
    choose_cells,
    decay_time_s,
    photon_gain,
)
from calscope.model.movie import Movie

RNG = np.random.default_rng(8)


def test_cells_lie_apart_from_components_from_each_other_and_from_the_rim():
    found = components(PLACES)
    cells = choose_cells(found, np.ones(len(PLACES), bool), **CHOICE)
    assert cells.n >= 8
    assert (cells.A.T @ found.A).max() == 0
    overlap = (cells.A.T @ cells.A).toarray()
    assert np.count_nonzero(overlap - np.diag(np.diag(overlap))) == 0
    rows, columns = np.unravel_index(np.unique(cells.A.indices), DIMS, order="F")
    assert rows.min() >= 5
    assert columns.min() >= 5
    assert rows.max() < DIMS[0] - 5
    assert columns.max() < DIMS[1] - 5
    most = DIMS[0] * DIMS[1] / (40 * np.pi * 4 * 4)
    assert cells.n <= round(most), "no more than the field has room for"
    again = choose_cells(found, np.ones(len(PLACES), bool), **CHOICE)
    assert np.array_equal(again.C, cells.C), "the same ones each time"


def test_brightness_is_the_peak_over_the_noise_of_the_weighted_trace():
    cells = choose_cells(components(PLACES, noise=3.0), np.ones(len(PLACES), bool), **CHOICE)
    assert np.array_equal(cells.peak_snr[: len(LADDER)], np.float32(LADDER))
    on = choose_cells(components(PLACES), np.ones(len(PLACES), bool), **CHOICE, seed=1, first_level=3)
    assert on.peak_snr[0] == LADDER[3], "the next round goes on along the ladder"
    assert not np.array_equal(on.centers_px, cells.centers_px), "at other places"
    noise = RNG.normal(0, 3.0, (4000, DIMS[0] * DIMS[1])).astype(np.float32)
    for k in range(3):
        w = cells.A[:, [k]].toarray().ravel()
        measured_sd = ((noise @ w) / (w @ w)).std()
        assert cells.C[k].max() / measured_sd == pytest.approx(cells.peak_snr[k], rel=0.05)


def test_transients_decay_as_measured():
    cells = choose_cells(components(PLACES), np.ones(len(PLACES), bool), **CHOICE)
    falls = cells.C[0][1:] / np.maximum(cells.C[0][:-1], 1e-9)
    falling = falls[(falls < 1) & (cells.C[0][:-1] > 1e-3)]
    assert -1 / (FR_HZ * np.log(np.median(falling))) == pytest.approx(0.6, rel=0.01)
    assert decay_time_s(components(PLACES).g, FR_HZ, 9.0) == pytest.approx(0.6, rel=1e-4)
    assert decay_time_s(np.zeros((3, 0), np.float32), FR_HZ, 9.0) == 9.0
    slow, fast = np.exp(-1 / (FR_HZ * 0.6)), np.exp(-1 / (FR_HZ * 0.05))
    assert decay_time_s(np.array([[slow + fast, -slow * fast]]), FR_HZ, 9.0) == pytest.approx(0.6, rel=1e-4)


def test_activity_is_that_of_accepted_components_moved_in_time():
    found = components(PLACES)
    rng = np.random.default_rng(2)
    traces = np.zeros((found.n, T), np.float32)
    for k in range(found.n):
        traces[k, rng.choice(T, 3 + k, replace=False)] = 1 + rng.random(3 + k)
    accepted = np.arange(found.n) < 6
    cells = choose_cells(type(found)(**{**vars(found), "C": traces + 5}), accepted, **CHOICE)
    for trace in cells.C:
        rolled = [np.roll(traces[k] / traces[k].max(), by) for k in range(6) for by in range(1, T)]
        same = [one for one in rolled if np.allclose(one, trace / trace.max(), atol=1e-4)]
        assert same, "the trace of an accepted component, moved"


def test_a_movie_of_few_frames_and_one_component_takes_cells():
    one = components(PLACES[:1])
    short = type(one)(**{**vars(one), "C": np.ones((1, 60), np.float32)})
    cells = choose_cells(short, np.ones(1, bool), **CHOICE)
    assert cells.n >= 8
    assert cells.C.shape == (cells.n, 60)
    assert (cells.C.max(axis=1) > 0).all()


def test_light_and_its_noise_are_added_and_the_rest_stays():
    base = RNG.normal(500, 3, (T, *DIMS)).astype(np.float32)
    coded = Movie(np.zeros((T, *DIMS), np.uint16), 0.05, 300.0)
    movie = Movie(coded.encode(base), 0.05, 300.0)
    cells = choose_cells(components(PLACES), np.ones(len(PLACES), bool), **CHOICE)
    result = add_cells(movie, cells, np.empty(movie.shape, np.uint16), gain=0.0, workers=2)
    light = (cells.A @ cells.C).T.reshape(T, DIMS[1], DIMS[0]).transpose(0, 2, 1)
    added = result.read(0, T) - movie.read(0, T)
    assert np.abs(added - light).max() <= 1.5 * result.scale
    noisy = add_cells(movie, cells, np.empty(movie.shape, np.uint16), gain=5.0, workers=1)
    difference = noisy.read(0, T) - movie.read(0, T) - light
    lit = light > 0.2 * light.max()
    assert difference[lit].var() == pytest.approx(5.0 * light[lit].mean(), rel=0.1)
    assert np.abs(difference[light == 0]).max() <= 1.5 * noisy.scale


def test_gain_is_the_slope_of_variance_over_mean():
    mean = RNG.uniform(50, 400, DIMS)
    for gain, read_noise in ((2.5, 10.0), (0.4, 0.0)):
        frames = gain * RNG.poisson(mean / gain, (600, *DIMS)) + RNG.normal(0, max(read_noise, 1e-6), (600, *DIMS))
        assert photon_gain(frames.mean(axis=0), frames.std(axis=0)) == pytest.approx(gain, rel=0.1)
    assert photon_gain(mean, np.full(DIMS, 3.0)) == 0.0
    assert photon_gain(np.full(DIMS, 7.0), np.full(DIMS, 3.0)) == 0.0


def test_too_few_accepted_give_discs_and_a_full_field_gives_no_place():
    none = np.zeros(len(PLACES), bool)
    cells = choose_cells(components(PLACES), none, **CHOICE)
    areas = (cells.A > 0.5).sum(axis=0)
    assert np.abs(areas - np.pi * 4**2).max() < 0.3 * np.pi * 4**2
    full = components([(10 + 10 * i, 10 + 10 * j) for i in range(11) for j in range(14)])
    assert choose_cells(full, np.ones(full.n, bool), **CHOICE).n == 0
