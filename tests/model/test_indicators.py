import pytest

from calscope.model.lab.indicators import INDICATORS


@pytest.mark.parametrize(
    ("name", "half_decay_ms", "time_constant_ms"),
    [("jGCaMP8f", 67, 97), ("jGCaMP8s", 307, 442), ("jGCaMP7f", 182, 262)],
)
def test_a_time_constant_is_the_half_decay_time_over_ln_2(name, half_decay_ms, time_constant_ms):
    one = {one.name: one for one in INDICATORS}[name]
    assert 1000 * one.time_constant_s == pytest.approx(time_constant_ms, abs=0.6)
    assert f"half-decay time {half_decay_ms} ±" in one.in_words()


def test_each_figure_is_a_time_constant_with_a_source():
    assert all(one.source in one.in_words() and "time constant" in one.in_words() for one in INDICATORS)
    assert len({one.name for one in INDICATORS}) == len(INDICATORS)
