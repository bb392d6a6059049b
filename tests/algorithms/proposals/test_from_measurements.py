from dataclasses import replace

import numpy as np
import pytest

from calscope.algorithms.proposals.from_measurements import propose
from calscope.algorithms.proposals.shared_values import share
from calscope.model.notes import Note
from calscope.model.params import Parameters
from calscope.model.proposals import AnimalProposals, Measure, Measurements
from calscope.model.results import Estimate


def measured(*, diameter=12.0, decay=6.0, shifts=(4.0, 2.0), local=0.2, shape=(1000, 256, 256), rise=1, cells=60):
    def around(value):
        return Measure(None, 0, Note("not_measured")) if value is None else Measure(_near(value), 30)

    places = np.random.default_rng(0).uniform(0, 1, (cells, 3)) * [shape[1], shape[2], 0] + [0, 0, diameter or 0]
    return Measurements(
        measures={
            "soma_diameter_px": around(diameter),
            "decay_frames": around(decay),
            "largest_shift_y_px": around(shifts[0]),
            "largest_shift_x_px": around(shifts[1]),
            "local_motion_px": around(local),
            "noise_sd": around(10.0),
            "noise_per_unit": around(None),
        },
        shape=shape,
        looked_at=(0, shape[0]),
        cells=places.astype(np.float32),
        rim_px=(4, 4),
        rise_frames=rise,
        corr=np.zeros(shape[1:], np.float32),
        transient=None,
    )


def _near(value):
    return Estimate(value, 0.95 * value, 1.05 * value)


def values(found, fr_hz=15.0):
    return {one.name: one.value for one in propose(found, fr_hz) if one.is_made}


def test_every_value_follows_from_its_measurement():
    given = values(measured())
    assert given["cnmf.gSig"] == (5, 5)
    assert given["cnmf.rf"] == 24
    assert given["dataset.decay_time"] == pytest.approx(0.4)
    assert given["motion.max_shifts"] == (5, 3)
    assert given["motion.pw_rigid"] is True
    assert given["cnmf.p"] == 1
    assert values(measured(rise=4))["cnmf.p"] == 2
    assert values(measured(local=0.05))["motion.pw_rigid"] is False


@pytest.mark.parametrize("diameter", [3.0, 6.0, 12.0, 30.0, 45.0])
@pytest.mark.parametrize("shape", [(1000, 64, 48), (1000, 256, 256), (1000, 1024, 512)])
def test_what_is_proposed_fits_together(diameter, shape):
    Parameters().replace(values(measured(diameter=diameter, shape=shape)))


def test_more_cells_in_a_patch_need_more_components():
    assert values(measured(cells=300))["cnmf.K"] > values(measured(cells=60))["cnmf.K"] > 0


def test_without_a_rate_the_decay_stays_open_and_the_rest_is_proposed():
    given = propose(measured(), None)
    refused = [one for one in given if not one.is_made]
    assert [(one.name, one.reason.kind) for one in refused] == [("dataset.decay_time", "no_decay_without_rate")]


def test_what_was_not_measured_is_not_proposed():
    given = values(measured(diameter=None, decay=None))
    assert set(given) == {"motion.max_shifts", "motion.pw_rigid"}


def animals(**found):
    return [AnimalProposals(name, one, propose(one, 15.0)) for name, one in found.items()]


RATES = dict.fromkeys(("a", "b", "c"), 15.0)


def test_animals_that_differ_by_less_than_their_intervals_share_a_value():
    given = share(animals(a=measured(diameter=11.8), b=measured(diameter=12.2), c=measured(diameter=12.0)), RATES)
    assert not given.own
    assert given.values["cnmf.gSig"] == (5, 5)


def test_an_animal_that_differs_for_certain_has_its_own():
    given = share(animals(a=measured(), b=measured(), c=measured(diameter=20.0, decay=15.0)), RATES)
    assert given.values["cnmf.gSig"] == (5, 5)
    assert given.own.keys() == {"c"}
    assert given.own["c"]["cnmf.gSig"] == (8, 8)
    assert given.own["c"]["dataset.decay_time"] == pytest.approx(1.0)


def test_times_are_compared_in_seconds():
    slow = replace(measured(decay=12.0))
    given = share(animals(a=measured(), b=measured(), c=slow), {"a": 15.0, "b": 15.0, "c": 30.0})
    assert given.values["dataset.decay_time"] == pytest.approx(0.4)
    assert "dataset.decay_time" not in given.own.get("c", {})
