"""The built-in engine against what CaImAn 1.12.1 made of the same recordings; CaImAn itself is not needed."""

from functools import cache

import cv2
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import tifffile
from repository import SHARED

from calscope.algorithms.comparison.agreement import compare_shifts
from calscope.algorithms.comparison.caiman_quirks import correlation_as_caiman, evaluation_groups_of_caiman
from calscope.algorithms.comparison.truth_scores import displacement
from calscope.algorithms.evaluation.component_quality import measure_components
from calscope.algorithms.motion.estimate_motion import estimate_motion
from calscope.algorithms.summary import compute_summary
from calscope.model.movie import ArrayMovie, Movie
from calscope.model.results import Components
from calscope.pipeline.truth_file import read_truth

REFERENCE = SHARED / "reference"
pytestmark = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference recordings are not here")
NAMES = ["clear", "dim", "clutter"]


@cache
def raw(name):
    return tifffile.imread(REFERENCE / name / "movie.tif")


def caiman(name, file):
    path = REFERENCE / name / "caiman" / file
    return np.load(path) if path.suffix == ".npz" else pd.read_parquet(path)


def corrected_by_caiman(name):
    """CaImAn's corrected movie: each patch grid of shifts stretched over the frame, cubic."""
    frames, patches = raw(name), caiman(name, "motion_patches.npz")
    (height, width), centers = frames.shape[1:], patches["centers"]
    grid = len(np.unique(centers[:, 0])), len(np.unique(centers[:, 1]))
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    out = np.empty(frames.shape, np.float32)
    for t, shifts in enumerate(patches["shifts"].astype(np.float32)):
        down, right = (
            cv2.resize(np.ascontiguousarray(shifts[:, k].reshape(grid)), (width, height), interpolation=cv2.INTER_CUBIC)
            for k in (0, 1)
        )
        frame = frames[t].astype(np.float32)
        moved = cv2.remap(frame, x - right, y - down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        out[t] = np.clip(moved, frame.min(), frame.max())
    movie = Movie(np.empty(out.shape, np.uint16), scale=float(np.ptp(out)) / 65535, offset=float(out.min()))
    movie.codes[:] = movie.encode(out)
    return movie


def components_of(name):
    traces = caiman(name, "traces.parquet").sort_values(["component", "frame"])
    n_frames, height, width = raw(name).shape
    C, sum_ = (traces[kind].to_numpy(np.float32).reshape(-1, n_frames) for kind in ("denoised", "raw"))
    background, empty = caiman(name, "background.npz"), np.zeros(len(C), np.float32)
    return Components(
        dims=(height, width),
        A=sp.csc_matrix(sp.load_npz(REFERENCE / name / "caiman" / "footprints.npz"), dtype=np.float32),
        C=C,
        S=np.zeros_like(C),
        YrA=sum_ - C,
        b=background["b"],
        f=background["f"],
        bl=empty,
        c1=empty,
        g=empty[:, None],
        neurons_sn=empty,
        sn=np.zeros(height * width, np.float32),
    )


@pytest.mark.parametrize("name", NAMES)
def test_correlation_image_is_caimans_where_its_diagonals_are_laid_as_it_lays_them(name):
    source, theirs = ArrayMovie(raw(name)), caiman(name, "images.npz")
    ours = compute_summary(source)
    np.testing.assert_array_equal(ours.max, theirs["max_before"])
    np.testing.assert_allclose(correlation_as_caiman(ours.corr, source), theirs["corr_before"], atol=1e-4)


@pytest.mark.parametrize("name", ["clear", "clutter"])
def test_measures_of_the_same_components_are_caimans_in_its_groups(name):
    movie, table = corrected_by_caiman(name), caiman(name, "components.parquet").sort_values("component")
    parts = [
        measure_components(movie, part, gSig=(4, 4), fr_hz=15.0, decay_time_s=0.4)
        for part in evaluation_groups_of_caiman(components_of(name))
    ]
    r, snr = (np.concatenate([getattr(part, field) for part in parts]) for field in ("r_value", "snr"))
    np.testing.assert_allclose(snr, table["snr"], rtol=0.05)
    np.testing.assert_allclose(r, table["r_value"], rtol=0.05, atol=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_rigid_shifts_are_caimans_or_nearer_the_truth(name):
    ours = estimate_motion(
        ArrayMovie(raw(name)),
        pw_rigid=False,
        strides=(48, 48),
        overlaps=(24, 24),
        max_shifts=(6, 6),
        max_deviation_rigid=3,
    ).shifts_rig
    theirs = caiman(name, "motion.parquet").sort_values("frame")[["shift_y_px", "shift_x_px"]].to_numpy()
    truth = read_truth(REFERENCE / name, len(ours))
    height, width = raw(name).shape[1:]
    places = np.stack(np.meshgrid(np.arange(8, height, 16), np.arange(8, width, 16), indexing="ij"), -1).reshape(-1, 2)
    whole = displacement(truth, places).mean(axis=1)
    error_of = [min(compare_shifts(sign * whole, shifts).rmse_px for sign in (1, -1)) for shifts in (ours, theirs)]
    assert compare_shifts(ours, theirs).rmse_px < 0.1 or error_of[0] < error_of[1]
    assert compare_shifts(ours, theirs).rmse_px < 0.15
