"""Which points a sweep has, in which order they run, and what is refused before anything runs."""

import pytest

from calscope.model.errors import ParameterError
from calscope.model.params import Parameters
from calscope.model.sweeps.sweep_plan import MOST_POINTS, Over, SweepPlan, at_point, in_order, over, points_of, spread

PARAMS = Parameters()


def test_values_are_those_that_the_parameter_holds():
    assert over("cnmf.gSig", [3, [4, 6]]) == Over("cnmf.gSig", ([3, 3], [4, 6]))
    assert over("cnmf.rf", [None, 20]).values == (None, 20)
    assert over("motion.pw_rigid", [True, False]).values == (True, False)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("cnmf.gSig", [3, 500], "cnmf.gSig must be two whole numbers"),
        ("cnmf.gSig", [3, "x"], "cnmf.gSig must be"),
        ("cnmf.gsig", [3, 4], "Did you mean cnmf.gSig"),
        ("cnmf.gSig", [3, [3, 3]], "given the value [3, 3] twice"),
        ("cnmf.K", [4], "has 1 value. A sweep needs two"),
        ("cnmf.K", [], "has no values"),
        ("cnmf.K", [True, 4], "cnmf.K must be a whole number"),
    ],
)
def test_values_that_are_not_allowed_are_refused_with_what_is(name, values, said):
    with pytest.raises(ParameterError) as error:
        over(name, values)
    assert said in str(error.value)


def test_a_range_has_equal_steps_and_whole_numbers_only_once():
    assert spread("evaluation.min_SNR", 1, 4, 7) == (1, 1.5, 2, 2.5, 3, 3.5, 4)
    assert spread("evaluation.rval_thr", 0.1, 0.3, 3) == (0.1, 0.2, 0.3)
    assert spread("cnmf.gSig", 3, 5, 9) == (3, 4, 5)


@pytest.mark.parametrize(
    ("name", "low", "high", "n", "said"),
    [
        ("motion.pw_rigid", 0, 1, 2, "has no range"),
        ("cnmf.K", 5, 5, 3, "must begin below its end"),
        ("cnmf.K", 1, 5, 1, "has 2 to 100 values; got 1"),
        ("cnmf.K", float("nan"), 5, 3, "must begin below"),
    ],
)
def test_ranges_that_are_none_are_refused(name, low, high, n, said):
    with pytest.raises(ParameterError, match=said):
        spread(name, low, high, n)


def test_the_first_parameter_varies_fastest_and_early_stages_run_least_often():
    snr, strides = over("evaluation.min_SNR", [1, 2]), over("motion.strides", [48, 64, 96])
    points = points_of([snr, strides], PARAMS)
    assert points[:3] == (
        {"evaluation.min_SNR": 1, "motion.strides": [48, 48]},
        {"evaluation.min_SNR": 2, "motion.strides": [48, 48]},
        {"evaluation.min_SNR": 1, "motion.strides": [64, 64]},
    )
    other_way = points_of([strides, snr], PARAMS)
    ran = [other_way[number]["motion.strides"][0] for number in in_order([strides, snr], other_way)]
    assert ran == [48, 48, 64, 64, 96, 96], "each motion correction is used for all thresholds before the next"
    assert sorted(in_order([strides, snr], other_way)) == list(range(6))
    assert at_point(PARAMS, points[3]).evaluation.min_SNR == 2


@pytest.mark.parametrize(
    ("overs", "said"),
    [
        ([], "one or 2 parameters; got 0"),
        ([over("cnmf.K", [1, 2])] * 3, "got 3"),
        ([over("cnmf.K", [1, 2]), over("cnmf.K", [3, 4])], "cnmf.K is there twice"),
        (
            [over("cnmf.K", range(1, 26)), over("cnmf.gSig", range(2, 22))],
            f"25 × 20 values are 500 points; .* {MOST_POINTS}",
        ),
        (
            [over("cnmf.gSig", [3, 9]), over("cnmf.rf", [6, 30])],
            r"With cnmf.gSig = \[9, 9\], cnmf.rf = 6: cnmf.rf 6 makes",
        ),
        ([Over("cnmf.gSig", (3, 900))], "cnmf.gSig must be"),
    ],
)
def test_points_that_can_not_be_are_refused(overs, said):
    with pytest.raises(ParameterError, match=said):
        points_of(overs, PARAMS)


def test_a_plan_knows_whether_motion_varies():
    assert SweepPlan((over("motion.max_shifts", [4, 6]),)).varies_motion
    assert not SweepPlan((over("cnmf.K", [4, 6]), over("evaluation.min_SNR", [1, 2]))).varies_motion
