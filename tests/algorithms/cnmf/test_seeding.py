"""Components begun where a person saw a missed cell."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.algorithms.cnmf import cnmf
from calscope.algorithms.cnmf.factors import Factors
from calscope.algorithms.cnmf.local_background import BackgroundSubtractedMovie
from calscope.algorithms.cnmf.merging import merge
from calscope.algorithms.cnmf.seeding import add_seeds
from calscope.algorithms.threads import WorkerPool
from calscope.model.errors import ParameterError
from calscope.model.movie import Movie
from calscope.model.note_texts.all_texts import texts
from calscope.model.progress import silent
from calscope.model.seeds import as_seeds, check_inside

WANTED = {"gSig": (4, 4), "nb": 1, "p": 1, "merge_thr": 0.85, "bas_nonneg": True}
CELLS = [(20, 18), (22, 44), (44, 30)]
EMPTY = (56, 52)


@pytest.fixture(scope="module")
def movie():
    """Three cells of radius 5 px that flash at different times, on a flat noisy field that is not square."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:64, :60]
    A = np.stack([((y - cy) ** 2 + (x - cx) ** 2 <= 25).astype(float) for cy, cx in CELLS])
    C = np.stack([np.convolve(rng.random(400) < 0.04, 0.85 ** np.arange(60))[:400] for _ in CELLS])
    light = 60 + 30 * np.einsum("kyx,kt->tyx", A, C)
    return Movie(rng.poisson(light).astype(np.uint16)), A, C


@pytest.fixture(scope="module")
def first(movie):
    found = cnmf.fit(movie[0], border_px=0, K=3, rf=None, stride=0, gSiz=(9, 9), **WANTED)
    assert found.n == 3
    return found


def without(found, cell):
    """The first fit as if that cell had been missed."""
    distance = np.linalg.norm(found.centers_px() - CELLS[cell], axis=1)
    keep = np.arange(found.n) != distance.argmin()
    names = ("C", "S", "YrA", "bl", "c1", "g", "neurons_sn")
    return replace(found, A=found.A[:, keep], **{name: getattr(found, name)[keep] for name in names})


def likeness(found, A, C, cell):
    """Cosine of footprints, correlation of traces, of the component that is most like a cell."""
    images = np.array([found.footprint(k).ravel() for k in range(found.n)])
    cosine = images @ A[cell].ravel() / np.linalg.norm(A[cell])
    best = int(cosine.argmax())
    return cosine[best], np.corrcoef(found.C[best], C[cell])[0, 1]


def test_a_missed_cell_comes_back_at_its_seed_and_only_with_it(movie, first, monkeypatch):
    monkeypatch.setattr(cnmf, "find_residual_seeds", lambda *args, **kwargs: ())
    frames, A, C = movie
    missed = without(first, 1)
    plain = cnmf.refit(frames, missed, **WANTED)
    assert plain.n == 2 and likeness(plain, A, C, 1)[0] < 0.2
    y, x = CELLS[1]
    found = cnmf.refit(frames, missed, seeds=((y + 2, x - 2),), **WANTED)
    assert found.n == 3
    cosine, r = likeness(found, A, C, 1)
    assert cosine > 0.97 and r > 0.97
    assert "1 of 1 seeds that were placed by hand became components." in texts(found.notes)


def test_the_last_cell_of_a_field_can_be_seeded_too(movie, first):
    frames, A, C = movie
    nobody = without(without(without(first, 0), 1), 2)
    assert nobody.n == 0
    found = cnmf.refit(frames, nobody, seeds=tuple(CELLS), **WANTED)
    assert found.n == 3, "what the second look finds at a seed is not begun twice"
    assert min(min(likeness(found, A, C, cell)) for cell in range(3)) > 0.95


def test_seeds_begun_side_by_side_are_those_begun_one_by_one(movie):
    frames, _, _ = movie
    n_px, n_frames = 64 * 60, frames.shape[0]
    level = frames.codes.mean(axis=0, dtype=np.float32).reshape(n_px, 1)
    nobody = csc_matrix((n_px, 0), dtype=np.float32), np.zeros((0, n_frames), np.float32)
    start = Factors((64, 60), *nobody, level, np.ones((1, n_frames), np.float32), np.sqrt(level).ravel())
    # The second and the last see what the first takes; the others are out of its reach.
    seeds, changes = ((20, 18), (21, 20), (22, 44), (44, 30), (19, 17)), {"gSig": (2, 2), "gSiz": (5, 5)}
    single = start
    with WorkerPool(3) as pool:
        together = add_seeds(start, BackgroundSubtractedMovie(frames), seeds, pool=pool, progress=silent, **changes)
        for seed in seeds:
            single = add_seeds(
                single, BackgroundSubtractedMovie(frames), (seed,), pool=pool, progress=silent, **changes
            )
    assert together.n == single.n == 5
    assert together.seeds_of().tolist() == [0, 1, 2, 3, 4]
    assert np.allclose(together.A.toarray(), single.A.toarray(), atol=1e-4)
    assert np.allclose(together.C, single.C, atol=1e-2)


def test_what_was_asked_for_is_not_joined_with_its_double():
    A = csc_matrix(np.array([[0.6, 0.6], [0.8, 0.8], [0, 0]], np.float32))
    C = np.tile(np.arange(5, dtype=np.float32), (2, 1))
    nothing = np.zeros((3, 0), np.float32), np.zeros((0, 5), np.float32), np.ones(3, np.float32)
    twins = Factors((1, 3), A, C, *nothing)
    assert merge(twins, 0.85)[1] == 1
    assert merge(replace(twins, seed_of=np.array([-1, 0])), 0.85)[1] == 0


def test_a_seed_where_nothing_moves_is_told(movie, first):
    """Constant pixels have no residual; the seed there can't become anything."""
    codes = movie[0].codes.copy()
    codes[:, 40:, 40:] = 7
    dark = Movie(codes)
    found = cnmf.refit(dark, first, seeds=(EMPTY,), **WANTED)
    assert found.n == 3
    assert "0 of 1 seeds that were placed by hand became components. Around (56, 52) (y, x)" in " ".join(
        texts(found.notes)
    )


def test_a_seed_at_the_corner_does_not_break(movie, first):
    found = cnmf.refit(movie[0], first, seeds=((0, 0), (63, 59)), **WANTED)
    assert found.n <= 5 and np.isfinite(found.C).all()


def test_seeds_in_any_order_are_the_same_seeds():
    assert as_seeds([[5, 6], (1, 2), (5, 6)]) == ((1, 2), (5, 6))
    assert as_seeds([]) == ()


@pytest.mark.parametrize("place", [(1,), (1, 2, 3), (-1, 2), (1.5, 2), (True, 2), "ab"])
def test_what_is_no_pixel_is_refused(place):
    with pytest.raises(ParameterError, match=r"A seed is a pixel \(y, x\)"):
        as_seeds([place])


@pytest.mark.parametrize("seed", [(64, 0), (0, 60)])
def test_a_seed_outside_of_the_field_is_refused(seed):
    check_inside(((63, 59), (0, 0)), (64, 60))
    with pytest.raises(ParameterError, match=r"outside of the field of 64 x 60 px"):
        check_inside((seed,), (64, 60))
