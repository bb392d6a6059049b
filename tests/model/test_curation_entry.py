"""Entries of the log of judgements: what they hold, what they refuse, and what they make of an evaluation."""

import json

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.model.curation.curation_entry import (
    MOST_NAME,
    MOST_NOTE,
    CurationEntry,
    Target,
    new_entry,
)
from calscope.model.curation.judgements import Judgement, Judgements, judged
from calscope.model.curation.packed_footprint import PackedFootprint, pack_footprint
from calscope.model.curation.ratings import Rating
from calscope.model.errors import ParameterError
from calscope.model.note_texts.all_texts import text, why
from calscope.model.notes import Note
from calscope.model.results import Evaluation

RNG = np.random.default_rng(1)


def footprints(n=3, dims=(20, 30)):
    A = np.zeros((dims[0] * dims[1], n), np.float32)
    for k in range(n):
        A[RNG.choice(len(A), 40, replace=False), k] = RNG.uniform(0.1, 3, 40)
    return csc_matrix(A)


def target(component=1):
    return Target("abc", component, 3.25, 7.5, pack_footprint(footprints(), component, (20, 30)))


def test_a_footprint_comes_back_to_half_a_step_of_its_weight():
    A = footprints()
    packed = pack_footprint(A, 2, (20, 30))
    expected = A[:, [2]].toarray() / A[:, [2]].max()
    assert np.abs(packed.column().toarray() - expected).max() <= 0.5 / 255 + 1e-6
    assert len(packed.packed) < 5 * 40 * 4 / 3 + 40


def test_an_empty_footprint_and_one_of_zeros_have_no_pixels():
    for A in (csc_matrix((600, 1), dtype=np.float32), csc_matrix(np.zeros((600, 1), np.float32))):
        assert pack_footprint(A, 0, (20, 30)).column().nnz == 0


@pytest.mark.parametrize("packed", ["", "no letters of ours!", "eJxjYGBg", 600 * "A"])
def test_a_damaged_footprint_is_refused(packed):
    with pytest.raises(ValueError, match=r"unpacked|longer or shorter"):
        PackedFootprint((20, 30), packed).column()


def test_pixels_outside_of_the_field_and_a_field_of_none_are_refused():
    packed = pack_footprint(footprints(), 0, (20, 30)).packed
    for dims in ((3, 4), (0, 30), (-1, -5), (10**6, 10**6)):
        with pytest.raises(ValueError, match=r"field|longer or shorter"):
            PackedFootprint(dims, packed).column()


def test_an_entry_survives_json():
    entry = new_entry("note", who="Ada “the first”", recording="f1", target=target(), text="<b>a\nb</b> 🧠 'x'")
    again = CurationEntry.from_json(json.loads(json.dumps(entry.to_json())))
    assert again == entry and entry.text == "<b>a b</b> 🧠 'x'"
    undo = new_entry("undo", who="Ada", recording="f1")
    assert CurationEntry.from_json(undo.to_json()) == undo


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"action": "note", "text": "x" * (MOST_NOTE + 1)}, f"at most {MOST_NOTE} characters; this one has 1001"),
        ({"action": "note", "text": "x" * 10_000}, "has 10000. Shorten it"),
        ({"who": "y" * (MOST_NAME + 1)}, f"1 to {MOST_NAME} characters"),
        ({"who": " \n "}, "1 to"),
        ({"action": "kill"}, "There are accept"),
        ({"target": None}, "belongs a component"),
        ({"action": "undo"}, "belongs no component"),
        ({"entry_id": "z" * 65}, "at most 64"),
    ],
)
def test_what_is_too_long_or_makes_no_sense_is_refused_with_its_limit(wrong, told):
    given = {"action": "accept", "who": "Ada", "recording": "f1", "target": target()} | wrong
    with pytest.raises(ParameterError, match=told):
        new_entry(given.pop("action"), **given)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"version": True},
        {"id": 3},
        {"text": 4},
        {"target": 5},
        {"target": {"run": "a"}},
        {"target": {"run": "a", "component": -1, "dims": [1, 2], "y_px": 0, "x_px": 0, "footprint": ""}},
        {"target": {"run": "a", "component": 1, "dims": [1], "y_px": 0, "x_px": 0, "footprint": ""}},
    ],
)
def test_what_is_no_entry_is_refused(wrong):
    whole = new_entry("accept", who="Ada", recording="f1", target=target()).to_json()
    with pytest.raises(ValueError, match="it"):
        CurationEntry.from_json(whole | wrong if isinstance(wrong, dict) else wrong)


def rated(decision, who, **more):
    return Judgement((Rating(who, decision, **more),))


def test_decisions_come_before_thresholds_and_say_what_these_would_have_said():
    checks = [{"measure": "snr", "value": 1.0, "bound": "upper", "threshold": 2.5, "passed": False}]
    rejected = Note("rejected", {"checks": checks})
    evaluation = Evaluation(np.array([False, True, False, True]), (rejected,) * 4)
    found = judged(
        evaluation,
        Judgements(
            {
                0: rated("accept", "Ada"),
                1: rated("reject", "Bob", is_carried=True),
                2: rated("unsure", "Ada"),
                9: rated("accept", "Ada"),
            }
        ),
    )
    assert found.accepted.tolist() == [True, False, False, True]
    assert found.reasons[2:] == evaluation.reasons[2:]
    assert text(found.reasons[0]) == "accepted by hand by Ada (thresholds: rejected, because SNR 1.00 ≤ 2.5)"
    assert why(found.reasons[1]).startswith("by hand by Bob, carried over (thresholds: rej")
    assert not evaluation.accepted[0], "the evaluation itself stays as it is"


def test_without_thresholds_the_reason_says_what_another_program_decided():
    evaluation = Evaluation(np.array([False]), (Note("rejected_by_program", {"program": "suite2p"}),))
    found = judged(evaluation, Judgements({0: rated("accept", "Ada")}))
    assert text(found.reasons[0]) == "accepted by hand by Ada (otherwise: Rejected by suite2p)"
