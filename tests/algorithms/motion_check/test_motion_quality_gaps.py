"""Judging what an engine left without numbers: frames, or a template, that aren't finite."""

from dataclasses import replace

import numpy as np
import pytest
from motion import correct_movie

from calscope.algorithms.motion_check.motion_quality import measure_motion
from calscope.io.demo.simulate import Scene, Simulation
from calscope.model.movie import ArrayMovie
from calscope.model.progress import silent
from calscope.model.results import MotionCorrection

LOST = slice(30, 34)


def correct(source, progress=silent):
    return correct_movie(
        source,
        pw_rigid=True,
        strides=(24, 24),
        overlaps=(12, 12),
        max_shifts=(6, 6),
        max_deviation_rigid=3,
        workers=2,
        progress=progress,
    )


@pytest.fixture(scope="module")
def judged():
    movie = ArrayMovie(Simulation(Scene(frames=80, height=64, width=72, n_neurons=6, seed=76)).read(0, 80))
    return movie, correct(movie)


def _spoilt(result, lost):
    """Without numbers in some frames (rows, of the template) of those arrays that it has."""
    arrays = {name: getattr(result, name).copy() for name in lost if hasattr(result, name)}
    for values in arrays.values():
        values[LOST] = np.nan
    return replace(result, **arrays)


@pytest.mark.parametrize("lost", [("shifts_rig", "shifts_els"), ("corr_raw", "corr_corrected"), ("template",)])
def test_frames_without_numbers_are_left_out(judged, lost):
    movie, motion = judged
    estimate, corrected = (_spoilt(part, lost) for part in (motion.estimate, motion.corrected))
    spoilt = MotionCorrection(estimate, corrected)
    quality = measure_motion(movie, spoilt, correct=correct, max_shifts=(6, 6), max_deviation_rigid=3, workers=2)
    assert quality.verdict == "use rigid" and quality.n_evaluated >= 48
    for values in (quality.shift_px, quality.margin_to_max_shift_px, quality.brightness_r):
        assert np.isfinite(values).all()
    for measures in quality.measures.values():
        assert np.isfinite([measures.crispness.value, measures.residual_flow_px.value]).all()
