"""What the adapter asks of CaImAn and makes of its answers, with stand-ins for the old and the new interface."""

import os
import sys
import tempfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from calscope.engines.caiman import CaimanEngine
from calscope.engines.engine import Context, correct_motion
from calscope.model.errors import Cancelled, EngineError, RecordingError
from calscope.model.movie import ArrayMovie, Movie
from calscope.model.notes import Note
from calscope.model.params import Parameters
from calscope.model.progress import silent

H, W, T = 40, 24, 30


@pytest.fixture
def context(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Context(
        progress=silent, allocate=lambda name, shape, dtype: np.zeros(shape, dtype), workers=1, scratch=scratch
    )


@pytest.fixture
def raw():
    return ArrayMovie(np.random.default_rng(0).integers(100, 900, (T, H, W)).astype(np.uint16))


@pytest.fixture
def movie(raw):
    return Movie(raw.frames - 100, scale=1.0, offset=100.0)


PARAMS = Parameters.from_dict(
    {
        "dataset": {"fr": 15.0},
        "motion": {"strides": [16, 12], "overlaps": [8, 4]},
        "cnmf": {"rf": 9, "stride": 4, "nb": 3},
    }
)


def chance():
    return np.random.get_state()[1].tolist()  # noqa: NPY002 - the state that CaImAn draws from


def the_cnmf():
    return sys.modules["caiman.source_extraction.cnmf.cnmf"].seen


def test_corrected_movie_is_in_the_units_of_the_raw_one(stand_in, raw, context):
    result = correct_motion(CaimanEngine(), raw, PARAMS, context)
    moved = np.roll(raw.frames, 1, axis=1)
    np.testing.assert_allclose(result.corrected.movie.read(0, T), moved, atol=result.corrected.movie.scale)
    assert result.corrected.movie.codes.dtype == np.uint16
    np.testing.assert_allclose(result.estimate.template, moved.mean(axis=0), rtol=1e-5)
    assert (result.corrected.corr_corrected > result.estimate.corr_raw).all()


def test_shifts_of_patches_are_rows_then_columns_at_the_patches_true_centres(stand_in, raw, context):
    result = correct_motion(CaimanEngine(), raw, PARAMS, context)
    assert result.estimate.shifts_els.shape == (T, 4, 2)
    assert (result.estimate.shifts_els == [1.0, 0.25]).all()
    # Patches of 24 x 16 px on a field of 40 x 24: they begin at rows 0 and 16, columns 0 and 8.
    np.testing.assert_array_equal(result.estimate.centers_px, [[11.5, 7.5], [11.5, 15.5], [27.5, 7.5], [27.5, 15.5]])
    assert result.estimate.patch_shape_px == (24, 16)


def test_field_of_one_patch_is_corrected_as_a_whole_and_it_is_said(stand_in, raw, context):
    large = PARAMS.replace({"motion.strides": [48, 48], "motion.overlaps": [24, 24]})
    assert CaimanEngine().effective(large, raw.shape)["motion.pw_rigid"] is False
    result = correct_motion(CaimanEngine(), raw, large, context)
    assert result.estimate.shifts_els is None
    assert context.effective["motion.pw_rigid"] is False
    assert context.effective["motion.strides"] == [40, 24]


def test_too_few_frames_are_refused_in_words(stand_in, raw, context):
    with pytest.raises(RecordingError, match="at least 10 frames"):
        correct_motion(CaimanEngine(), ArrayMovie(raw.frames[:9]), PARAMS, context)


def test_values_that_are_not_finite_are_replaced_and_told_of(stand_in, raw, context):
    frames = raw.frames.astype(np.float32)
    frames[3, 5, 6] = np.nan
    result = correct_motion(CaimanEngine(), ArrayMovie(frames), PARAMS, context)
    assert np.isfinite(result.corrected.movie.read(0, T)).all()
    assert Note("frames_not_finite", {"n": 1, "n_frames": 30}) in result.estimate.notes


def test_parameters_reach_caiman_and_are_read_back(stand_in, movie, context):
    CaimanEngine().fit(movie, 0, PARAMS, context)
    held = the_cnmf()[-1][1]
    assert held.init["nb"] == 3
    assert held.init["K"] == PARAMS.cnmf.K
    assert list(held.init["gSiz"]) == [9, 9]
    assert held.preprocess["p"] == held.temporal["p"] == 1
    assert held.data["fr"] == 15.0
    assert the_cnmf()[-1][2] == {"rf": 9, "stride": 4, "only_init": True, "n_processes": 1}
    assert context.effective["cnmf.nb"] == 3
    assert context.effective["dataset.fr"] == 15.0
    assert context.effective["caiman.fit"]["merging"] == {"merge_thr": 0.85}


def test_every_fit_has_its_own_object_and_parameters(stand_in, movie, context):
    engine = CaimanEngine()
    first = engine.fit(movie, 0, PARAMS, context)
    engine.fit(movie, 0, PARAMS, context)
    engine.refit(movie, first, 0, PARAMS, context)
    (one, its, patch, _), (two, others, again, _), (_, _, refit, start) = the_cnmf()[-3:]
    assert one is not two
    assert its is not others
    assert patch["rf"] == again["rf"] == 9  # what the first one did to its parameters is not seen by the second
    assert refit["rf"] is None
    assert refit["only_init"] is False
    assert (start != first.A).nnz == 0
    assert start is not first.A


def test_estimates_become_components(stand_in, movie, context):
    found = CaimanEngine().fit(movie, 0, PARAMS, context)
    assert (found.n, found.dims, found.n_frames) == (3, (H, W), T)
    assert found.footprint(1)[1, 0] == 1  # Fortran order: the second pixel is below the first
    assert found.bl.tolist() == [1, 1, 1]
    assert found.c1.tolist() == [2, 2, 2]
    assert found.g.shape == (3, 1)
    assert found.sn.shape == (H * W,)
    assert (found.S == 0).all()  # the stand-in, like CaImAn before deconvolution, leaves it empty
    assert found.A.dtype == found.C.dtype == np.float32


def test_scores_of_a_network_that_did_not_run_are_not_numbers(stand_in, movie, context):
    engine = CaimanEngine()
    quality = engine.measure(movie, engine.fit(movie, 0, PARAMS, context), PARAMS, context)
    assert quality.snr.tolist() == [1, 2, 3]
    assert np.isnan(quality.cnn).all()
    assert quality.cnn.shape == (3,)


def test_a_network_without_its_files_is_refused_before_anything_is_computed(
    stand_in, movie, context, monkeypatch, tmp_path
):
    monkeypatch.setenv("CAIMAN_DATA", str(tmp_path))
    with pytest.raises(EngineError, match=r"use_cnn is on.*cnn_model") as told:
        CaimanEngine().fit(movie, 0, PARAMS.replace({"evaluation.use_cnn": True}), context)
    assert "use_cnn=false" in str(told.value)
    assert not list(context.scratch.iterdir())


def test_surroundings_are_put_back(stand_in, movie, context, monkeypatch, capsys):
    monkeypatch.setenv("SLURM_SUBMIT_DIR", "/somewhere")
    monkeypatch.delenv("CAIMAN_TEMP", raising=False)
    before = dict(os.environ), tempfile.tempdir, chance()
    CaimanEngine().fit(movie, 0, PARAMS, context)
    assert (dict(os.environ), tempfile.tempdir, chance()) == before
    assert capsys.readouterr().out == ""


def test_a_wish_to_stop_leaves_caiman_at_its_next_line_of_log(stand_in, movie, context):
    def stop_at_merging(fraction, note="", /):
        if "merging" in note:
            raise Cancelled

    stopping = Context(stop_at_merging, context.allocate, 1, context.scratch)
    with pytest.raises(Cancelled):
        CaimanEngine().fit(movie, 0, PARAMS, stopping)
    assert "CAIMAN_TEMP" not in os.environ


def test_errors_inside_caiman_come_out_in_words(stand_in, movie, context, monkeypatch):
    import caiman.source_extraction.cnmf.cnmf as module

    def fail(self, images):
        raise Exception("one or more of the background components is empty")

    monkeypatch.setattr(module.CNMF, "fit", fail)
    with pytest.raises(EngineError, match=r"failed in the first fit: .*Use a lower cnmf\.nb"):
        CaimanEngine().fit(movie, 0, PARAMS, context)


def test_a_second_fit_of_nothing_is_refused(stand_in, movie, context):
    first = CaimanEngine().fit(movie, 0, PARAMS, context)
    with pytest.raises(EngineError, match="nothing to refit"):
        CaimanEngine().refit(movie, replace(first, A=first.A[:, :0]), 0, PARAMS, context)


def test_no_room_on_disk_is_said_before_writing(stand_in, movie, context, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(EngineError, match="GB are free"):
        CaimanEngine().fit(movie, 0, PARAMS, context)
