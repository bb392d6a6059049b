"""SNR and r-value keep CaImAn's meaning: its own numbers are reproduced from its own traces and footprints."""

import cv2
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import tifffile
from repository import SHARED

from calscope.algorithms.evaluation.component_quality import (
    event_snr,
    half_sample_mode,
    highest_peaks,
    measure_components,
    spatial_r,
)
from calscope.model.movie import Movie
from calscope.model.results import Components

REFERENCE = SHARED / "reference"
needs_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="the folder ../shared/reference is not here")
FOLDERS = {"clear": "clear/caiman", "dim": "dim/caiman", "clutter": "clutter/caiman", "mouse2p": "mouse2p_caiman"}


def components_of(A, C, YrA, dims):
    n, n_frames = C.shape
    none, zero = np.zeros(n, np.float32), np.zeros_like(C)
    n_px = dims[0] * dims[1]
    return Components(
        dims=dims, A=scipy.sparse.csc_matrix(A, dtype=np.float32), C=C, S=zero, YrA=YrA,
        b=np.zeros((n_px, 1), np.float32), f=np.zeros((1, n_frames), np.float32), bl=none, c1=none,
        g=np.zeros((n, 1), np.float32), neurons_sn=none, sn=np.zeros(n_px, np.float32),
    )  # fmt: skip


def reference_components(folder):
    traces = pd.read_parquet(folder / "traces.parquet").sort_values(["component", "frame"])
    n = traces["component"].max() + 1
    C, raw = (traces[name].to_numpy(np.float32).reshape(n, -1) for name in ("denoised", "raw"))
    dims = np.load(folder / "images.npz")["template"].shape
    table = pd.read_parquet(folder / "components.parquet").sort_values("component")
    return components_of(scipy.sparse.load_npz(folder / "footprints.npz"), C, raw - C, dims), table


@needs_reference
@pytest.mark.parametrize("name", FOLDERS)
def test_snr_is_caimans(name):
    components, table = reference_components(REFERENCE / FOLDERS[name])
    snr = event_snr(traces=components.raw, fr_hz=15.0, decay_time_s=0.4)
    assert np.abs(snr / table["snr"].to_numpy() - 1).max() < 1e-4


def corrected_by(folder, frames):
    """The movie as CaImAn corrected it: its shifts stretched over the field, cubic interpolation."""
    patches = np.load(folder / "motion_patches.npz")
    grid = [np.unique(patches["centers"][:, axis]).size for axis in range(2)]
    shifts = patches["shifts"].astype(np.float32).reshape(len(frames), *grid, 2)
    height, width = frames.shape[1:]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    out = np.empty(frames.shape, np.float32)
    for t, frame in enumerate(frames.astype(np.float32)):
        field = cv2.resize(shifts[t], (width, height), interpolation=cv2.INTER_CUBIC)
        out[t] = cv2.remap(
            frame, x - field[..., 1], y - field[..., 0], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    return coded(out)


def coded(values):
    low, high = float(values.min()), float(values.max())
    movie = Movie(np.empty(values.shape, np.uint16), max((high - low) / 65535, 1e-9), low)
    movie.codes[:] = movie.encode(values)
    return movie


@needs_reference
@pytest.mark.parametrize("name", ["clear", "dim"])
def test_spatial_r_is_caimans(name):
    components, table = reference_components(REFERENCE / FOLDERS[name])
    movie = corrected_by(REFERENCE / FOLDERS[name], tifffile.imread(REFERENCE / name / "movie.tif"))
    r, theirs = spatial_r(movie=movie, components=components, fr_hz=15.0), table["r_value"].to_numpy()
    # CaImAn looks for neighbours within groups of 50 components, ours in the whole field: components with a neighbour
    # in another group have other frames of their own, and those few may differ.
    close = np.abs(r - theirs) < 0.05 * np.maximum(np.abs(theirs), 0.2)
    assert np.median(np.abs(r - theirs)) < 0.005
    assert close.mean() > 0.9


def test_half_sample_mode_finds_the_bulk():
    rng = np.random.default_rng(0)
    sample = np.concatenate([rng.normal(2.0, 0.1, 800), rng.uniform(0, 50, 400)])
    assert half_sample_mode(np.sort(sample)) == pytest.approx(2.0, abs=0.2)


def test_snr_grows_with_the_event_and_a_flat_trace_is_not_measured():
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((4, 1000)).astype(np.float32)
    for k, height in enumerate((0.0, 6.0, 12.0)):
        noise[k, 500:506] += height
    noise[3] = 1.0
    snr = event_snr(traces=noise, fr_hz=15.0, decay_time_s=0.4)
    # An event of 6 standard deviations is an SNR of 2: CaImAn counts in threes.
    assert snr[0] < 1.2 < snr[1] < snr[2]
    assert 1.5 < snr[1] < 3.0
    assert np.isnan(snr[3])


def test_peaks_are_the_highest_first_and_low_ones_are_left_out():
    trace = np.zeros(100)
    trace[[10, 30, 50]] = 5.0, 9.0, 2.0
    assert highest_peaks(trace).tolist() == [30, 10]
    assert highest_peaks(np.ones(20)).size == 0


def test_r_is_high_where_the_footprint_fits_its_own_transients():
    rng = np.random.default_rng(0)
    frames = rng.normal(100, 1, (300, 20, 24)).astype(np.float32)
    trace = np.zeros(300, np.float32)
    trace[[50, 120, 200]] = 30
    shape = np.outer(np.hanning(7), np.hanning(7)).astype(np.float32)
    frames[:, 5:12, 6:13] += trace[:, None, None] * shape
    images = np.zeros((2, 20, 24), np.float32)
    images[0, 5:12, 6:13] = shape
    images[1, 9:16, 14:21] = shape
    A = images.transpose(0, 2, 1).reshape(2, -1).T
    components = components_of(A, np.tile(trace, (2, 1)), np.zeros((2, 300), np.float32), (20, 24))
    alone, shared = (
        measure_components(coded(frames), components, gSig=(2, 2), fr_hz=3.0, decay_time_s=0.4, workers=n)
        for n in (1, 3)
    )
    assert alone.r_value[0] > 0.8
    assert abs(alone.r_value[1]) < 0.6
    for name, values in vars(alone).items():
        np.testing.assert_array_equal(getattr(shared, name), values, err_msg=name)


def test_no_components_give_empty_measures():
    nothing = components_of(np.zeros((12, 0)), np.zeros((0, 9), np.float32), np.zeros((0, 9), np.float32), (3, 4))
    quality = measure_components(
        Movie(np.zeros((9, 3, 4), np.uint16)), nothing, gSig=(4, 4), fr_hz=10.0, decay_time_s=0.4
    )
    assert quality.snr.shape == quality.r_value.shape == quality.cnn.shape == (0,)
