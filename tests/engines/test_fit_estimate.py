"""What can't work is refused before anything runs, by parameters and shape alone."""

import psutil
import pytest

from calscope.engines.fit_estimate import check_fit, fit_bytes
from calscope.model.errors import ParameterError
from calscope.model.params import Parameters

SHAPE = (1500, 256, 256)


def with_values(**cnmf):
    return Parameters().replace({f"cnmf.{name}": value for name, value in cnmf.items()})


def test_more_components_than_a_patch_has_room_for_are_refused_with_the_most_that_fit():
    small = {"rf": 3, "stride": 1, "gSig": (2, 2), "gSiz": (5, 5)}
    with pytest.raises(ParameterError, match=r"K = 2000 .* patch of 49 px \(cnmf\.rf = 3\).* cnmf\.K to 12 or less"):
        check_fit(with_values(K=2000, **small), SHAPE, 2)
    check_fit(with_values(K=12, **small), SHAPE, 2)


def test_more_memory_than_there_is_is_refused_with_both_numbers(monkeypatch):
    params = with_values(K=2000, rf=None)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"total": 3_000_000_000}))
    with pytest.raises(ParameterError, match=r"about \d+\.\d GB of memory, and this machine has 3\.0 GB"):
        check_fit(params, SHAPE, 2)


@pytest.mark.parametrize("shape", [(1500, 256, 256), (20_000, 512, 512), (3000, 1024, 1024), (40, 32, 28), (11, 8, 8)])
def test_usual_values_are_never_refused(shape, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"total": 16_000_000_000}))
    check_fit(Parameters(), shape, 8)


def test_memory_grows_with_components_and_workers_and_not_with_idle_workers():
    one = fit_bytes(with_values(rf=None, K=4), SHAPE, 1)
    assert fit_bytes(with_values(rf=None, K=40), SHAPE, 1) > one == fit_bytes(with_values(rf=None, K=4), SHAPE, 8)
    assert fit_bytes(with_values(rf=20), SHAPE, 8) > fit_bytes(with_values(rf=20), SHAPE, 1)


@pytest.mark.parametrize(
    ("shape", "values", "measured_mb"),
    [
        ((500, 128, 128), {"rf": 25, "stride": 10, "K": 4, "gSig": 3}, 157),
        ((500, 128, 128), {"rf": 3, "stride": 1, "K": 12, "gSig": 2}, 513),
        ((500, 128, 128), {"rf": None, "stride": 0, "K": 500, "gSig": 3}, 389),
        ((6000, 128, 128), {"rf": 25, "stride": 10, "K": 4, "gSig": 3}, 541),
        ((6000, 128, 128), {"rf": 10, "stride": 5, "K": 20, "gSig": 3}, 406),
        ((2000, 128, 128), {"rf": 3, "stride": 0, "K": 12, "gSig": 2}, 541),
        ((500, 256, 256), {"rf": 25, "stride": 10, "K": 4, "gSig": 3}, 193),
        ((500, 256, 256), {"rf": 25, "stride": 10, "K": 200, "gSig": 3}, 762),
        ((1500, 256, 256), {"rf": 40, "stride": 20, "K": 10, "gSig": 5}, 390),
        ((500, 512, 512), {"rf": 25, "stride": 10, "K": 4, "gSig": 3}, 363),
    ],
)
def test_it_is_never_under_what_was_measured_and_at_most_twice_as_much(shape, values, measured_mb):
    # Measured by benchmarks/fit_memory.py with two workers.
    side = 2 * values["gSig"] + 1
    params = with_values(**values | {"gSig": (values["gSig"],) * 2, "gSiz": (side, side)})
    assert 1 <= fit_bytes(params, shape, 2) / (1e6 * measured_mb) <= 2
