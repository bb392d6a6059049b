"""Measures after a change are those of the whole field to rounding, and most are not taken again."""

from dataclasses import replace

import numpy as np
import pytest
from edited_field import Field, without

from calscope.algorithms.evaluation.component_quality import measure_components
from calscope.algorithms.evaluation.measure_changed import Measured, measure_changed

GSIG = (4, 4)


@pytest.fixture(scope="module")
def field():
    return Field()


@pytest.fixture(scope="module")
def measured(field):
    return Measured(field.fit, measure(field.movie, field.fit))


def measure(movie, components):
    return measure_components(movie, components, gSig=GSIG, fr_hz=20.0, decay_time_s=0.4)


def most_overlapped(fit):
    return int((fit.A.T @ fit.A > 0).sum(axis=1).argmax())


def other_trace(fit, k):
    C = fit.C.copy()
    C[k] = np.roll(C[k], 30)
    return replace(fit, C=C)


def other_footprint(fit, k):
    A = fit.A.copy()
    A.data[A.indptr[k]] += 3.0
    return replace(fit, A=A)


def emptied(fit, k):
    A = fit.A.copy()
    A.data[slice(*A.indptr[k : k + 2])] = 0
    A.eliminate_zeros()
    return replace(fit, A=A)


def stayed(fit, k):
    return list(range(fit.n))


def one_less(fit, k):
    return [one for one in range(fit.n) if one != k]


def one_more(fit, k):
    return [-1 if one == k else one - (one > k) for one in range(fit.n)]


CHANGES = {
    "a trace": (None, other_trace, stayed),
    "a footprint": (None, other_footprint, stayed),
    "an empty footprint": (None, emptied, stayed),
    "one that is gone": (None, without, one_less),
    "one that came": (without, None, one_more),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_measured_is_what_the_whole_field_gives(field, measured, change):
    k = most_overlapped(field.fit)
    first, then, earlier = CHANGES[change]
    before = Measured(first(field.fit, k), measure(field.movie, first(field.fit, k))) if first else measured
    after = then(field.fit, k) if then else field.fit
    sizes = []

    def counted(movie, components):
        sizes.append((components.n, movie.shape[1] * movie.shape[2]))
        return measure(movie, components)

    found = measure_changed(field.movie, before, after, earlier(field.fit, k), gSig=GSIG, measure=counted)
    whole = measure(field.movie, after)
    for name, values in vars(whole).items():
        np.testing.assert_allclose(getattr(found, name), values, rtol=1e-4, atol=1e-5, equal_nan=True, err_msg=name)
    ((n, n_px),) = sizes
    assert n < after.n and n_px < field.movie.shape[1] * field.movie.shape[2]


def test_where_nothing_changed_nothing_is_measured(field, measured):
    def never(movie, components):
        raise AssertionError

    order = list(range(field.fit.n))
    found = measure_changed(field.movie, measured, field.fit, order, gSig=GSIG, measure=never)
    assert np.array_equal(found.snr, measured.quality.snr)
