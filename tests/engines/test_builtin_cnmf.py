"""The built-in engine hands CNMF's parameters on, and says where it uses others."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calscope.engines.builtin import BuiltinEngine
from calscope.engines.engine import Context, correct_motion
from calscope.model.errors import ParameterError
from calscope.model.movie import ArrayMovie, Movie
from calscope.model.params import Parameters
from calscope.model.progress import silent

CONTEXT = Context(silent, lambda name, shape, dtype: np.empty(shape, dtype), 1, Path())


def params(**changes):
    return Parameters().replace({"dataset.fr": 10.0, **{k.replace("__", "."): v for k, v in changes.items()}})


def blinking():
    """One cell that blinks, in noise."""
    frames = np.random.default_rng(0).poisson(60, (150, 40, 44)).astype(np.uint16)
    for start in (20, 70, 110):
        frames[start : start + 8, 16:25, 18:27] += 60
    return Movie(frames)


def test_fit_refit_and_measure_run_with_the_parameters():
    engine, wanted = BuiltinEngine(), params(cnmf__p=2, cnmf__nb=1, cnmf__K=2)
    first = engine.fit(blinking(), 0, wanted, CONTEXT)
    cells = engine.refit(blinking(), first, 0, wanted, CONTEXT)
    quality = engine.measure(blinking(), cells, wanted, CONTEXT)
    assert cells.g.shape == (cells.n, 2)
    assert cells.f.shape == (1, 150)
    assert quality.snr.max() > 5
    assert np.hypot(*(cells.centers_px()[quality.snr.argmax()] - [20, 22])) < 2


def test_a_border_of_nan_goes_through_to_the_end():
    texture = gaussian_filter(np.random.default_rng(1).standard_normal((40, 44)), 2)
    frames = (blinking().codes + 400 * texture).astype(np.float32)
    frames[:, :4] = frames[:, :, -3:] = np.nan
    engine, wanted = BuiltinEngine(), params(cnmf__K=2, cnmf__nb=1, motion__pw_rigid=False)
    motion = correct_motion(engine, ArrayMovie(frames), wanted, CONTEXT).corrected
    first = engine.fit(motion.movie, motion.border_px, wanted, CONTEXT)
    cells = engine.refit(motion.movie, first, motion.border_px, wanted, CONTEXT)
    quality = engine.measure(motion.movie, cells, wanted, CONTEXT)
    assert quality.snr.max() > 5
    for values in (cells.A.data, cells.C, cells.YrA, cells.b, cells.f, cells.sn, quality.snr):
        assert np.isfinite(values).all()


def test_measuring_needs_the_frame_rate():
    engine = BuiltinEngine()
    cells = engine.fit(blinking(), 0, params(), CONTEXT)
    with pytest.raises(ParameterError, match=r"dataset\.fr"):
        engine.measure(blinking(), cells, Parameters(), CONTEXT)


def test_what_differs_from_the_wish_is_told():
    effective = BuiltinEngine().effective
    assert not any(name.startswith("cnmf.") for name in effective(params(), (1500, 256, 256)))
    assert effective(params(), (1500, 30, 31))["cnmf.rf"] is None
    assert effective(params(cnmf__tsub=50), (100, 256, 256))["cnmf.tsub"] == 10
    assert effective(params(), (20_000, 256, 256))["cnmf.tsub"] == 4
