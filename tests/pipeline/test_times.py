"""Times of finished stages make the next estimate; without any, CaImAn's is said to be unknown."""

import pytest

from calscope.pipeline.stages import stage_of
from calscope.pipeline.times import FILE, KEPT, Expected, StageTimes, total

SMALL, LARGE = (100, 100, 100), (1000, 100, 100)


def test_before_anything_ran_caiman_has_shares_and_no_estimate(tmp_path):
    caiman, ours = StageTimes(tmp_path, "caiman", 2), StageTimes(tmp_path, "builtin", 2)
    assert not caiman.expected(stage_of("refit"), LARGE).is_known
    assert caiman.expected(stage_of("refit"), LARGE).seconds > caiman.expected(stage_of("estimate"), LARGE).seconds
    assert caiman.expected(stage_of("before"), LARGE).is_known, "our own code, whichever engine runs"
    assert ours.expected(stage_of("refit"), LARGE) == Expected(stage_of("refit").rough_seconds(LARGE))


def test_the_run_nearest_in_size_is_scaled(tmp_path):
    times, fit = StageTimes(tmp_path, "caiman", 2), stage_of("fit")
    times.note(fit, SMALL, 30.0)
    assert times.expected(fit, SMALL) == Expected(30.0)
    times.note(fit, LARGE, 100.0)
    assert times.expected(fit, (2000, 100, 100)).seconds == pytest.approx(200)
    assert times.expected(fit, (120, 100, 100)).seconds == pytest.approx(36)
    assert not StageTimes(tmp_path, "caiman", 8).expected(fit, SMALL).is_known, "other workers, another time"
    assert StageTimes(tmp_path, "other", 2).expected(fit, SMALL).seconds < 1, "another engine, its own times"


def test_the_latest_of_the_same_size_counts_and_few_are_kept(tmp_path):
    times, fit = StageTimes(tmp_path, "caiman", 2), stage_of("fit")
    for seconds in range(1, 2 * KEPT):
        times.note(fit, SMALL, seconds)
    assert times.expected(fit, SMALL).seconds == 2 * KEPT - 1
    assert (tmp_path / FILE).stat().st_size < 30 * KEPT


@pytest.mark.parametrize("text", ["", "[1]", '{"a": {"fit": [[0, 1]]}}', '{"a": {"fit": 3}}'])
def test_a_file_that_something_else_wrote_is_begun_anew(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    times = StageTimes(tmp_path, "caiman", 2)
    assert not times.expected(stage_of("fit"), SMALL).is_known
    times.note(stage_of("fit"), SMALL, 7.0)
    assert times.expected(stage_of("fit"), SMALL) == Expected(7.0)


def test_a_sum_is_known_where_all_of_it_is():
    assert total([Expected(1), Expected(2)]) == Expected(3)
    assert not total([Expected(1), Expected(2, is_known=False)]).is_known
    assert total([]) == Expected(0)
