import base64
import json
import time

import numpy as np
import pytest
from random_components import with_random_traces
from scipy.sparse import csc_matrix

from calscope.model.results import RelativeFluorescence
from calscope.plots.scaling import envelope
from calscope.ui.linked import all_traces, trace_matrix, trace_means, trace_raster

RNG = np.random.default_rng(8)


def made(n=5, n_frames=300, dims=(30, 40)):
    """Components of one pixel each, in an order of their own, with random traces."""
    pixels = RNG.permutation(dims[0] * dims[1])[:n]
    A = csc_matrix((np.ones(n, np.float32), (pixels, np.arange(n))), shape=(dims[0] * dims[1], n))
    return with_random_traces(A, dims, n_frames, RNG)


def decoded(part):
    """The values of a part, as the page's script unpacks them."""
    codes = np.frombuffer(base64.b64decode(part["codes"]), np.uint8).reshape(-1, part["values"])
    low, high = (np.frombuffer(base64.b64decode(part[end]), "<f4")[:, None] for end in ("low", "high"))
    return np.where(codes == all_traces.MISSING, np.nan, low + codes / 254 * (high - low))


@pytest.mark.parametrize("kind", ["raw", "denoised", "spikes", "dF/F"])
def test_traces_come_back_to_half_a_step_of_their_own_range(kind):
    found = made(n=70)
    dff = RelativeFluorescence(found.C * 3, found.C)
    expected = {"raw": found.raw, "denoised": found.C, "spikes": found.S, "dF/F": dff.dff}[kind]
    data = all_traces.data_of(all_traces.coded(found, dff, kind), None, kind, found.n_frames, 20.0)
    step = (expected.max(axis=1) - expected.min(axis=1))[:, None] / 254
    assert (np.abs(decoded(data["whole"]) - expected) <= 0.51 * step).all()
    assert data["time_title"] == "time (s)" and data["whole"]["frames_per_pair"] == 1


def test_values_that_are_missing_stay_missing():
    found = made(n=3)
    ratio = np.array(found.C)
    ratio[0, 5:9] = np.nan
    ratio[1] = np.nan
    data = all_traces.part_data(all_traces.coded(found, RelativeFluorescence(ratio, ratio), "dF/F"), (0, 300))
    assert np.array_equal(np.isnan(decoded(data)), np.isnan(ratio))


def test_constant_traces_are_no_gap():
    values = all_traces.coded_values(np.full((1, 4), 7, np.float32), 1)
    assert values.codes.tolist() == [[0, 0, 0, 0]] and values.low[0] == values.high[0] == 7


def test_no_peak_is_lost_where_traces_are_thinned():
    found = made(n=900, n_frames=6000)
    found.S[17, 4321] = 99
    traces = all_traces.coded(found, None, "spikes")
    per = traces.frames_per_pair
    assert per > 1 and traces.codes.size <= all_traces.MOST_VALUES
    peaks = traces.peaks()
    assert peaks.shape == (900, -(-6000 // per))
    assert peaks[17].argmax() == 4321 // per and peaks[17].max() == pytest.approx(99)


def test_a_stretch_is_finer_than_the_whole():
    found = made(n=900, n_frames=6000)
    near = all_traces.coded(found, None, "denoised", (1000, 1300))
    part = all_traces.part_data(near, (1000, 1300))
    assert (part["start"], part["frames"], part["frames_per_pair"]) == (1000, 300, 1)
    step = (found.C[:, 1000:1300].max(axis=1) - found.C[:, 1000:1300].min(axis=1))[:, None] / 254
    assert (np.abs(decoded(part) - found.C[:, 1000:1300]) <= 0.51 * step).all()


@pytest.mark.parametrize("told", [None, "all", [5], [5, "x"], [9, 3], [4000, 5000]])
def test_stretches_that_are_none_are_not_taken(told):
    assert all_traces.stretch_in(told, 300) is None


def test_no_component_gives_no_traces():
    found = made(n=0)
    traces = all_traces.coded(found, None, "raw")
    json.dumps(all_traces.data_of(traces, None, "raw", found.n_frames, None), allow_nan=False)
    assert trace_raster.ranges_of(traces)["shared"] == (0.0, 1.0)


def test_mean_is_over_all_the_accepted_or_the_rejected_without_what_is_missing():
    found = made(n=130)
    ratio = np.array(found.C)
    ratio[3, 40:] = np.nan
    accepted = (RNG.random(130) > 0.5).tolist()
    dff = RelativeFluorescence(ratio, ratio)
    means = all_traces.means_of(all_traces.sums_of(found, dff, "dF/F", accepted))
    assert np.allclose(means["all"], np.nanmean(ratio, axis=0), atol=1e-5)
    assert np.allclose(means["accepted"], np.nanmean(ratio[accepted], axis=0), atol=1e-5)
    assert np.allclose(means["rejected"], np.nanmean(ratio[~np.array(accepted)], axis=0), atol=1e-5)


@pytest.mark.parametrize("kind", ["raw", "dF/F"])
def test_means_after_decisions_are_those_of_a_count_anew(kind):
    found = made(n=150)
    ratio = np.array(found.C)
    ratio[3, 40:] = np.nan
    dff = RelativeFluorescence(ratio, ratio)
    before = (RNG.random(150) > 0.5).tolist()
    now = [not one if RNG.random() > 0.4 else one for one in before]
    sums = all_traces.sums_of(found, dff, kind, before)
    moved = all_traces.means_of(all_traces.with_moved(sums, found, dff, kind, before=before, now=now))
    anew = all_traces.means_of(all_traces.sums_of(found, dff, kind, now))
    assert all(np.allclose(moved[name], anew[name], atol=1e-5) for name in all_traces.MEAN_OF)
    nobody = all_traces.means_of(all_traces.with_moved(sums, found, dff, kind, before=before, now=[False] * 150))
    assert np.isnan(nobody["accepted"]).all() and np.allclose(nobody["rejected"], nobody["all"], atol=1e-5)


def test_mean_of_none_is_missing():
    means = all_traces.means_of(all_traces.sums_of(made(n=4), None, "raw", [None] * 4))
    assert np.isfinite(means["all"]).all() and np.isnan(means["accepted"]).all() and np.isnan(means["rejected"]).all()


def test_every_order_has_every_component_once():
    found = made(n=40)
    orders = trace_raster.orders_of(found)
    assert list(orders) == ["similarity", "place", "activity", "number"]
    assert all(sorted(order) == list(range(40)) for order in orders.values())
    assert np.all(np.diff(found.centers_px()[orders["place"], 1]) >= 0), "the field is wider than high"
    json.dumps(orders)


def test_ranges_leave_out_the_noise_and_single_peaks_and_know_gaps():
    values = RNG.normal(10, 1, (2, 2000)).astype(np.float32)
    values[0] *= 100
    values[1, :1000] = np.nan
    traces = all_traces.coded_values(values, 1)
    found = trace_raster.ranges_of(traces)
    low, high = (np.frombuffer(base64.b64decode(found[end]), "<f4") for end in ("own_low", "own_high"))
    assert low == pytest.approx([np.percentile(values[0], 5), np.nanpercentile(values[1], 5)], rel=0.01)
    assert high == pytest.approx([np.percentile(values[0], 99.8), np.nanpercentile(values[1], 99.8)], rel=0.01)
    assert found["shared"][1] > 1000


def test_a_thousand_components_of_30_000_frames_are_under_2_mb():
    n, n_frames = 1000, 30_000
    found = made(n=n, n_frames=1, dims=(64, 64))
    flat = RNG.random((50, n_frames)).astype(np.float32)
    start = time.perf_counter()
    per = all_traces.MOST_VALUES // n
    traces = [all_traces.coded_values(*envelope(flat, per)) for _ in range(n // 50)]
    whole = all_traces.CodedTraces(
        np.concatenate([one.codes for one in traces]),
        np.concatenate([one.low for one in traces]),
        np.concatenate([one.high for one in traces]),
        traces[0].frames_per_pair,
    )
    near = all_traces.coded_values(RNG.random((n, all_traces.MOST_VALUES_OF_STRETCH // n)).astype(np.float32), 4)
    data = all_traces.data_of(whole, ((0, 600), near), "raw", n_frames, 30.0)
    means = {name: flat.mean(axis=0) for name in all_traces.MEAN_OF}
    more = {
        "orders": trace_raster.orders_of(found),
        "means": trace_means.means_data(means),
        **trace_raster.ranges_of(whole),
    }
    took = time.perf_counter() - start
    sent = len(json.dumps({**data, **more}))
    print(sent, took)
    assert sent < 2_000_000
    assert took < 20


def test_matrix_gives_each_pair_once_in_half_a_step_and_a_thousand_under_2_mb():
    found = made(n=1000, n_frames=200, dims=(64, 64))
    traces = np.array(all_traces.traces_of(found, None, "denoised"))
    traces[5] = 1
    data = trace_matrix.make_data(found, traces)
    codes = np.frombuffer(base64.b64decode(data["codes"]), np.uint8)
    assert len(codes) == 1000 * 999 // 2 and len(json.dumps(data)) < 1_000_000
    expected = np.corrcoef(np.delete(traces, 5, axis=0)[:40])
    for a, b, r in [(0, 1, expected[0, 1]), (4, 30, expected[4, 29])]:
        code = int(codes[b * (b - 1) // 2 + a])
        assert 2 * code / 254 - 1 == pytest.approx(r, abs=0.51 * 2 / 254)
    assert codes[5 * 4 // 2 + 2] == codes[9 * 8 // 2 + 5] == all_traces.MISSING
