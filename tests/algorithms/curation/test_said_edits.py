"""Which changes by hand hold after undo, redo and deletion, and what they are in another run."""

import numpy as np
import pytest
from random_components import with_random_traces
from scipy.sparse import csc_matrix

from calscope.algorithms.curation.carry_over import carry_over
from calscope.algorithms.curation.fold_log import fold_log, next_to_move
from calscope.algorithms.curation.said_edits import edits_of_run, said_edits
from calscope.model.curation.curation_entry import Target, new_entry
from calscope.model.curation.edits import Edit
from calscope.model.curation.packed_footprint import pack_footprint

DIMS = (60, 80)
PLACES = [(12, 12), (12, 18), (30, 30), (45, 60), (48, 14)]


def discs(places, radius=4.0):
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    columns = [np.clip(radius + 0.5 - np.hypot(y - cy, x - cx), 0, 1).ravel(order="F") for cy, cx in places]
    A = csc_matrix(np.array(columns, np.float32).reshape(len(places), DIMS[0] * DIMS[1]).T)
    return with_random_traces(A, DIMS, 20, np.random.default_rng(0))


FIT = discs(PLACES)


def target(components, k, run="run 1", number=None):
    y, x = components.centers_px()[k].tolist()
    return Target(run, k if number is None else number, y, x, pack_footprint(components.A, k, DIMS))


def said(action, *targets, who="Ada", act="", **more):
    """The entries of one act."""
    group = act if len(targets) > 1 else ""
    one = {"who": who, "recording": "f1", "group": group, **more}
    if not targets:
        return [new_entry(action, **one)]
    names = [act if len(targets) == 1 else f"{act}.{i}" for i in range(len(targets))]
    return [new_entry(action, target=meant, entry_id=name, **one) for meant, name in zip(targets, names, strict=True)]


def merge(act="M", numbers=(0, 1), fit=FIT, run="run 1", **more):
    return said("merge", *(target(fit, k, run) for k in numbers), act=act, **more)


def resolved(log, run="run 1", fit=FIT):
    return edits_of_run(said_edits(log), run, fit)


def lost(found):
    return [(one.said.act, one.why.kind) for one in found.lost]


def test_in_its_own_run_changes_are_found_by_number_and_build_on_each_other():
    log = [*merge(), *said("split", target(FIT, 0, "M", 0), act="S"), *said("merge", *both(), act="N")]
    found = resolved(log)
    assert found.edits == (
        Edit("merge", ((-1, 0), (-1, 1))),
        Edit("split", ((0, 0),)),
        Edit("merge", ((1, 1), (-1, 2))),
    )
    assert found.place_of((1, 1)) == ("S", 1) and found.place_of((-1, 2)) == ("run 1", 2)
    assert {("run 1", 0), ("run 1", 1), ("M", 0), ("S", 1), ("run 1", 2)} == found.gone


def both():
    return target(FIT, 0, "S", 1), target(FIT, 2)


def test_undo_redo_and_deletion_take_changes_back_and_bring_them_again():
    log = [*merge(), *said("undo")]
    assert not said_edits(log) and [one.target.component for one in next_to_move(log, "Ada", "redo")] == [0, 1]
    log += said("redo")
    assert [one.act for one in said_edits(log)] == ["M"]
    log += said("delete", target(FIT, 0, "M", 0), who="Bob", act="D")
    assert not said_edits(log)
    log += said("undo", who="Bob")
    assert [one.act for one in said_edits(log)] == ["M"]
    assert not said_edits([*log, *said("undo")])


def test_changes_say_nothing_of_components():
    log = [*merge(), *said("draw", target(FIT, 3), act="P"), *said("delete", target(FIT, 3, "P", 0), act="D")]
    assert not fold_log(log).judgements and not fold_log(log).unknown


def test_of_two_who_change_the_same_the_first_is_right_and_the_other_is_told():
    log = [*merge(), *merge("N", (1, 2), who="Bob"), *said("split", target(FIT, 1), act="S")]
    found = resolved(log)
    assert len(found.edits) == 1 and lost(found) == [("N", "edited_otherwise_before"), ("S", "edited_otherwise_before")]


def test_what_is_built_on_a_change_that_was_taken_back_is_told():
    log = [*merge(), *said("split", target(discs([(40, 40)]), 0, "M", 0), act="S")]
    log += said("delete", target(FIT, 0, "M", 0), act="D")
    assert lost(resolved(log)) == [("S", "edited_not_found")]


def test_in_another_run_members_are_found_by_their_footprints():
    other = discs([(y + 1, x) for y, x in PLACES[::-1]], radius=4.4)
    log = [*merge(), *said("split", target(FIT, 3), act="S")]
    found = resolved(log, "run 2", other)
    assert found.edits == (Edit("merge", ((-1, 4), (-1, 3))), Edit("split", ((-1, 1),))) and not found.lost


@pytest.mark.parametrize(
    ("places", "radius", "kind"),
    [(PLACES[1:], 4.0, "edited_not_found"), ([(12, 15), *PLACES[2:]], 6.0, "merged_already")],
)
def test_what_another_run_has_otherwise_is_told(places, radius, kind):
    assert lost(resolved(merge(), "run 2", discs(places, radius))) == [("M", kind)]


def test_what_was_drawn_is_drawn_in_every_run_that_did_not_find_it_itself():
    outline = Target("run 1", 0, 45, 60, pack_footprint((FIT.A > 0).astype(np.float32), 3, DIMS))
    click = np.zeros((DIMS[0] * DIMS[1], 1), np.float32)
    click[45 + 60 * DIMS[0]] = 1
    place = Target("run 1", 0, 45, 60, pack_footprint(csc_matrix(click), 0, DIMS))
    log = [*said("draw", outline, act="O"), *said("draw", place, act="P")]
    assert len(resolved(log).edits) == 2
    assert lost(resolved(log, "run 2", FIT)) == [("O", "drawn_is_found"), ("P", "drawn_is_found")]
    assert len(resolved(log, "run 2", discs(PLACES[:3])).edits) == 2


def test_judgements_of_kept_and_of_new_components_are_found_exactly_and_those_of_merged_ones_are_gone():
    log = [
        *said("accept", target(FIT, 0), act="1"),
        *merge(),
        *said("reject", target(FIT, 4), act="2"),
        *said("note", target(FIT, 0, "M", 0), act="3", text="one cell"),
    ]
    found = resolved(log)
    edited = discs([*PLACES[2:], PLACES[0]])
    parts = ((-1, 2), (-1, 3), (-1, 4), (0, 0))
    places = [found.place_of(part) for part in parts]
    told = carry_over(fold_log(log), "run 1", edited, places, found.gone)
    assert told.of(2).decision == "reject" and not told.of(2).is_carried
    assert told.of(3).note == "one cell" and told.of(3).decision is None
    assert len(told.by_component) == 2 and not told.lost
    back = carry_over(fold_log(log), "run 1", FIT)
    assert back.of(0).decision == "accept" and back.of(4).decision == "reject"


def test_one_of_the_same_name_that_looks_otherwise_is_not_meant():
    log = said("accept", target(FIT, 0, "S", 0), act="1")
    found = carry_over(fold_log(log), "run 2", discs(PLACES[3:]), [("S", 0), ("S", 1)])
    assert not found.by_component and len(found.lost) == 1
