"""What every engine promises, asked of each of them on a simulated recording with known truth."""

import shutil
from dataclasses import dataclass, field

import numpy as np
import pytest

from calscope.algorithms.comparison.truth_scores import Truth, found_cells, motion_error_px
from calscope.engines.engine import Context, correct_motion
from calscope.engines.engine_registry import ENGINES
from calscope.io.demo.simulate import PAD, Scene, Simulation
from calscope.model.errors import Cancelled
from calscope.model.params import Parameters

PARAMS = Parameters.from_dict(
    {
        "dataset": {"fr": 14.7},
        "motion": {"strides": [30, 30], "overlaps": [18, 18]},
        "cnmf": {"rf": 20, "stride": 10, "K": 5},
    }
)
SCENE = Scene(frames=400, height=72, width=100, n_neurons=12, crowding=0.1, max_shift_px=4)


@dataclass
class Steps:
    """One engine and what its steps gave."""

    engine: object
    scratch: object
    fractions: list = field(default_factory=list)
    effective: dict = field(default_factory=dict)

    def context(self, progress=None, workers=1):
        self.fractions.clear()
        self.scratch.mkdir(exist_ok=True)
        told = progress or (lambda fraction, note="", /: self.fractions.append(fraction))
        return Context(told, lambda name, shape, dtype: np.zeros(shape, dtype), workers, self.scratch, self.effective)

    def motion(self, source, params=PARAMS, **more):
        return correct_motion(self.engine, source, params, self.context(**more))


@pytest.fixture(scope="module")
def simulation():
    return Simulation(SCENE)


@pytest.fixture(scope="module")
def truth(simulation):
    return Truth(simulation.shifts, simulation.warp, simulation.masks, simulation.traces, simulation.spikes, PAD)


@pytest.fixture(scope="module", params=["builtin", pytest.param("caiman", marks=pytest.mark.caiman)])
def steps(request, tmp_path_factory):
    engine = ENGINES[request.param]
    state = engine.availability()
    if not state.ok:
        pytest.skip(state.why_not)
    return Steps(engine, tmp_path_factory.mktemp(request.param) / "scratch")


@pytest.fixture(scope="module")
def motion(steps, simulation):
    result = steps.motion(simulation)
    assert steps.fractions == sorted(steps.fractions)
    return result


@pytest.fixture(scope="module")
def first(steps, motion):
    return steps.engine.fit(motion.corrected.movie, motion.corrected.border_px, PARAMS, steps.context())


@pytest.fixture(scope="module")
def refit(steps, motion, first):
    return steps.engine.refit(motion.corrected.movie, first, motion.corrected.border_px, PARAMS, steps.context())


@pytest.fixture(scope="module")
def quality(steps, motion, refit):
    return steps.engine.measure(motion.corrected.movie, refit, PARAMS, steps.context())


def test_motion_is_found(motion, truth):
    still = np.zeros_like(motion.estimate.shifts_els)
    error = motion_error_px(truth, motion.estimate.shifts_els, motion.estimate.centers_px)
    assert error < 0.5 * motion_error_px(truth, still, motion.estimate.centers_px)
    whole = np.array([[(SCENE.height - 1) / 2, (SCENE.width - 1) / 2]])
    assert motion_error_px(truth, motion.estimate.shifts_rig[:, None], whole) < 0.4


def test_motion_result_has_the_promised_form(motion, simulation):
    assert motion.corrected.movie.codes.dtype == np.uint16
    assert motion.corrected.movie.shape == simulation.shape
    assert motion.estimate.template.shape == simulation.shape[1:]
    assert motion.estimate.shifts_rig.shape == (SCENE.frames, 2)
    assert motion.estimate.shifts_els.shape == (SCENE.frames, len(motion.estimate.centers_px), 2)
    half = (np.array(motion.estimate.patch_shape_px) - 1) / 2
    assert (motion.estimate.centers_px.min(axis=0) == half).all()
    np.testing.assert_allclose(motion.estimate.centers_px.max(axis=0), np.array(simulation.shape[1:]) - 1 - half)


def test_corrected_movie_keeps_the_units_and_resembles_the_template_more(motion, simulation):
    raw = simulation.read(0, 100).mean()
    assert abs(motion.corrected.movie.read(0, 100).mean() - raw) < 0.02 * raw
    assert abs(motion.estimate.template.mean() - raw) < 0.1 * raw
    assert motion.corrected.corr_corrected.mean() > motion.estimate.corr_raw.mean() + 0.01
    assert 0 < motion.corrected.border_px < 12


def test_components_have_the_promised_form(first, refit):
    for found in (first, refit):
        n_pixels = SCENE.height * SCENE.width
        assert found.dims == (SCENE.height, SCENE.width)
        assert found.A.shape == (n_pixels, found.n)
        assert found.A.dtype == np.float32
        assert found.A.data.min() >= 0
        assert found.C.shape == found.S.shape == found.YrA.shape == (found.n, SCENE.frames)
        assert found.b.shape == (n_pixels, 2)
        assert found.f.shape == (2, SCENE.frames)
        assert found.g.shape == (found.n, 1)
        assert found.bl.shape == found.c1.shape == found.neurons_sn.shape == (found.n,)
        assert found.sn.shape == (n_pixels,)
        assert np.isfinite(found.raw).all()
    assert refit.S.min() > -1e-5 * refit.S.max()  # zero but for rounding


def test_cells_are_found_where_they_are(refit, truth):
    found = found_cells(truth, refit.A, refit.C)
    assert found.recall > 0.7
    assert found.cosine > 0.75
    assert found.trace_r > 0.8


def test_measures_tell_cells_from_the_rest(quality, refit, truth):
    assert quality.snr.shape == quality.r_value.shape == quality.cnn.shape == (refit.n,)
    assert np.isfinite(quality.snr).all()
    assert (np.abs(quality.r_value) <= 1).all()
    assert np.isnan(quality.cnn).all()
    good = (quality.snr > 2) | (quality.r_value > 0.85)
    kept = found_cells(truth, refit.A[:, good], refit.C[good])
    assert kept.precision >= found_cells(truth, refit.A, refit.C).precision


def test_number_of_workers_changes_nothing(steps, motion, first, refit):
    again = steps.engine.fit(motion.corrected.movie, motion.corrected.border_px, PARAMS, steps.context(workers=2))
    assert (again.A != first.A).nnz == 0
    np.testing.assert_array_equal(again.C, first.C)
    again = steps.engine.refit(
        motion.corrected.movie, first, motion.corrected.border_px, PARAMS, steps.context(workers=2)
    )
    np.testing.assert_array_equal(again.C, refit.C)


def test_every_step_can_be_stopped_on_the_way(steps, simulation, motion):
    def stop(fraction, note="", /):
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        steps.motion(simulation, progress=stop, workers=2)
    with pytest.raises(Cancelled):
        steps.engine.fit(motion.corrected.movie, motion.corrected.border_px, PARAMS, steps.context(stop, workers=2))


def test_nothing_is_left_outside_the_scratch_folder(steps, motion, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    steps.engine.fit(motion.corrected.movie, motion.corrected.border_px, PARAMS, steps.context())
    assert not list(tmp_path.iterdir())
    shutil.rmtree(steps.scratch)


def test_rigid_correction_has_no_patches(steps, simulation):
    class Short:
        shape, dtype, read = (120, *simulation.shape[1:]), simulation.dtype, simulation.read

    result = steps.motion(Short(), PARAMS.replace({"motion.pw_rigid": False}))
    assert result.estimate.shifts_els is None
    assert result.estimate.shifts_rig.shape == (120, 2)
    assert steps.engine.effective(PARAMS.replace({"motion.pw_rigid": False}), simulation.shape) == {}
