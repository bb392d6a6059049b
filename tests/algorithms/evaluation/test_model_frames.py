import numpy as np
from random_components import with_random_traces
from scipy.sparse import random as random_sparse

from calscope.algorithms.evaluation.model_frames import ModelFrames, ResidualFrames
from calscope.algorithms.motion_check.short_film import CroppedFrames
from calscope.model.movie import ArrayMovie

RNG = np.random.default_rng(11)
DIMS, CROP = (7, 9), (2, 6, 3, 8)


def found(n_frames=20, n=5):
    A = random_sparse(DIMS[0] * DIMS[1], n, density=0.3, format="csc", dtype=np.float32, rng=RNG)
    components = with_random_traces(A, DIMS, n_frames, RNG)
    components.b[:] = RNG.normal(size=components.b.shape)
    components.f[:] = RNG.normal(size=components.f.shape)
    return components


def test_model_is_the_sum_of_components_and_background_in_the_part_of_the_field():
    one = found()
    whole = one.A.toarray() @ one.C + one.b @ one.f
    expected = whole.reshape(*DIMS, -1, order="F").transpose(2, 0, 1)[:, 2:6, 3:8]
    model = ModelFrames(one, CROP)
    assert model.shape == (20, 4, 5)
    assert np.allclose(model.read(0, 20), expected, atol=1e-4)
    assert np.allclose(model.read(5, 9), expected[5:9], atol=1e-4)


def test_residual_and_model_together_are_the_movie_and_the_level():
    one = found()
    frames = RNG.normal(100, 5, (20, *DIMS)).astype(np.float32)
    movie, model = CroppedFrames(ArrayMovie(frames), CROP), ModelFrames(one, CROP)
    residual = ResidualFrames(movie, model, 40.0)
    assert np.allclose(residual.read(3, 11) + model.read(3, 11), frames[3:11, 2:6, 3:8] + 40, atol=1e-3)


def test_a_part_without_components_is_background_alone():
    one = found(n=0)
    expected = (one.b @ one.f).reshape(*DIMS, -1, order="F").transpose(2, 0, 1)
    assert np.allclose(ModelFrames(one, (0, *DIMS[:1], 0, DIMS[1])).read(0, 20), expected, atol=1e-4)
