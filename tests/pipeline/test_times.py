"""Times of finished stages make the next estimate; without any, CaImAn's is said to be unknown."""

import json

import pytest

from calscope.engines.fit_estimate import fit_bytes, residual_bytes
from calscope.model.params import Parameters
from calscope.pipeline.stages import stage_of
from calscope.pipeline.times import FILE, KEPT, Expected, StageTimes, total

PARAMS = Parameters()
SMALL, LARGE = (100, 100, 100), (1000, 100, 100)


def test_before_anything_ran_caiman_has_shares_and_no_estimate(tmp_path):
    caiman, ours = StageTimes(tmp_path, "caiman", 2), StageTimes(tmp_path, "builtin", 2)
    assert not caiman.expected(stage_of("refit"), LARGE, PARAMS).is_known
    assert (
        caiman.expected(stage_of("refit"), LARGE, PARAMS).seconds
        > caiman.expected(stage_of("estimate"), LARGE, PARAMS).seconds
    )
    assert caiman.expected(stage_of("before"), LARGE, PARAMS).is_known, "our own code, whichever engine runs"
    assert ours.expected(stage_of("refit"), LARGE, PARAMS).seconds == stage_of("refit").rough_seconds(LARGE)


def test_the_run_nearest_in_size_is_scaled(tmp_path):
    times, fit = StageTimes(tmp_path, "caiman", 2), stage_of("fit")
    times.note(fit, SMALL, PARAMS, 30.0)
    assert times.expected(fit, SMALL, PARAMS).seconds == 30.0
    times.note(fit, LARGE, PARAMS, 100.0)
    assert times.expected(fit, (2000, 100, 100), PARAMS).seconds == pytest.approx(200)
    assert times.expected(fit, (120, 100, 100), PARAMS).seconds == pytest.approx(36)
    assert not StageTimes(tmp_path, "caiman", 8).expected(fit, SMALL, PARAMS).is_known, "other workers, another time"
    assert StageTimes(tmp_path, "other", 2).expected(fit, SMALL, PARAMS).seconds < 1, "another engine, its own times"


def test_the_latest_of_the_same_size_counts_and_few_are_kept(tmp_path):
    times, fit = StageTimes(tmp_path, "caiman", 2), stage_of("fit")
    for seconds in range(1, 2 * KEPT):
        times.note(fit, SMALL, PARAMS, seconds)
    assert times.expected(fit, SMALL, PARAMS).seconds == 2 * KEPT - 1
    assert (tmp_path / FILE).stat().st_size < 40 * KEPT


def test_disk_grows_with_the_movie_and_memory_as_runs_of_other_sizes_show(tmp_path):
    times, stage = StageTimes(tmp_path, "builtin", 2), stage_of("apply")
    times.note(stage, SMALL, PARAMS, 1.0, disk_bytes=5000, memory_bytes=400)
    assert times.expected(stage, SMALL, PARAMS) == Expected(1.0, disk_bytes=5000, memory_bytes=400)
    assert times.expected(stage, LARGE, PARAMS) == Expected(10.0, disk_bytes=50_000, memory_bytes=400), (
        "one size tells no growth"
    )
    times.note(stage, LARGE, PARAMS, 10.0, disk_bytes=60_000, memory_bytes=1300)
    assert times.expected(stage, (2000, 100, 100), PARAMS).memory_bytes == pytest.approx(2300)
    assert times.expected(stage, (2000, 100, 100), PARAMS).disk_bytes == 120_000
    assert times.expected(stage, (10, 100, 100), PARAMS).memory_bytes == pytest.approx(400), (
        "never below the least that was seen"
    )


def test_memory_that_was_higher_on_a_small_movie_does_not_shrink_to_nothing(tmp_path):
    times, stage = StageTimes(tmp_path, "builtin", 2), stage_of("apply")
    times.note(stage, SMALL, PARAMS, 1.0, memory_bytes=900)
    times.note(stage, LARGE, PARAMS, 10.0, memory_bytes=700)
    assert times.expected(stage, (9000, 100, 100), PARAMS).memory_bytes >= 700


def test_memory_of_a_fit_grows_as_the_fit_needs_it_though_runs_of_one_size_alone_are_known(tmp_path):
    times, small, large = StageTimes(tmp_path, "builtin", 2), (500, 128, 128), (20000, 512, 512)
    assert times.expected(stage_of("fit"), large, PARAMS).memory_bytes == fit_bytes(PARAMS, large, 2)
    for name in ("fit", "refit"):
        times.note(stage_of(name), small, PARAMS, 1.0, memory_bytes=400_000_000)
    times.note(stage_of("component_quality"), small, PARAMS, 1.0, memory_bytes=300_000_000)
    grown = 400_000_000 + fit_bytes(PARAMS, large, 2) - fit_bytes(PARAMS, small, 2)
    for name in ("fit", "refit", "known_found", "half_fits"):
        assert times.expected(stage_of(name), large, PARAMS).memory_bytes == grown > 3e9, name
        assert times.expected(stage_of(name), small, PARAMS).memory_bytes == 400_000_000, name
    times.note(stage_of("residual"), small, PARAMS, 1.0, memory_bytes=500_000_000)
    grown = 500_000_000 + residual_bytes(PARAMS, large, 2) - residual_bytes(PARAMS, small, 2)
    assert times.expected(stage_of("residual"), large, PARAMS).memory_bytes == grown > 600_000_000
    times.note(stage_of("motion_quality"), small, PARAMS, 1.0, memory_bytes=213_000_000)
    assert 600e6 < times.expected(stage_of("motion_quality"), large, PARAMS).memory_bytes < 900e6, "889 MB by measure"
    more = PARAMS.replace({"cnmf.K": 40})
    wanted = 400_000_000 + fit_bytes(more, small, 2) - fit_bytes(PARAMS, small, 2)
    assert times.expected(stage_of("fit"), small, more).memory_bytes == wanted > 400_000_000
    assert StageTimes(tmp_path, "caiman", 2).expected(stage_of("fit"), large, PARAMS).memory_bytes == 0, "not its own"


def test_a_search_for_known_cells_is_told_by_the_fits_that_it_consists_of_until_one_ran(tmp_path):
    times, crop, field = StageTimes(tmp_path, "builtin", 2), (500, 128, 128), (500, 512, 512)
    for name, seconds in (("fit", 6.0), ("refit", 3.0), ("component_quality", 1.0)):
        times.note(stage_of(name), crop, PARAMS, seconds)
    assert times.expected(stage_of("known_found"), crop, PARAMS).seconds == pytest.approx(8 * 10.0)
    assert times.expected(stage_of("known_found"), field, PARAMS).seconds == pytest.approx(16 * 10.0), "one round"
    assert times.expected(stage_of("half_fits"), crop, PARAMS).seconds == pytest.approx(10.0)
    times.note(stage_of("known_found"), crop, PARAMS, 50.0)
    assert times.expected(stage_of("known_found"), crop, PARAMS).seconds == 50.0
    assert times.expected(stage_of("known_found"), field, PARAMS).seconds == pytest.approx(160.0), "not 16 × 50"


def test_before_anything_ran_the_size_of_the_corrected_movie_is_known(tmp_path):
    expected = StageTimes(tmp_path, "builtin", 2).expected(stage_of("apply"), LARGE, PARAMS)
    assert (expected.disk_bytes, expected.memory_bytes) == (2 * 1000 * 100 * 100, 0)


def test_what_an_earlier_version_wrote_down_still_tells_the_time(tmp_path):
    times = StageTimes(tmp_path, "builtin", 2)
    times.note(stage_of("before"), SMALL, PARAMS, 1.0)
    kept = json.loads((tmp_path / FILE).read_text())
    for stages in kept.values():
        stages["before"] = [run[:2] for run in stages["before"]]
    (tmp_path / FILE).write_text(json.dumps(kept))
    assert times.expected(stage_of("before"), SMALL, PARAMS) == Expected(1.0, disk_bytes=12 * 100 * 100)


@pytest.mark.parametrize(
    "text", ["", "[1]", '{"a": {"fit": [[0, 1]]}}', '{"a": {"fit": 3}}', '{"a": {"fit": [[1, 2, 3, 4, 5, 6]]}}']
)
def test_a_file_that_something_else_wrote_is_begun_anew(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    times = StageTimes(tmp_path, "caiman", 2)
    assert not times.expected(stage_of("fit"), SMALL, PARAMS).is_known
    times.note(stage_of("fit"), SMALL, PARAMS, 7.0)
    assert times.expected(stage_of("fit"), SMALL, PARAMS).seconds == 7.0


def test_a_sum_is_known_where_all_of_it_is():
    assert total([Expected(1), Expected(2)]) == Expected(3)
    assert not total([Expected(1), Expected(2, is_known=False)]).is_known
    assert total([]) == Expected(0)
    parts = [Expected(1, disk_bytes=3, memory_bytes=9), Expected(1, disk_bytes=4, memory_bytes=2)]
    assert total(parts) == Expected(2, disk_bytes=7, memory_bytes=9), "one after the other"
