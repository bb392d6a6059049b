"""The rule that is applied is the rule that is told."""

import numpy as np
import pytest

from calscope.algorithms.evaluation.acceptance import accept_components
from calscope.model.acceptance_rule import in_signs, in_words
from calscope.model.groups import Thresholds
from calscope.model.results import ComponentQuality

USED = {"min_SNR": 2.5, "rval_thr": 0.85, "SNR_lowest": 0.5, "rval_lowest": -1.0, "use_cnn": True, "min_cnn_thr": 0.9,
        "cnn_lowest": 0.1, "use_soma": True, "min_soma": 0.5}  # fmt: skip


def test_the_rule_names_every_threshold_in_force():
    assert in_signs(USED) == (
        "Accepted where SNR > 2.5 or spatial r ≥ 0.85 or CNN ≥ 0.9, as long as SNR > 0.5 and r > -1 and CNN > 0.1 "
        "and the likeness to a soma ≥ 0.5."
    )
    words = in_words(USED)
    assert "exceeded 2.5 or its spatial correlation with the movie reached 0.85 or the score" in words
    assert "the first exceeded 0.5 and the second exceeded -1 and the score exceeded 0.1" in words


def test_what_is_not_in_force_is_not_named():
    for text in (in_signs, in_words):
        told = text(USED | {"use_cnn": False, "use_soma": False})
        assert "0.9" not in told and "0.1" not in told and "soma" not in told and "cell body" not in told


@pytest.mark.parametrize(
    ("snr", "r_value", "is_accepted"),
    [(2.5, 0.0, False), (2.51, 0.0, True), (1.0, 0.85, True), (1.0, 0.849, False), (0.5, 0.99, False)],
)
def test_thresholds_are_met_as_the_signs_say(snr, r_value, is_accepted):
    """SNR > 2.5 and spatial r ≥ 0.85 let pass, SNR > 0.5 must hold."""
    quality = ComponentQuality(*(np.array([value]) for value in (snr, r_value, np.nan)))
    assert accept_components(quality, **USED | {"use_cnn": False}).accepted.tolist() == [is_accepted]


def test_defaults_can_be_told():
    assert "SNR >" in in_signs(Thresholds().model_dump())
