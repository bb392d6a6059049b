"""What holds after undo, redo, several persons and several components at once."""

import numpy as np
from scipy.sparse import csc_matrix

from calscope.algorithms.curation.fold_log import fold_log, next_to_move
from calscope.model.curation.curation_entry import CurationEntry, Target, new_entry
from calscope.model.curation.packed_footprint import pack_footprint

FOOTPRINT = pack_footprint(csc_matrix(np.ones((4, 1), np.float32)), 0, (2, 2))


def said(action, component=0, who="Ada", **more):
    target = None if action in ("undo", "redo") else Target("run", component, 0, 0, FOOTPRINT)
    return new_entry(action, who=who, recording="f1", target=target, **more)


def decisions(*entries):
    return {place[1]: one.decision for place, one in fold_log(entries).judgements.items()}


def test_the_last_word_counts_and_clear_takes_it_away():
    log = [said("accept"), said("reject", who="Bob"), said("unsure", 1), said("clear", 1)]
    found = fold_log(log).judgements
    assert found["run", 0].decision == "reject" and found["run", 0].decided_by == "Bob"
    assert found["run", 1].decision is None and len(found["run", 1].ratings) == 2
    assert not found["run", 1].says_something


def test_undo_takes_back_the_own_last_act_that_was_not_taken_back():
    log = [said("accept", 0), said("reject", 1), said("accept", 2, who="Bob"), said("undo"), said("undo"), said("undo")]
    assert decisions(*log) == {2: "accept"}
    assert decisions(*log, said("redo")) == {0: "accept", 2: "accept"}
    assert decisions(*log, said("redo"), said("redo"), said("redo")) == {0: "accept", 1: "reject", 2: "accept"}


def test_redo_ends_where_something_else_is_said():
    assert decisions(said("accept", 0), said("undo"), said("reject", 1), said("redo")) == {1: "reject"}


def test_what_was_said_of_several_at_once_is_taken_back_at_once():
    log = [said("accept", 5), *(said("reject", k, group="g1") for k in range(3))]
    assert next_to_move(log, "Ada", "undo") == tuple(log[1:])
    assert decisions(*log, said("undo")) == {5: "accept"}
    assert next_to_move([*log, said("undo")], "Ada", "redo") == tuple(log[1:])
    assert next_to_move(log, "Bob", "undo") == next_to_move(log, "Ada", "redo") == ()


def test_undo_brings_back_what_was_said_before():
    log = [said("accept"), said("note", text="dim"), said("reject"), said("undo")]
    found = fold_log(log).judgements["run", 0]
    assert (found.decision, found.note) == ("accept", "dim")


def test_unknown_actions_mean_nothing_and_are_told():
    strange = CurationEntry("1", "now", "Ada", "f1", "entangle", Target("run", 0, 0, 0, FOOTPRINT))
    folded = fold_log([said("accept"), strange, said("undo")])
    assert folded.unknown == ("entangle",) and not folded.judgements


def test_dismissed_until_something_is_said_again():
    log = [said("accept"), said("dismiss")]
    assert fold_log(log).dismissed == {("run", 0)}
    assert not fold_log([*log, said("reject")]).dismissed
    assert not fold_log([*log, said("undo")]).dismissed
