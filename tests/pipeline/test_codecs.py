from dataclasses import fields, replace

import numpy as np
import pytest
import stand_in
from scipy.sparse import csc_matrix

from calscope.model.curation.component_flags import FlagMeasures
from calscope.model.detection import FoundCells, KnownCells
from calscope.model.movie import Movie
from calscope.model.notes import Note
from calscope.model.results import (
    ComponentQuality,
    Confirmation,
    CorrectedMovie,
    Estimate,
    Evaluation,
    HalfFit,
    HalfFits,
    MotionEstimate,
    MotionGain,
    MotionMeasures,
    MotionQuality,
    MovieValues,
    RelativeFluorescence,
    Residual,
    SummaryImages,
)
from calscope.pipeline.codecs import CODECS, load_result, save_result


def floats(*shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype(np.float32)


def motion(**changes):
    rigid = MotionEstimate(
        template=floats(4, 3),
        shifts_rig=floats(5, 2),
        corr_raw=floats(5),
        rim_px=3,
        notes=(Note("frames_not_finite", {"n": 1, "n_frames": 5}),),
    )
    return replace(rigid, **changes)


def corrected():
    codes = np.arange(60, dtype=np.uint16).reshape(5, 4, 3)
    return CorrectedMovie(Movie(codes, scale=0.5, offset=-2.0), floats(5, seed=1), border_px=2)


def all_of_the_motion():
    values = MovieValues(floats(4, 3), (-np.inf, 1e30), float(np.float32(0.1)), 7.0)
    return motion(
        shifts_els=floats(5, 6, 2),
        centers_px=floats(6, 2),
        patch_shape_px=(72, 64),
        field_coefficients=floats(5, 4, 3, 2),
        values=values,
        notes=(),
    )


def estimate(value):
    return Estimate(value, value - 1, value + 1)


def motion_quality():
    measures = MotionMeasures(*(estimate(float(k)) for k in range(4)))
    gain = MotionGain("crispness", "raw", "rigid", estimate(0.5), 0.1, "better")
    return MotionQuality(
        shift_px=floats(5),
        margin_to_max_shift_px=floats(5),
        clipped=np.array([True, False, False, True, False]),
        got_worse=np.zeros(5, bool),
        brightness_r=0.25,
        brightness_p=0.5,
        measures={"raw": measures, "rigid": measures},
        gains=(gain,),
        verdict="use rigid",
        why=Note("verdict_use_raw", {"gains": [{"measure": "correlation", "value": 0.1}]}),
        n_evaluated=5,
        flags=(Note("frames_got_worse", {"n": 2, "n_frames": 5}),),
    )


def half(n):
    quality = ComponentQuality(floats(n), floats(n), floats(n), floats(n, 5))
    return HalfFit(stand_in.make_components((6, 5), n, 9).A, quality)


REASONS = (Note("accepted", {"checks": []}), Note("rejected_by_program", {"program": "“µ”"}))


def flag_measures(n):
    marks = {"motion": np.arange(6, dtype=np.int32).reshape(2, 3), "saturated": np.zeros((0, 3), np.int32)}
    numbers = {"overlap_with", "double_with"}
    arrays = {
        field.name: np.arange(n, dtype=np.int32) if field.name in numbers else floats(n)
        for field in fields(FlagMeasures)
        if field.name != "marks"
    }
    return FlagMeasures(**arrays, marks=marks)


RESULTS = {
    "images": ("before", SummaryImages(floats(4, 3), floats(4, 3, seed=1), floats(4, 3, seed=2))),
    "rigid": ("estimate", motion()),
    "piecewise": ("estimate", all_of_the_motion()),
    "corrected movie": ("apply", corrected()),
    "motion quality": ("motion_quality", motion_quality()),
    "components": ("refit", stand_in.make_components((6, 5), 4, 9, nb=2)),
    "no components": ("fit", stand_in.make_components((6, 5), 0, 9)),
    "no deconvolution": ("fit", stand_in.make_components((6, 5), 2, 9, p=0)),
    "component quality": (
        "component_quality",
        ComponentQuality(floats(3), floats(3), np.full(3, np.nan, np.float32), floats(3, 5)),
    ),
    "evaluation": (
        "evaluation",
        Evaluation(np.array([True, False]), REASONS),
    ),
    "nobody accepted": ("evaluation", Evaluation(np.zeros(0, bool), ())),
    "residual": ("residual", Residual(floats(4, 3), np.arange(12, dtype=np.int32).reshape(4, 3))),
    "half fits": ("half_fits", HalfFits(half(3), half(0))),
    "halves": ("halves", Confirmation((7, 9), 5)),
    "known cells": (
        "known_cells",
        KnownCells(half(4).A, floats(4, 9), floats(4), floats(4, 2), np.array([0, 0, 1, 1], np.int32), 0.5, 2.0),
    ),
    "found cells": (
        "known_found",
        FoundCells(
            *(floats(4), np.ones(4, bool), floats(4), floats(4, 2)),
            *(half(4).quality, np.array([0, 0, 1, 1], np.int32), 0.5, 2.0),
        ),
    ),
    "flags": ("flags", flag_measures(4)),
    "flags of nothing": ("flags", flag_measures(0)),
    "dff": ("dff", RelativeFluorescence(floats(3, 9), floats(3, 9))),
}


def assert_same(found, wanted):
    if isinstance(wanted, np.ndarray):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    elif isinstance(wanted, dict):
        assert set(found) == set(wanted)
        for name, value in wanted.items():
            assert_same(found[name], value)
    elif isinstance(wanted, csc_matrix):
        assert found.shape == wanted.shape and found.dtype == wanted.dtype
        np.testing.assert_array_equal(found.toarray(), wanted.toarray())
    elif isinstance(wanted, Movie):
        assert (found.scale, found.offset) == (wanted.scale, wanted.offset)
        np.testing.assert_array_equal(found.codes, wanted.codes)
    elif isinstance(wanted, MovieValues | HalfFit | ComponentQuality):
        for field in fields(wanted):
            assert_same(getattr(found, field.name), getattr(wanted, field.name))
    else:
        assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize("stage, result", RESULTS.values(), ids=RESULTS)
def test_every_result_comes_back_from_the_store(store, stage, result):
    with store.writer("ab" * 20, {}) as writer:
        save_result(stage, writer, result)
    found = load_result(stage, store.open("ab" * 20))
    assert type(found) is type(result)
    for field in fields(result):
        assert_same(getattr(found, field.name), getattr(result, field.name))


def test_every_stage_but_the_recording_itself_can_be_stored():
    from calscope.pipeline.stages import STAGES

    assert {stage.name for stage in STAGES} | {"edited"} == set(CODECS)


def test_footprints_from_the_store_can_be_worked_with(store):
    """They are read-only, which sparse operations that tidy up in place would stumble over."""
    tidy = stand_in.make_components((6, 5), 4, 9)
    doubled = np.repeat(tidy.A.indices[::-1], 2), np.repeat(tidy.A.data[::-1], 2) / 2
    untidy = csc_matrix((doubled[1], doubled[0], 2 * (tidy.A.nnz - tidy.A.indptr[::-1])), shape=tidy.A.shape)
    with store.writer("ab" * 20, {}) as writer:
        save_result("fit", writer, replace(tidy, A=untidy))
    A = load_result("fit", store.open("ab" * 20)).A
    np.testing.assert_array_equal(A.toarray(), tidy.A.toarray()[:, ::-1])
    np.testing.assert_allclose((A.T @ A).toarray(), A.toarray().T @ A.toarray())
    assert A.nnz == tidy.A.nnz and A.has_sorted_indices
    assert not untidy.has_canonical_format, "the caller's matrix is left as it was"
