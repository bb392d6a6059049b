"""How many verdicts are wrong among the unseen, against persons whose decisions are known; and what is doubtful."""

import numpy as np
import pytest

from calscope.algorithms.curation.likely_wrong import margins, what_is_left
from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.model.note_texts import left_texts
from calscope.model.results import ComponentQuality

THRESHOLDS = {"min_SNR": 2.0, "rval_thr": 0.85, "SNR_lowest": 0.5, "rval_lowest": -1.0, "use_soma": True}
THRESHOLDS |= {"min_soma": 0.5, "use_cnn": False, "min_cnn_thr": 0.99, "cnn_lowest": 0.1}


def recording(seed, n=80):
    """Cells and others, whose measures overlap more in some recordings than in others; and which are cells."""
    rng = np.random.default_rng(seed)
    true = rng.random(n) < rng.uniform(0.3, 0.8)
    soma = np.clip(rng.normal(np.where(true, 0.75, 0.3), rng.uniform(0.08, 0.16), n), 0, 1)
    snr = np.exp(rng.normal(np.where(true, 1.9, 0.9), 0.5, n))
    r = np.clip(rng.normal(np.where(true, 0.87, 0.6), np.where(true, 0.1, 0.25), n), -1, 1)
    area = np.round(np.exp(rng.normal(4.5, np.where(true, 0.2, 0.6), n)))
    parts = np.repeat(soma[:, None], 5, axis=1).astype(np.float32)
    nothing = np.full(n, np.nan, np.float32)
    return ComponentQuality(snr.astype(np.float32), r.astype(np.float32), nothing, parts), area, true


def verdicts(quality, thresholds=THRESHOLDS):
    return accept_components(quality, **thresholds).accepted


def estimate(quality, area, decisions, seen, thresholds=THRESHOLDS, *, accepted=None):
    accepted = verdicts(quality, thresholds) if accepted is None else accepted
    decided = np.where(seen, decisions, np.nan).astype(np.float32)
    return what_is_left(quality, area, accepted, thresholds, decided=decided, seen=seen)


@pytest.mark.parametrize("order", ["random", "doubtful first"])
@pytest.mark.parametrize("changed", [{}, {"use_soma": False}])
def test_the_interval_covers_the_true_number_in_nine_of_ten_whatever_was_looked_at_first(order, changed):
    covered, widths, thresholds = [], [], THRESHOLDS | changed
    for seed in range(30):
        quality, area, true = recording(seed)
        seen, accepted = np.zeros(len(true), bool), verdicts(quality, thresholds)
        for n_more in (0, 8, 24):
            said = estimate(quality, area, true, seen, thresholds)
            if order == "random":
                chosen = np.random.default_rng(seed).permutation(np.flatnonzero(~seen))[:n_more]
            else:
                chosen = np.argsort(np.nan_to_num(-said.wrong, nan=1))[:n_more]
            seen[chosen] = True
            said = estimate(quality, area, true, seen, thresholds)
            wrong = int((accepted != true)[~seen].sum())
            covered.append(said.low <= wrong <= said.high)
            widths.append((said.high - said.low) / said.n_unseen)
    assert np.mean(covered) >= 0.9
    assert np.mean(widths) < 0.3, "an interval that says something"


def test_a_person_who_judges_otherwise_than_the_thresholds_is_learnt():
    quality, area, _ = recording(3, n=200)
    decisions = quality.snr > 8  # the thresholds ask for 2
    seen = np.zeros(200, bool)
    before = estimate(quality, area, decisions, seen)
    seen[np.random.default_rng(0).permutation(200)[:80]] = True
    said = estimate(quality, area, decisions, seen)
    wrong = int((verdicts(quality) != decisions)[~seen].sum())
    assert wrong > 20 and before.high < wrong < 1.3 * said.expected and said.low <= wrong <= said.high


def test_what_is_near_a_threshold_is_doubtful_before_anything_was_decided():
    quality, area, true = recording(5, n=200)
    said = estimate(quality, area, true, np.zeros(200, bool))
    near = np.abs(margins(quality, verdicts(quality), THRESHOLDS))
    assert said.wrong[near < 0.5].mean() > 5 * said.wrong[near > 2].mean()
    assert ((margins(quality, verdicts(quality), THRESHOLDS) >= 0) == verdicts(quality)).all()


def test_looks_at_the_most_doubtful_bring_the_expected_number_under_one():
    quality, area, true = recording(7, n=150)
    said = estimate(quality, area, true, np.zeros(150, bool))
    assert said.expected > 1 and 0 < said.n_looks < 150
    left = np.sort(said.wrong)[: 150 - said.n_looks]
    assert left.sum() < 1 <= np.sort(said.wrong)[: 151 - said.n_looks].sum()
    assert f"{said.n_looks} more looks bring it under 1" in left_texts.sentence(said)


def test_those_judged_have_no_doubt_and_unsure_ones_count_as_seen():
    quality, area, true = recording(9)
    seen = np.zeros(80, bool)
    seen[:10] = True
    decided = np.where(np.arange(80) < 6, true, np.nan).astype(np.float32)
    said = what_is_left(quality, area, verdicts(quality), THRESHOLDS, decided=decided, seen=seen)
    assert (said.n_unseen, said.n_decisions) == (70, 6) and np.isnan(said.wrong[:10]).all()
    everything = estimate(quality, area, true, np.ones(80, bool))
    assert (everything.n_unseen, everything.expected, everything.low, everything.high) == (0, 0, 0, 0)
    assert left_texts.sentence(everything) == "None is unseen." and "6 decisions" in left_texts.about(said)


@pytest.mark.parametrize("n", [0, 1])
def test_none_found_one_component_and_measures_that_are_missing(n):
    for has_soma in (True, False):
        _, area, true = recording(1, n=n)
        nothing = np.full(n, np.nan, np.float32)
        parts = np.full((n, 5), np.nan, np.float32) if has_soma else None
        bare = ComponentQuality(nothing, nothing, nothing, parts)
        for thresholds in (THRESHOLDS, None):
            accepted = np.zeros(n, bool)
            said = estimate(bare, area, true, np.zeros(n, bool), thresholds, accepted=accepted)
            assert said.n_unseen == n and np.isfinite(said.wrong).all() and 0 <= said.low <= said.high <= n


def test_the_line_says_few_in_tenths():
    quality, area, true = recording(11, n=40)
    said = estimate(quality, area, true, np.arange(40) < 38)
    assert left_texts.sentence(said).startswith("2 unseen; expected wrong among them 0.")
