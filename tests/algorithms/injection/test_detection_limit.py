"""Which injected cells count as found, and the limit of detection against curves that are known."""

from dataclasses import replace

import numpy as np
import pytest
from round_components import CHOICE, DIMS, PLACES, components
from scipy.sparse import csc_matrix, hstack

from calscope.algorithms.injection.detection_limit import (
    accepted_share,
    detection_of,
    find_cells,
    in_one,
    limit,
    limits,
    share_at,
)
from calscope.algorithms.injection.injected_cells import LADDER, choose_cells
from calscope.model.detection import Detection, KnownCells
from calscope.model.results import ComponentQuality, Evaluation

LEVELS = np.tile(LADDER, 12).astype(np.float32)


def drawn(half, slope, seed):
    """Draw which cells are found when half of those with a peak SNR of `half` are."""
    p = 1 / (1 + np.exp(-slope * (np.log(LEVELS) - np.log(half))))
    return np.random.default_rng(seed).random(len(LEVELS)) < p


def test_limits_of_known_curves_lie_in_their_intervals_as_often_as_they_should():
    inside = {0.5: [], 0.9: []}
    for seed in range(40):
        success = drawn(4.0, 4.0, seed)
        for share, hits in inside.items():
            true = 4.0 * (share / (1 - share)) ** (1 / 4.0)
            found = limit(LEVELS, success, share)
            hits.append(found.low <= true <= found.high)
    assert np.mean(inside[0.5]) >= 0.85
    assert np.mean(inside[0.9]) >= 0.85


def test_the_estimate_is_near_and_higher_shares_need_brighter_cells():
    values = [limit(LEVELS, drawn(3.0, 4.0, seed), 0.5).value for seed in range(20)]
    assert np.median(values) == pytest.approx(3.0, rel=0.1)
    success = drawn(3.0, 4.0, 1)
    assert limit(LEVELS, success, 0.9).value > limit(LEVELS, success, 0.5).value


def test_all_or_none_found_is_said_as_beyond_the_ladder():
    assert limit(LEVELS, np.ones(len(LEVELS), bool), 0.5).value == 0.0
    assert np.isinf(limit(LEVELS, np.zeros(len(LEVELS), bool), 0.5).value)
    assert limit(LEVELS[:10], np.ones(10, bool), 0.5) is None, "too few say nothing"


def test_a_step_gives_a_limit_between_its_sides():
    found = limit(LEVELS, LEVELS >= 4.0, 0.5)
    assert 3.0 < found.value < 4.0


NOTHING = csc_matrix((DIMS[0] * DIMS[1], 0), dtype=np.float32)


def known(n_rounds):
    """The same cells in each of some rounds."""
    cells = choose_cells(components(PLACES), np.ones(len(PLACES), bool), **CHOICE)
    return KnownCells(
        A=csc_matrix(hstack([NOTHING, *[cells.A] * n_rounds])),
        C=np.tile(cells.C, (n_rounds, 1)),
        peak_snr=np.tile(cells.peak_snr, n_rounds),
        centers_px=np.tile(cells.centers_px, (n_rounds, 1)),
        round=np.repeat(np.arange(n_rounds), cells.n),
        decay_time_s=0.6,
        gain=2.0,
    )


def without_quality(n):
    return ComponentQuality(*(np.zeros(n, np.float32) for _ in range(3)))


def test_found_accepted_and_traces_are_told_of_each_cell():
    base = components(PLACES)
    twice = known(2)
    cells = twice.of_round(1)
    n = cells.n
    kept = np.arange(0, n, 2)
    noisy = cells.C[kept] + np.random.default_rng(0).normal(0, 1e-3, (len(kept), cells.C.shape[1]))
    again = type(base)(**{**vars(base), "A": cells.A[:, kept], "C": noisy.astype(np.float32)})
    snr = np.arange(len(kept), dtype=np.float32)
    one = find_cells(cells, again, ComponentQuality(snr, snr, snr, np.stack([snr] * 5, axis=1)), NOTHING)
    both = detection_of(in_one([one, one], twice), lambda quality: Evaluation(np.nan_to_num(quality.snr) % 2 == 0))
    result = Detection(**{name: value[:n] for name, value in vars(both).items() if isinstance(value, np.ndarray)})
    result = replace(result, quality=one.quality)
    assert np.array_equal(np.flatnonzero(result.found), kept)
    assert np.array_equal(np.flatnonzero(result.accepted), kept[::2])
    assert np.nanmin(result.trace_r) > 0.99
    assert np.isnan(result.trace_r[1::2]).all()
    assert np.array_equal(result.quality.snr[kept], snr)
    assert np.array_equal(result.quality.soma[kept], snr)
    assert np.isnan(result.quality.snr[1::2]).all()
    level = float(cells.peak_snr[0])
    of_level = np.isclose(cells.peak_snr, level)
    assert share_at(result, level, result.found) == (int(result.found[of_level].sum()), int(of_level.sum()))
    assert both.n == 2 * n
    assert np.array_equal(both.found[n:], both.found[:n])
    assert np.array_equal(both.round, np.repeat([0, 1], n))
    assert np.array_equal(both.quality.snr[n:][kept], snr)


def test_a_component_that_is_there_without_the_cell_counts_only_where_its_trace_follows_the_cell():
    cells = known(1).of_round(0)
    base = components(PLACES)
    noise = np.random.default_rng(0).normal(0, 1, cells.C.shape).astype(np.float32)
    for traces, found in ((cells.C, True), (noise, False)):
        with_cells = type(base)(**{**vars(base), "A": cells.A, "C": traces})
        quality = without_quality(cells.n)
        assert find_cells(cells, with_cells, quality, NOTHING).found.all()
        there = find_cells(cells, with_cells, quality, cells.A)
        assert (there.found == found).all()
        assert np.isfinite(there.trace_r).all() == found and np.isfinite(there.quality.snr).all() == found


def test_without_a_round_there_is_no_cell_and_no_limit():
    none = detection_of(in_one([], known(0)), lambda quality: Evaluation(np.ones(0, bool)))
    assert none.n == 0
    assert none.centers_px.shape == (0, 2)
    assert limits(none).found_50 is None


def detection(found, accepted, levels=LEVELS):
    nothing = np.full(len(levels), np.nan, np.float32)
    return Detection(levels, found, accepted, nothing, np.zeros((len(levels), 2), np.float32))


def test_all_limits_of_one_experiment():
    of = detection(drawn(3.0, 4.0, 1), drawn(6.0, 4.0, 2))
    told = limits(of)
    assert told.found_50 == limit(LEVELS, of.found, 0.5)
    assert told.accepted_90 == limit(LEVELS, of.accepted, 0.9)
    assert told.found_50.value < told.accepted_50.value < told.accepted_90.value
    assert limits(detection(of.found[:9], of.accepted[:9], LEVELS[:9])).found_50 is None


def test_the_accepted_share_counts_each_level_alike():
    levels = np.array([LADDER[0]] * 30 + [LADDER[-1]] * 2, np.float32)
    bright = levels == levels[-1]
    assert accepted_share(detection(bright, bright, levels)) == pytest.approx(0.5)
    none = np.zeros(0, bool)
    assert np.isnan(accepted_share(detection(none, none, levels[:0])))
