import math

from calscope.model.lab.indicators import INDICATORS


def test_a_time_constant_is_the_half_decay_time_over_ln_2_and_each_figure_names_its_source():
    for one in INDICATORS:
        assert math.isclose(math.exp(-one.half_decay_s / one.time_constant_s), 0.5)
        assert one.source in one.in_words()
        assert "half-decay time" in one.in_words() and "time constant" in one.in_words()
    assert len({one.name for one in INDICATORS}) == len(INDICATORS)
