"""Judgements find their components in another run by footprint and place; where there is none, that is told."""

import numpy as np
from random_components import with_random_traces
from scipy.sparse import csc_matrix

from calscope.algorithms.curation.carry_over import carry_over
from calscope.algorithms.curation.fold_log import fold_log
from calscope.model.curation.curation_entry import Target, new_entry
from calscope.model.curation.packed_footprint import PackedFootprint, pack_footprint

DIMS = (60, 80)
PLACES = [(12, 12), (12, 40), (30, 30), (45, 60), (48, 14)]


def discs(places, radius=4.0):
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    columns = [np.clip(radius + 0.5 - np.hypot(y - cy, x - cx), 0, 1).ravel(order="F") for cy, cx in places]
    A = csc_matrix(np.array(columns, np.float32).reshape(len(places), DIMS[0] * DIMS[1]).T)
    return with_random_traces(A, DIMS, 20, np.random.default_rng(0))


def said(action, run, components, component, who="Ada", **more):
    y, x = components.centers_px()[component].tolist()
    target = Target(run, component, y, x, pack_footprint(components.A, component, DIMS))
    return new_entry(action, who=who, recording="f1", target=target, **more)


FIRST = discs(PLACES)


def test_in_its_own_run_a_judgement_is_found_by_number():
    found = carry_over(fold_log([said("reject", "run 1", FIRST, 3)]), "run 1", FIRST)
    assert found.of(3).decision == "reject" and not found.of(3).is_carried and not found.lost


def test_in_another_run_by_footprint_though_numbers_and_places_moved():
    second = discs([(y + 1, x - 1) for y, x in PLACES[::-1]], radius=4.4)
    log = [said("reject", "run 1", FIRST, 0), said("accept", "run 1", FIRST, 3), said("unsure", "run 1", FIRST, 4)]
    found = carry_over(fold_log(log), "run 2", second)
    assert {k: one.decision for k, one in found.by_component.items()} == {4: "reject", 1: "accept", 0: "unsure"}
    assert all(one.is_carried for one in found.by_component.values()) and not found.lost


def test_one_that_is_gone_is_lost_and_takes_no_neighbour():
    second = discs(PLACES[1:])
    found = carry_over(fold_log([said("reject", "run 1", FIRST, k) for k in range(5)]), "run 2", second)
    assert sorted(found.by_component) == [0, 1, 2, 3]
    assert [(one.target.component, one.judgement.decision) for one in found.lost] == [(0, "reject")]


def test_of_two_that_became_one_only_one_is_carried_over():
    beside = discs([(20, 20), (20, 23)])
    found = carry_over(
        fold_log([said("accept", "run 1", beside, 0), said("accept", "run 1", beside, 1)]), "run 2", discs([(20, 20)])
    )
    assert sorted(found.by_component) == [0] and [one.target.component for one in found.lost] == [1]


def test_what_is_said_in_the_run_itself_counts_and_the_rest_comes_from_the_newest_other_one():
    log = [
        said("accept", "run 2", FIRST, 1),
        said("reject", "run 1", FIRST, 0),
        said("note", "run 1", FIRST, 0, text="old"),
        said("unsure", "run 2", FIRST, 0, who="Bob"),
        said("note", "run 3", FIRST, 1, text="new"),
    ]
    found = carry_over(fold_log(log), "run 3", FIRST)
    assert (found.of(0).decision, found.of(0).decided_by, found.of(0).note) == ("unsure", "Bob", "old")
    assert (found.of(1).decision, found.of(1).note, found.of(1).is_carried) == ("accept", "new", True)


def test_a_decision_that_was_taken_away_here_does_not_come_back_from_another_run():
    log = [said("reject", "run 1", FIRST, 0), said("clear", "run 2", FIRST, 0)]
    assert carry_over(fold_log(log), "run 2", FIRST).of(0).decision is None
    assert carry_over(fold_log(log), "run 3", FIRST).of(0).decision is None
    assert carry_over(fold_log(log), "run 1", FIRST).of(0).decision == "reject"


def test_lost_ones_are_told_once_and_not_after_they_were_dismissed():
    log = [said("reject", "run 1", FIRST, 0), said("accept", "run 2", FIRST, 0, who="Bob")]
    nothing = discs([])
    found = carry_over(fold_log(log), "run 3", nothing)
    assert [one.judgement.decided_by for one in found.lost] == ["Bob"]
    log += [said("dismiss", run, FIRST, 0) for run in ("run 1", "run 2")]
    assert not carry_over(fold_log(log), "run 3", nothing).lost
    assert carry_over(fold_log(log), "run 4", FIRST).of(0).decision == "accept", "found again"


def test_other_fields_and_damaged_footprints_are_lost_not_an_error():
    strange = [
        Target("run 1", 0, 5, 5, PackedFootprint((3, 4), "eJwDAAAAAAE=")),
        Target("run 1", 1, 5, 5, PackedFootprint(DIMS, "damaged")),
    ]
    log = [new_entry("reject", who="Ada", recording="f1", target=one) for one in strange]
    found = carry_over(fold_log([*log, said("accept", "run 1", FIRST, 2)]), "run 2", FIRST)
    assert len(found.lost) == 2 and found.of(2).decision == "accept"


def test_far_apart_is_not_alike_whatever_the_cosine():
    wide = discs([(30, 40)], radius=14)
    entry = said("accept", "run 1", wide, 0)
    moved = Target("run 1", 0, 2.0, 70.0, entry.target.footprint)
    found = carry_over(fold_log([new_entry("accept", who="A", recording="f1", target=moved)]), "run 2", wide)
    assert not found.by_component and len(found.lost) == 1


def test_an_empty_log_says_nothing():
    assert carry_over(fold_log([]), "run 1", FIRST).by_component == {}
