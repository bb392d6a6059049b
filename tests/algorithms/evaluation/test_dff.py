from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse

from calscope.algorithms.evaluation.dff import FEWEST_FRAMES, compute_dff, window_frames
from calscope.model.notes import Note
from calscope.model.results import Components


def components(raw, background=0.0, weights=(2.0, 1.0), noise=1.0):
    n, n_frames = raw.shape
    A = np.zeros((6, n), np.float32)
    for k in range(n):
        A[[k, k + 1], k] = weights
    none = np.zeros(n, np.float32)
    return Components(
        dims=(2, 3), A=scipy.sparse.csc_matrix(A), C=raw.astype(np.float32), S=np.zeros_like(raw),
        YrA=np.zeros_like(raw, np.float32), b=np.full((6, 1), background, np.float32),
        f=np.ones((1, n_frames), np.float32), bl=none, c1=none, g=np.zeros((n, 1), np.float32),
        neurons_sn=none + noise, sn=np.ones(6, np.float32),
    )  # fmt: skip


def test_a_transient_on_a_known_baseline():
    raw = np.zeros((1, 600), np.float32)
    raw[0, 300:310] = 15.0
    found = compute_dff(components(raw, background=50.0), fr_hz=10.0, window_s=20.0, quantile=8.0)
    # The footprint 2, 1 sees a background of 50 as 50 · 3 / 5 = 30 in the units of its trace.
    assert found.dff[0, 305] == pytest.approx(15 / 30)
    assert np.allclose(found.dff[0, :290], 0)
    # F0 in the units of the movie is the background itself.
    assert np.allclose(found.f0, 50.0)


def test_window_follows_bleaching_and_may_be_longer_than_the_recording():
    slow = np.linspace(100, 50, 900)[None].astype(np.float32)
    short = compute_dff(components(slow), fr_hz=10.0, window_s=3.0, quantile=50.0)
    long = compute_dff(components(slow), fr_hz=10.0, window_s=9999.0, quantile=8.0)
    assert np.abs(short.dff).max() < 0.03
    assert np.ptp(long.f0) == 0
    assert long.dff[0, 0] == pytest.approx(100 / np.percentile(slow, 8) - 1, rel=1e-5)


@pytest.mark.parametrize("odd", [0, 899])
def test_one_odd_frame_at_an_end_is_not_taken_for_the_baseline(odd):
    trace = np.full((1, 900), 100.0, np.float32)
    trace[0, odd] = 20.0  # the shutter
    found = compute_dff(components(trace), fr_hz=30.0, window_s=10.0, quantile=8.0)
    others = np.delete(found.dff[0], odd)
    assert np.abs(others).max() == 0


@pytest.mark.parametrize("noise", [1.0, 0.0])
def test_dff_is_withheld_where_the_baseline_is_not_above_the_noise(noise):
    raw = np.random.default_rng(0).normal(-5, 1, (2, 200)).astype(np.float32)
    raw[1] += 100
    found = compute_dff(components(raw, noise=noise), fr_hz=10.0, window_s=5.0, quantile=8.0)
    assert np.isnan(found.dff[0]).all() and np.isfinite(found.dff[1]).all()
    assert found.f0[0].max() < 0, "F0 says why"
    assert Note("dff_withheld", {"n": 1, "n_components": 2}) in found.notes


@pytest.mark.parametrize(("fr_hz", "window_s", "n_frames"), [(0.025, 34.0, 31), (3.0, 0.5, 400), (0.5, 34.0, 600)])
def test_the_window_holds_enough_frames_at_any_rate(fr_hz, window_s, n_frames):
    raw = np.full((1, n_frames), 100.0, np.float32)
    raw[0, 10:14] = 250.0
    found = compute_dff(components(raw), fr_hz=fr_hz, window_s=window_s, quantile=8.0)
    assert found.dff.max() == pytest.approx(1.5, rel=1e-3)
    assert [note.kind for note in found.notes] == ["dff_window_widened"]


def test_the_window_is_as_asked_for_where_it_holds_enough_frames():
    assert window_frames(34.0, 15.0, 2000) == 510
    assert window_frames(34.0, 15.0, 300) == 300
    assert window_frames(0.5, 3.0, 2000) == FEWEST_FRAMES


def test_no_components_give_empty_arrays():
    found = compute_dff(components(np.zeros((0, 30), np.float32)), fr_hz=10.0, window_s=5.0, quantile=8.0)
    assert found.dff.shape == found.f0.shape == (0, 30)


def test_bleaching_that_a_constant_baseline_does_not_follow_is_reported():
    raw, bleached = np.full((1, 400), 10.0), components(np.full((1, 400), 10.0, np.float32), background=50.0)
    f = np.linspace(1, 0.5, 400, dtype=np.float32)[None]
    long = compute_dff(replace(bleached, f=f), fr_hz=10.0, window_s=60.0, quantile=8.0)
    short = compute_dff(replace(bleached, f=f), fr_hz=10.0, window_s=10.0, quantile=8.0)
    still = compute_dff(components(raw, background=50.0), fr_hz=10.0, window_s=60.0, quantile=8.0)
    assert [note.kind for note in long.notes] == ["dff_bleaching_not_followed"]
    assert not short.notes and not still.notes
