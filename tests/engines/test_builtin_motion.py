"""How the built-in engine turns parameters into a motion correction."""

from pathlib import Path

import numpy as np

from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context, correct_motion
from calscope.model.movie import ArrayMovie
from calscope.model.params import Parameters
from calscope.model.progress import silent


def test_patches_larger_than_the_field_are_told():
    engine = BuiltinEngine()
    used = engine.effective(Parameters(), (100, 60, 200))
    assert used["motion.overlaps"] == (12, 24)
    assert "motion.pw_rigid" not in used
    assert engine.effective(Parameters(), (100, 60, 70))["motion.pw_rigid"] is False
    wide = Parameters().replace({"motion.max_shifts": [6, 40], "motion.pw_rigid": False})
    assert engine.effective(wide, (100, 60, 70))["motion.max_shifts"] == (6, 35)
    assert "motion.max_shifts" in engine.reasons
    assert not [name for name in engine.effective(Parameters(), (100, 256, 256)) if name.startswith("motion.")]


def test_parameters_reach_the_correction():
    frames = np.random.default_rng(0).poisson(40, (12, 60, 80)).astype(np.uint16)
    made = {}

    def allocate(name, shape, dtype):
        made[name] = np.zeros(shape, dtype)
        return made[name]

    params = Parameters().replace({"motion.strides": (20, 30), "motion.overlaps": (8, 10), "motion.max_shifts": (2, 1)})
    result = correct_motion(BuiltinEngine(), ArrayMovie(frames), params, Context(silent, allocate, 2, Path()))
    assert result.estimate.patch_shape_px == (28, 40)
    assert (np.abs(result.estimate.shifts_rig).max(axis=0) <= (2, 1)).all()
    assert result.corrected.movie.codes is made["movie"]
    assert made["movie"].any()
