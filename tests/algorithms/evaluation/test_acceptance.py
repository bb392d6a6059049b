import numpy as np
import pytest

from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.model.note_texts.all_texts import briefly, text, why
from calscope.model.notes import Note
from calscope.model.results import ComponentQuality

LIMITS = {
    "min_SNR": 2.0, "rval_thr": 0.85, "SNR_lowest": 0.5, "rval_lowest": -1.0,
    "use_cnn": False, "min_cnn_thr": 0.99, "cnn_lowest": 0.1,
}  # fmt: skip


def evaluated(snr, r, cnn=np.nan, **changes):
    quality = ComponentQuality(*(np.array([x], np.float32) for x in (snr, r, cnn)))
    found = accept_components(quality, **{**LIMITS, **changes})
    return bool(found.accepted[0]), text(found.reasons[0])


@pytest.mark.parametrize(
    ("snr", "r", "accepted", "reason"),
    [
        (4.1, 0.91, True, "accepted: SNR 4.10 > 2 and r 0.91 ≥ 0.85"),
        (4.1, 0.2, True, "accepted: SNR 4.10 > 2"),
        (1.0, 0.9, True, "accepted: r 0.90 ≥ 0.85"),
        (1.85, 0.66, False, "rejected: SNR 1.85 ≤ 2 and r 0.66 < 0.85"),
        (0.41, 0.99, False, "rejected: SNR 0.41 ≤ lowest 0.5"),
        (9.0, -1.0, False, "rejected: r -1.00 ≤ lowest -1"),
        (2.0, 0.0, False, "rejected: SNR 2.00 ≤ 2 and r 0.00 < 0.85"),
        (1.9981, 0.848, False, "rejected: SNR 1.998 ≤ 2 and r 0.848 < 0.85"),
        (2.0000001, 0.9, True, "accepted: r 0.90 ≥ 0.85"),
        (np.nan, 0.9, True, "accepted: r 0.90 ≥ 0.85"),
        (np.nan, np.nan, False, "rejected: SNR not measured and r not measured"),
    ],
)
def test_rule_and_reason(snr, r, accepted, reason):
    assert evaluated(snr, r) == (accepted, reason)


def test_the_network_counts_only_when_used():
    assert evaluated(1.0, 0.5, 0.999)[0] is False
    assert evaluated(1.0, 0.5, 0.999, use_cnn=True) == (True, "accepted: CNN 1.00 ≥ 0.99")
    assert evaluated(9.0, 0.9, 0.05)[0] is True
    assert evaluated(9.0, 0.9, 0.05, use_cnn=True) == (False, "rejected: CNN 0.05 ≤ lowest 0.1")
    assert evaluated(9.0, 0.9, np.nan, use_cnn=True)[0] is True


def with_soma(parts, **changes):
    """A component that SNR alone would accept."""
    measures = (np.array([x], np.float32) for x in (4.1, 0.2, np.nan))
    found = accept_components(
        ComponentQuality(*measures, soma_parts=np.array([parts], np.float32)), **{**LIMITS, **changes}
    )
    return bool(found.accepted[0]), text(found.reasons[0])


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ((0.3, 1, 1, 1, 1), "too thin or small"),
        ((1, 0.3, 1, 1, 1), "too large"),
        ((1, 1, 0.3, 1, 0.6), "not round"),
        ((1, 1, 0.4, 0.3, 1), "blurred edge"),
        ((1, 1, 1, 1, 0.3), "footprint unlike what lights up"),
    ],
)
def test_what_is_no_soma_is_rejected_for_its_weakest_part(parts, wrong):
    assert with_soma(parts) == (False, f"rejected: soma 0.30 < 0.5: {wrong}, though SNR 4.10 > 2")


def test_the_likeness_to_a_soma_is_a_threshold_and_a_switch():
    parts = (0.9, 1, 0.8, 0.5, 1)
    assert with_soma(parts) == (True, "accepted: SNR 4.10 > 2, soma 0.50")
    assert with_soma(parts, min_soma=0.51)[0] is False
    assert with_soma(parts, min_soma=0.51, use_soma=False) == (True, "accepted: SNR 4.10 > 2")
    assert with_soma([np.nan] * 5) == (True, "accepted: SNR 4.10 > 2, soma not measured")


def test_a_soma_alone_is_not_enough():
    assert with_soma([1] * 5, min_SNR=5.0) == (False, "rejected: SNR 4.10 ≤ 5 and r 0.20 < 0.85")


def test_reasons_are_the_checks_that_decided():
    found = accept_components(ComponentQuality(*np.array([[1.75, 0.25], [0.5, -1.0], [0, 0]], np.float32)), **LIMITS)
    missed = [
        {"measure": "snr", "value": 1.75, "bound": "upper", "threshold": 2.0, "passed": False},
        {"measure": "r_value", "value": 0.5, "bound": "upper", "threshold": 0.85, "passed": False},
    ]
    assert found.reasons[0] == Note("rejected", {"checks": missed})
    assert [check["bound"] for check in found.reasons[1].values["checks"]] == ["lowest", "lowest"]
    assert why(found.reasons[0]) == "SNR 1.75 ≤ 2 and r 0.50 < 0.85", "without the word, for a table that has it"
    assert briefly(found.reasons[0]) == "SNR ≤ 2, r < 0.85", "without the values, for a table that has them"
    assert briefly(found.reasons[1]) == "SNR ≤ lowest 0.5, r ≤ lowest -1"


def test_the_brief_reason_of_what_is_no_soma_is_what_is_wrong_with_it():
    good, thin = [1, 1, 1, 1, 1], [0.3, 1, 1, 1, 1]
    quality = ComponentQuality(*np.array([[4.1, 4.1], [0.9, 0.9], [0, 0]], np.float32), np.array([good, thin]))
    reasons = accept_components(quality, **LIMITS).reasons
    assert [briefly(reason) for reason in reasons] == ["SNR > 2, r ≥ 0.85", "too thin or small"]


def test_no_components_are_an_ordinary_result():
    nothing = np.zeros(0, np.float32)
    found = accept_components(ComponentQuality(nothing, nothing, nothing), **LIMITS)
    assert found.accepted.shape == (0,)
    assert found.accepted.dtype == bool
    assert found.reasons == ()
