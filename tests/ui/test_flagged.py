"""What the browser is told of flags."""

import json
from dataclasses import fields, replace

import numpy as np
import stand_in

from calscope.model.curation.component_flags import (
    FLAG_KINDS,
    LIMITS,
    FlagMeasures,
    flags_of,
    kinds_of,
    not_told,
    rearranged,
)
from calscope.model.note_texts.all_texts import text
from calscope.model.note_texts.flag_texts import MEANS, SHORT
from calscope.model.results import ComponentQuality
from calscope.ui.linked import component_table, flagged


def measures(n, **given):
    """Measures of components that have no flag but those that are given."""
    arrays = {field.name: np.zeros(n, np.float32) for field in fields(FlagMeasures) if field.name != "marks"}
    arrays |= {"transients": np.full(n, 5, np.float32), "motion_p": np.ones(n, np.float32)}
    arrays |= {"overlap_with": np.full(n, -1, np.int32), "double_with": np.full(n, -1, np.int32)}
    return FlagMeasures(**{**arrays, **{name: np.asarray(values) for name, values in given.items()}})


def test_every_kind_has_a_limit_a_word_and_a_meaning():
    assert set(LIMITS) == set(SHORT) == set(MEANS) == set(FLAG_KINDS)
    assert set(flagged.MARKS) <= set(FLAG_KINDS)


def test_kinds_and_sentences_come_by_component_and_a_sentence_once():
    data = flagged.make_data(measures(3, transients=[1, 1, 4], drift=[0, 0.7, np.nan]))
    assert data["kinds"] == [["one_transient"], ["one_transient", "drift"], []]
    told = [[data["sentences"][at] for at in own] for own in data["told"]]
    assert told[0][0] == told[1][0] and "70 %" in told[1][1] and told[2][0].startswith("Not told: drift")
    assert len(data["sentences"]) == 3
    json.dumps(data, allow_nan=False)


def test_a_correlation_with_the_motion_needs_to_be_certain_and_strong():
    found = flags_of(measures(4, motion_r=[0.9, 0.2, 0.9, np.nan], motion_p=[0.01, 0.01, 0.2, np.nan]))
    assert [[note.kind for note in notes] for notes in found] == [["flag_motion"], [], [], ["flags_untold"]]
    assert "correlation 0.90" in text(found[0][0])


def test_marks_of_the_wanted_components_alone_are_sent():
    marks = {"motion": np.array([[0, 5, 9], [2, 40, 44]], np.int32), "saturated": np.array([[2, 7, 8]], np.int32)}
    found = replace(measures(3), marks=marks)
    assert flagged.marks_of(found, (1, 2)) == {"1": [], "2": [["motion", 40, 44], ["saturated", 7, 8]]}
    assert flagged.marks_of(None, (1,)) == {}


def test_components_in_another_order_keep_their_flags_and_new_ones_are_not_told():
    marks = {"motion": np.array([[0, 5, 9], [2, 40, 44]], np.int32)}
    found = replace(measures(3, drift=[0.9, 0, 0.7], overlap=[0.5, 0.4, 0], overlap_with=[2, 1, -1]), marks=marks)
    moved = rearranged(found, [2, -1, 0])
    assert [kinds_of(notes) for notes in flags_of(moved)] == [("drift",), (), ("overlap", "drift")]
    assert set(not_told(flags_of(moved)[1])) == set(FLAG_KINDS) and moved.overlap_with.tolist() == [-1, -1, 0]
    assert moved.marks["motion"].tolist() == [[0, 40, 44], [2, 5, 9]]
    alone = rearranged(found, [0])
    assert not_told(flags_of(alone)[0]) == ("overlap",), "the one that it lay on is gone"
    assert rearranged(found, []).n == 0


def test_the_table_has_the_column_where_the_run_looked_for_flags():
    found, three = stand_in.make_components((6, 5), 3, 9), np.ones(3, np.float32)
    measured = component_table.measured_columns(found, ComponentQuality(three, three, three))
    for has_flags in (True, False):
        data = component_table.make_data(found.n, measured, None, has_flags=has_flags)
        assert ("flags" in [column["name"] for column in data["columns"]]) is has_flags
