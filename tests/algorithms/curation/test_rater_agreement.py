"""Cohen's kappa against numbers of textbooks and of scikit-learn, its interval, and whose decisions count."""

import numpy as np
import pytest

from calscope.algorithms.curation.rater_agreement import agreements, kappa_of
from calscope.model.curation.judgements import Judgement, Judgements
from calscope.model.curation.ratings import Rating
from calscope.model.note_texts import agreement_texts


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ([[20, 5], [10, 15]], 0.4),
        ([[45, 15], [25, 15]], 0.1304347826086957),
        ([[25, 35], [5, 35]], 0.25925925925925924),
        # Cohen 1960, table 1, with 200 diagnoses
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.4915254237288136),
        # sklearn.metrics.cohen_kappa_score of these 41 pairs, version 1.9.1
        ([[21, 2, 1], [3, 7, 2], [0, 1, 4]], 0.611578947368421),
        ([[0, 5], [5, 0]], -1.0),
    ],
)
def test_kappa_is_that_of_others(table, kappa):
    found = kappa_of(np.array(table))
    assert found.kappa == pytest.approx(kappa, abs=1e-9)
    assert found.low <= kappa <= found.high and found.n == np.sum(table)


@pytest.mark.parametrize("table", [np.zeros((3, 3), int), np.diag([7, 0, 0])])
def test_kappa_is_undefined_where_there_is_one_answer_or_none(table):
    found = kappa_of(table)
    assert np.isnan([found.kappa, found.low, found.high]).all() and found.to_json()["kappa"] is None


def test_raters_who_always_agree_have_an_interval_that_more_components_make_narrower():
    few, many = kappa_of(np.diag([5, 5])), kappa_of(np.diag([100, 100]))
    assert few.kappa == few.high == many.kappa == 1
    assert 0.4 < few.low < 0.9 and 0.95 < many.low < 1


@pytest.mark.parametrize(("n", "right"), [(15, 0.95), (30, 0.8), (60, 0.9)])
def test_the_interval_holds_the_true_kappa_in_nine_of_ten_or_more(n, right):
    rng = np.random.default_rng(n)
    given = right * np.eye(2) + (1 - right) / 2
    true = np.einsum("z,za,zb->ab", [0.7, 0.3], given, given)
    by_chance = (true.sum(axis=0) * true.sum(axis=1)).sum()
    kappa = (np.trace(true) - by_chance) / (1 - by_chance)
    found = [kappa_of(rng.multinomial(n, true.ravel()).reshape(2, 2)) for _ in range(150)]
    held = [one.low <= kappa <= one.high for one in found if np.isfinite(one.kappa)]
    assert 0.9 <= np.mean(held) <= 1
    assert np.median([one.high - one.low for one in found]) < 4 / np.sqrt(n), "an interval that says something"


def judgements(*components):
    """Each component as (who, decision, how) in turn."""
    at, by_component = 0, {}
    for k, said in enumerate(components):
        by_component[k] = Judgement(tuple(Rating(*one, at=at + i) for i, one in enumerate(said)))
        at += len(said)
    return Judgements(by_component)


def test_only_decisions_that_knew_no_other_one_count():
    found = agreements(
        judgements(
            [("Ada", "accept"), ("Bob", "reject", "blind"), ("Cleo", "accept", "settled")],
            [("Ada", "accept"), ("Bob", "accept", "blind")],
            [("Ada", "accept"), ("Ada", "reject"), ("Bob", "reject", "blind")],
            [("Ada", "accept"), ("Bob", "reject", "blind"), ("Ada", "reject")],  # she was persuaded
            [("Ada", "accept"), ("Bob", "reject")],  # he saw hers
            [("Bob", "accept", "blind"), ("Ada", "unsure", "blind")],
            [("Ada", "accept")],
            [("Ada", "accept"), ("Ada", None), ("Bob", "reject", "blind")],
        )
    )
    (one,) = found
    assert one.raters == ("Ada", "Bob") and one.all.n == 5 and one.all.n_same == 2
    assert one.without_unsure.n == 4 and one.n_settled == 1
    assert [(each.component, each.decisions, each.settled, each.settled_by) for each in one.disagreements] == [
        (0, ("accept", "reject"), "accept", "Cleo"),
        (3, ("accept", "reject"), None, ""),
        (5, ("unsure", "accept"), None, ""),
    ]
    assert one.table == {
        ("accept", "accept"): 1,
        ("accept", "reject"): 2,
        ("reject", "reject"): 1,
        ("unsure", "accept"): 1,
    }


def test_it_is_said_in_words_and_of_three_raters_for_each_two():
    said = [[("Ada", "accept"), ("Bob", "reject", "blind")], [("Ada", "reject"), ("Bob", "reject", "blind")]]
    said += [[("Ada", "accept"), ("Bob", "accept", "blind"), ("Cleo", "accept", "blind")]]
    found = agreements(judgements(*said))
    assert [(one.raters, one.all.n) for one in found] == [
        (("Ada", "Bob"), 3),
        (("Ada", "Cleo"), 1),
        (("Bob", "Cleo"), 1),
    ]
    told = agreement_texts.sentence(found[0].to_json())
    assert told.startswith(
        "Ada and Bob both judged 3 components, independently of each other, and agree on 2 (67 %). C"
    )
    assert told.endswith("One disagreement, 0 settled; where they are not settled, the thresholds decide.")
    assert "can't be told" in agreement_texts.sentence(found[1].to_json())
