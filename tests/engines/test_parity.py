"""How far two analyses agree, measured on differences that are known."""

import multiprocessing
import re

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.algorithms.comparison.agreement import compare_shifts, match_footprints, trace_correlations
from calscope.algorithms.comparison.caiman_quirks import correlation_as_caiman
from calscope.algorithms.comparison.truth_scores import Truth, found_cells, motion_error_px
from calscope.algorithms.summary import compute_summary
from calscope.engines.builtin import BuiltinEngine
from calscope.export.report.parity_report import write_parity
from calscope.io.demo.demo_files import write_demo
from calscope.io.demo.simulate import PAD, Scene, Simulation
from calscope.io.readers.reader_registry import open_recording
from calscope.model.errors import Cancelled, EngineError
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.progress import silent
from calscope.model.recording import RecordingInfo
from calscope.pipeline.animal_results import AnimalResults
from calscope.pipeline.parity import engine_parity
from calscope.pipeline.parity.engine_parity import run_parity
from calscope.pipeline.parity.engine_process import run_apart, run_here
from calscope.pipeline.store import Store
from calscope.pipeline.truth_file import read_truth


def test_a_constant_offset_of_the_templates_is_no_difference():
    rng = np.random.default_rng(0)
    shifts = rng.normal(size=(400, 2))
    moved = shifts + np.array([0.5, -2.0])
    moved[:, 0] += rng.normal(0, 0.1, 400)
    found = compare_shifts(shifts, moved)
    assert found.rmse_px == pytest.approx(np.sqrt(0.1**2 / 2), rel=0.1)
    assert found.offset_px[1] == pytest.approx(-2.0)
    with pytest.raises(ValueError, match="different shapes"):
        compare_shifts(shifts, moved[:-1])


def test_footprints_are_paired_one_to_one_and_strangers_are_left():
    eye = np.eye(6)
    first = csc_matrix(eye[:, [0, 1, 2]] + 0.1 * eye[:, [1, 2, 3]])
    second = csc_matrix(5 * eye[:, [2, 5, 0]])  # the scale of a footprint doesn't matter
    matches = match_footprints(first, second)
    assert sorted(map(tuple, matches.pairs.tolist())) == [(0, 2), (2, 0)]
    assert matches.only_first.tolist() == [1]
    assert matches.only_second.tolist() == [1]
    assert (matches.cosines > 0.99).all()


def test_traces_of_pairs_are_correlated_and_a_constant_one_counts_nothing():
    t = np.arange(50.0)
    first, second = np.stack([t, np.ones(50)]), np.stack([-t, t])
    pairs = np.array([[0, 1], [0, 0], [1, 1]])
    assert trace_correlations(first, second, pairs).tolist() == pytest.approx([1, -1, 0])


@pytest.fixture(scope="module")
def simulation():
    return Simulation(
        Scene(frames=150, height=64, width=80, n_neurons=8, crowding=0.1, max_shift_px=3, spike_rate_hz=2)
    )


@pytest.fixture(scope="module")
def truth(simulation):
    return Truth(simulation.shifts, simulation.warp, simulation.masks, simulation.traces, simulation.spikes, PAD)


def test_the_truth_itself_is_found_without_error(truth):
    n, height, width = truth.masks.shape
    A = csc_matrix(np.roll(truth.masks, (2, -1), axis=(1, 2)).transpose(2, 1, 0).reshape(height * width, n))
    found = found_cells(truth, A, truth.traces)
    assert (found.f1, found.cosine, found.trace_r) == pytest.approx((1, 1, 1), abs=1e-3)
    half = found_cells(truth, A[:, : n // 2], truth.traces[: n // 2])
    assert half.precision == pytest.approx(1)
    assert half.recall < 0.7


def test_motion_error_is_that_of_what_is_left(truth):
    center = np.array([[31.5, 39.5]])
    from calscope.algorithms.comparison.truth_scores import displacement

    true = displacement(truth, center)
    for sign in (1, -1):
        assert motion_error_px(truth, sign * true + 7.0, center) == pytest.approx(0, abs=1e-6)
    assert motion_error_px(truth, np.zeros_like(true), center) > 0.3


def test_caimans_layout_of_diagonals_changes_nothing_where_diagonals_are_alike():
    rng = np.random.default_rng(0)
    movie = ArrayMovie((rng.random((50, 6, 7)) + rng.random((50, 1, 1))).astype(np.float32))
    corr = compute_summary(movie).corr
    laid = correlation_as_caiman(corr, movie)
    np.testing.assert_array_equal(laid[:, 0], corr[:, 0])  # the left column takes part in no exchange
    assert 0 < np.abs(laid - corr).max() < 0.1


class Twin(BuiltinEngine):
    """The built-in engine under CaImAn's name: perfect agreement."""

    name = "caiman"

    def correlation_image(self, source, context):
        return correlation_as_caiman(compute_summary(source).corr, source)


class Recording:
    """A simulation that says where it is."""

    def __init__(self, simulation, path):
        self.shape, self.dtype, self.read = simulation.shape, simulation.dtype, simulation.read
        self.info = RecordingInfo("mouse", str(path), simulation.shape, "uint16", 1, "f", fr_hz=14.7)


@pytest.mark.slow
def test_two_alike_engines_agree_in_everything(simulation, tmp_path, monkeypatch):
    simulation.save_truth(tmp_path / "truth.npz")
    monkeypatch.setattr(engine_parity, "CaimanEngine", Twin)
    monkeypatch.setattr(engine_parity, "get_engine", lambda name: Twin() if name == "caiman" else BuiltinEngine())
    fractions = []
    params = Parameters.from_dict({"motion": {"strides": [24, 24], "overlaps": [12, 12]}})
    recording = Recording(simulation, tmp_path / "movie.tif")
    report, matched = run_parity(
        recording,
        params,
        out=tmp_path,
        progress=lambda fraction, note="", /: fractions.append(fraction),
        run_engine=run_here,
    )
    assert report["same_input"]["correlation_image"] < 1e-6
    assert report["same_input"]["r_value"]["largest_difference"] < 1e-6
    whole = report["whole_way"]
    assert whole["shifts"]["whole_frame"]["rmse_px"] == 0
    assert whole["components"]["only_builtin"] == whole["components"]["only_caiman"] == 0
    assert whole["components"]["median_cosine"] == pytest.approx(1)
    assert whole["acceptance"]["agreement"] == 1
    ours, theirs = (report["engines"][name]["truth"] for name in ("builtin", "caiman"))
    assert ours == theirs
    assert ours["motion_rmse_px"] < ours["uncorrected_rmse_px"]
    assert fractions[-1] == pytest.approx(1)
    assert matched.correlation == pytest.approx(1) and matched.shown[0] == matched.shown[1]
    np.testing.assert_array_equal(matched.traces[0], matched.traces[1])
    assert matched.traces[0].max() == 1
    written = write_parity(report, tmp_path, matched)
    text = written[1].read_text(encoding="utf-8")
    assert "Motion error: the same." in text
    page = written[2].read_text(encoding="utf-8")
    assert page.count("<svg") == 7 and "Motion error: the same." in page
    assert page.count("<circle") == 3 * report["same_input"]["n_components"] + 2 * whole["components"]["matched"]
    n = whole["components"]["matched"]
    blue, orange = (re.findall(f'<path d="([^"]+)" stroke="{colour}"', page) for colour in ("#49b0ff", "#ff8a1f"))
    assert len(blue) == len(orange) == n and sorted(blue) == sorted(orange)
    assert 'href="data:image/png;base64,' in page and "built-in blue, CaImAn orange" in page
    assert f"Component {matched.shown[0]} of the built-in engine" in page
    assert "http" not in page, "it needs nothing from elsewhere"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "parity.html",
        "parity.json",
        "parity.md",
        "truth.npz",
    ]


@pytest.mark.slow
def test_an_engine_in_a_process_of_its_own_has_its_own_memory_and_leaves_the_same(tmp_path):
    write_demo(tmp_path / "demo", animals=1, frames=80, size=64)
    recording = open_recording(tmp_path / "demo" / "Animal_1" / "movie.tif")
    ballast = np.ones(100_000_000)  # 800 MB of this process
    told, lines = [], []
    runs = [
        run(
            recording,
            Parameters().replace({"motion.pw_rigid": False}),
            BuiltinEngine(),
            Store(tmp_path / place),
            1,
            lambda fraction, note="", /: told.append(fraction),
            lines.append,
        )
        for place, run in (("apart", run_apart), ("here", run_here))
    ]
    apart, here = runs
    assert ballast.nbytes < here.peak_memory_bytes and apart.peak_memory_bytes < here.peak_memory_bytes - 600e6
    assert told[-1] == 1 and lines
    C = [AnimalResults(Store(tmp_path / place), run.keys).refit.C for place, run in (("apart", apart), ("here", here))]
    # to rounding: the processes may have other numbers of threads for their linear algebra
    np.testing.assert_allclose(*C, rtol=1e-3, atol=1e-4 * C[0].max())


@pytest.mark.slow
def test_what_goes_wrong_in_that_process_is_told_and_a_wish_to_stop_ends_it(tmp_path):
    write_demo(tmp_path / "demo", animals=1, frames=80, size=64)
    recording = open_recording(tmp_path / "demo" / "Animal_1" / "movie.tif")
    rest = (BuiltinEngine(), Store(tmp_path / "store"), 1)

    def stop(fraction, note="", /):
        raise Cancelled

    with pytest.raises(Cancelled):
        run_apart(recording, Parameters(), *rest, stop, lambda line: None)
    assert not multiprocessing.active_children()
    wrong = Parameters().replace({"cnmf.K": 2000})
    with pytest.raises(EngineError, match="K"):
        run_apart(recording, wrong, *rest, silent, lambda line: None)


def test_a_recording_without_truth_is_compared_without(tmp_path):
    assert read_truth(tmp_path / "movie.tif", 10) is None
