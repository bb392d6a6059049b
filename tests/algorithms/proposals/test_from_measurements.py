from dataclasses import replace

import numpy as np
import pytest

from calscope.algorithms.proposals.from_measurements import propose
from calscope.algorithms.proposals.shared_values import share
from calscope.model.note_texts.all_texts import text
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
        parts_px=np.full((3, 3), local, np.float32),
        noise_curve=np.empty((0, 2), np.float32),
    )


def _near(value):
    return Estimate(value, 0.95 * value, 1.05 * value)


FAR_OFF = Parameters().replace(
    {
        "dataset.decay_time": 3.0,
        "motion.max_shifts": (60, 60),
        "motion.strides": (200, 200),
        "motion.overlaps": (150, 150),
        "cnmf.gSig": (40, 40),
        "cnmf.K": 200,
        "cnmf.rf": 200,
        "cnmf.stride": 120,
    }
)
"""Values in use that serve none of these recordings."""


def values(found, fr_hz=15.0, in_use=FAR_OFF):
    return {one.name: one.value for one in propose(found, fr_hz, in_use.get) if one.is_made}


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


def test_patches_that_grow_get_components_for_cells_that_were_not_seen():
    """In dim light a third of the cells is measured: K of patches of 31 px is too little for those of 79 px."""
    dim = measured(diameter=19.5, cells=5, shape=(1000, 160, 160))
    given = {one.name: one for one in propose(dim, 30.0, Parameters().get)}
    assert given["cnmf.rf"].value == 39
    assert given["cnmf.K"].value == 7
    assert given["cnmf.K"].reason.kind == "proposes_K_for_room"
    assert "hardly active" in text(given["cnmf.K"].reason)


def test_K_in_use_is_kept_with_the_patches_in_use():
    given = {one.name: one for one in propose(measured(diameter=6.0, cells=5), 30.0, Parameters().get)}
    assert given["cnmf.rf"].value == Parameters().cnmf.rf
    assert given["cnmf.K"].reason.kind == "keeps_K"


@pytest.mark.parametrize("diameter", [3.0, 6.0, 12.0, 30.0, 45.0])
@pytest.mark.parametrize("shape", [(1000, 64, 48), (1000, 256, 256), (1000, 1024, 512)])
def test_what_is_proposed_fits_together(diameter, shape):
    Parameters().replace(values(measured(diameter=diameter, shape=shape)))


def test_more_cells_in_a_patch_need_more_components():
    assert values(measured(cells=300))["cnmf.K"] > values(measured(cells=60))["cnmf.K"] > 0


def test_without_a_rate_the_decay_stays_open_and_the_rest_is_proposed():
    given = propose(measured(), None, FAR_OFF.get)
    refused = [one for one in given if not one.is_made]
    assert [(one.name, one.reason.kind) for one in refused] == [("dataset.decay_time", "no_decay_without_rate")]


def test_what_was_not_measured_is_not_proposed():
    given = values(measured(diameter=None, decay=None))
    assert set(given) == {"motion.max_shifts", "motion.pw_rigid"}


def animals(**found):
    return [AnimalProposals(name, one, propose(one, 15.0, FAR_OFF.get)) for name, one in found.items()]


RATES = dict.fromkeys(("a", "b", "c"), 15.0)


def test_animals_that_differ_by_less_than_their_intervals_share_a_value():
    given = share(
        animals(a=measured(diameter=11.8), b=measured(diameter=12.2), c=measured(diameter=12.0)), RATES, FAR_OFF.get
    )
    assert not given.own
    assert given.values["cnmf.gSig"] == (5, 5)


def test_an_animal_that_differs_for_certain_has_its_own():
    given = share(animals(a=measured(), b=measured(), c=measured(diameter=20.0, decay=15.0)), RATES, FAR_OFF.get)
    assert given.values["cnmf.gSig"] == (5, 5)
    assert given.own.keys() == {"c"}
    assert given.own["c"]["cnmf.gSig"] == (8, 8)
    assert given.own["c"]["dataset.decay_time"] == pytest.approx(1.0)


def test_times_are_compared_in_seconds():
    slow = replace(measured(decay=12.0))
    given = share(animals(a=measured(), b=measured(), c=slow), {"a": 15.0, "b": 15.0, "c": 30.0}, FAR_OFF.get)
    assert given.values["dataset.decay_time"] == pytest.approx(0.4)
    assert "dataset.decay_time" not in given.own.get("c", {})


def test_values_in_use_that_serve_are_kept_and_say_so():
    found = measured(diameter=11.0, shape=(1000, 512, 512), cells=150)
    given = {one.name: one for one in propose(found, 15.0, Parameters().get) if one.is_made}
    kept = {name for name, one in given.items() if one.reason.kind.startswith("keeps_")}
    assert kept == {
        "dataset.decay_time",
        "motion.strides",
        "motion.overlaps",
        "cnmf.gSig",
        "cnmf.rf",
        "cnmf.stride",
        "cnmf.K",
    }
    assert {name: given[name].value for name in kept} == {name: Parameters().get(name) for name in kept}
    assert given["motion.max_shifts"].value == (5, 3), "6 px are three times what the field moves along x"


@pytest.mark.parametrize(
    ("name", "now", "found"),
    [
        ("cnmf.gSig", (4, 4), {"diameter": 18.0}),
        ("cnmf.gSig", (4, 4), {"diameter": 5.0}),
        ("cnmf.gSig", (3, 6), {"diameter": 11.0}),
        ("cnmf.rf", 15, {"diameter": 24.0}),
        ("cnmf.stride", 10, {"diameter": 24.0}),
        ("cnmf.K", 4, {"diameter": 11.0, "cells": 2000}),
        ("motion.max_shifts", (6, 6), {"shifts": (7.0, 4.0)}),
        ("dataset.decay_time", 0.4, {"decay": 12.0}),
    ],
)
def test_a_value_in_use_that_does_not_serve_is_not_kept(name, now, found):
    given = values(measured(**found), in_use=Parameters().replace({name: now}))
    assert given[name] != now
    again = values(measured(**found), in_use=Parameters().replace(given))
    assert again == given, "what was taken is kept"


def test_an_interval_that_reaches_what_is_served_keeps_the_value():
    found, size = measured(diameter=17.0), Measure(Estimate(17.0, 15.5, 18.0), 30)
    found = replace(found, measures={**found.measures, "soma_diameter_px": size})
    assert values(found, in_use=Parameters())["cnmf.gSig"] == (4, 4)
    surer = replace(found, measures={**found.measures, "soma_diameter_px": Measure(Estimate(17.0, 16.5, 17.5), 30)})
    assert values(surer, in_use=Parameters())["cnmf.gSig"] == (7, 7)
