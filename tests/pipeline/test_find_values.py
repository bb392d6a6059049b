"""The parts of a search for good values, against points whose measures are known."""

import itertools

import numpy as np
import pytest

from calscope.model.crop import Crop
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters
from calscope.model.sweeps.search_plan import SearchPlan, SearchRange, check_search
from calscope.pipeline.sweeps.find_values import IN_USE, first_points, parts_of, proposal_of, ranked
from calscope.pipeline.sweeps.point_measures import PointMeasures
from calscope.pipeline.sweeps.run_points import SweepPoint

PARAMS = Parameters()
G, SNR = SearchRange("cnmf.gSig", 3, 9), SearchRange("evaluation.min_SNR", 1, 5)


def point(number, recall, unconfirmed=0, n=64, error=""):
    measures = PointMeasures(injected_recall=recall, injected_cells=n, unconfirmed=unconfirmed)
    return SweepPoint(number, {"cnmf.K": number}, measures=measures, error=error)


def test_the_first_points_are_those_in_use_and_fill_the_ranges_evenly():
    points = first_points(SearchPlan((G, SNR), n_points=32), PARAMS)
    assert points[IN_USE] == {"cnmf.gSig": [4, 4], "evaluation.min_SNR": 2.0}
    drawn = [points[number] for number in range(1, len(points))]
    assert all(first != second for first, second in itertools.combinations(points.values(), 2))
    assert {values["cnmf.gSig"][0] for values in drawn} == set(range(3, 10)), "each whole number is there"
    assert all(values["cnmf.gSig"][0] == values["cnmf.gSig"][1] for values in drawn)
    counts, _ = np.histogram([values["evaluation.min_SNR"] for values in drawn], bins=4, range=(1, 5))
    assert counts.min() >= 6, "no quarter of the range is empty"
    assert first_points(SearchPlan((G, SNR), n_points=32), PARAMS) == points, "the same ones each time"


def test_points_that_do_not_fit_together_are_not_drawn():
    plan = SearchPlan((SearchRange("cnmf.gSig", 3, 9), SearchRange("cnmf.rf", 6, 30)), n_points=16)
    for values in first_points(plan, PARAMS).values():
        PARAMS.replace(values)
    with pytest.raises(ParameterError, match="No values of these ranges"):
        first_points(SearchPlan((SearchRange("cnmf.gSig", 18, 20),)), PARAMS.replace({"cnmf.rf": 15}))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (SearchPlan(()), "1 to 4 parameters; got 0"),
        (SearchPlan((G, G)), "cnmf.gSig is there twice"),
        (SearchPlan((SearchRange("motion.pw_rigid", 0, 1),)), "has no range"),
        (SearchPlan((SearchRange("cnmf.gSig", 5, 5),)), "must begin below its end"),
        (SearchPlan((SearchRange("cnmf.gSig", 5, 900),)), "cnmf.gSig must be two whole numbers"),
        (SearchPlan((SearchRange("cnmf.gsig", 3, 5),)), "Did you mean cnmf.gSig"),
        (SearchPlan((G,), n_points=2), "4 to 64 points; got 2"),
        (SearchPlan((G,), most_unconfirmed=-1), "fewer than 0"),
    ],
)
def test_what_can_not_be_searched_is_refused_with_what_is_allowed(plan, said):
    with pytest.raises(ParameterError, match=said):
        check_search(plan)


def test_each_part_is_larger_and_inside_of_the_recording():
    crop = Crop(2000, 2500, 0, 128, 200, 328)
    parts = parts_of((4000, 512, 512), crop, on_whole=True)
    assert parts == [crop, Crop(1750, 2750, 0, 256, 136, 392), None]
    assert parts_of((600, 160, 160), Crop(0, 500, 0, 128, 0, 128), on_whole=True) == [
        Crop(0, 500, 0, 128, 0, 128),
        None,
    ]
    assert parts_of((500, 128, 128), Crop(0, 500, 0, 128, 0, 128), on_whole=True) == [None]
    assert parts_of((4000, 512, 512), crop, on_whole=False)[-1] == parts[1]


def test_the_best_finds_most_known_cells_without_more_unconfirmed_ones_than_are_allowed():
    points = (point(0, 0.4, 5), point(1, 0.9, 12), point(2, 0.6, 5), point(3, 0.5, 0), point(4, 0.95, 1, error="no"))
    assert ranked(points, None) == [2, 3, 0, 1, 4], "as many as the values in use have"
    assert ranked(points, 20) == [1, 2, 3, 0, 4]
    assert ranked(points, 0) == [3, 2, 0, 1, 4], "the fewer too many, the better"
    equal = (point(3, 0.4, 5), point(0, 0.4, 5))
    assert ranked(equal, None)[0] == IN_USE, "nothing is proposed for nothing"


def test_a_gain_is_clear_only_where_chance_does_not_give_it():
    clear = proposal_of((point(0, 0.3), point(7, 0.7)), [7, 0])
    assert clear.number == 7 and clear.gain == pytest.approx(0.4) and clear.is_clear
    assert clear.gain_sd == pytest.approx(np.sqrt((0.3 * 0.7 + 0.7 * 0.3) / 64))
    assert not proposal_of((point(0, 0.45), point(7, 0.5)), [7, 0]).is_clear
    assert proposal_of((point(0, 0.5), point(7, 0.4)), [0, 7]) is None
    assert proposal_of((point(0, None), point(7, 0.4)), [7, 0]) is None


def test_the_standard_deviation_of_a_gain_is_that_of_repeated_experiments():
    rng = np.random.default_rng(0)
    gains = rng.binomial(64, 0.7, 4000) / 64 - rng.binomial(64, 0.3, 4000) / 64
    assert proposal_of((point(0, 0.3), point(7, 0.7)), [7, 0]).gain_sd == pytest.approx(gains.std(), rel=0.05)
