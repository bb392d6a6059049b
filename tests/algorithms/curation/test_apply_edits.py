"""Merged, split and drawn components against the cells that made the movie."""

import numpy as np
import pytest
from edited_field import SETTINGS, Field, without
from scipy.sparse import csc_matrix

from calscope.algorithms.curation.apply_edits import apply_edits
from calscope.model.curation.edits import Edit, unedited
from calscope.model.curation.packed_footprint import pack_footprint
from calscope.model.errors import Cancelled


@pytest.fixture(scope="module")
def field():
    made = Field()
    assert len(made.found) >= 8
    return made


@pytest.fixture(scope="module")
def edit(field):
    def go(edits, fit=None, **more):
        fit = field.fit if fit is None else fit
        start = {"start": unedited(fit), "n_made": 0} | more
        return apply_edits(field.movie, fit, tuple(edits), **start, **SETTINGS)

    return go


def pixels(field, k):
    return field.fit.A.indices[field.fit.A.indptr[k] : field.fit.A.indptr[k + 1]]


def outlined(field, inside):
    mask = np.zeros((field.fit.A.shape[0], 1), np.float32)
    mask[inside] = 1
    return Edit("draw", drawn=pack_footprint(csc_matrix(mask), 0, field.fit.dims))


def halves(field, k):
    own = pixels(field, k)
    x = own // field.fit.dims[0]
    left = x < np.median(x)
    return own[left], own[~left]


def clicked(field, k):
    y, x = np.rint(field.fit.centers_px()[k]).astype(int)
    return outlined(field, [y + x * field.fit.dims[0]])


def lonely(field):
    """A component that shares no pixel with another."""
    shared = (field.fit.A.T @ field.fit.A).toarray()
    np.fill_diagonal(shared, 0)
    return next(k for k in field.found if not shared[k].any())


def near(field):
    """The two components, of different cells, that lie nearest to each other."""
    centers = field.fit.centers_px()
    pairs = [(i, j) for i in field.found for j in field.found if i < j and field.cell_of[i] != field.cell_of[j]]
    return min(pairs, key=lambda pair: np.linalg.norm(centers[pair[0]] - centers[pair[1]]))


def test_fragments_of_a_cell_are_worse_than_what_they_are_merged_into(field, edit):
    gains = []
    for k in field.found[:6]:
        cell, left = field.cell_of[k], without(field.fit, k)
        one, other = (outlined(field, half) for half in halves(field, k))
        n, apart = left.n, edit([one, other], left)
        cosines = [field.likeness(apart.components, at, cell)[0] for at in (n, n + 1)]
        whole = edit([one, other, Edit("merge", ((0, 0), (1, 0)))], left)
        assert whole.components.n == n + 1 and whole.parts[-1] == (2, 0) and not whole.refused
        cosine, r = field.likeness(whole.components, n, cell)
        assert cosine > max(cosines) + 0.1 and cosine > 0.95 and r > 0.8
        better = max(field.raw_r(apart.components, at, cell) for at in (n, n + 1))
        gains.append(field.raw_r(whole.components, n, cell) - better)
    assert np.mean(gains) > 0 and min(gains) > -0.02, "more pixels, less noise; the better part was chosen by the truth"


def test_two_neighbours_that_were_one_component_are_told_apart(field, edit):
    i, j = near(field)
    together = edit([Edit("merge", ((-1, i), (-1, j)))])
    assert together.components.n == field.fit.n - 1
    apart = edit([Edit("merge", ((-1, i), (-1, j))), Edit("split", ((0, 0),))])
    n = field.fit.n
    assert apart.components.n == n and apart.parts[-2:] == ((1, 0), (1, 1))
    for cell in (field.cell_of[i], field.cell_of[j]):
        best = max(field.likeness(apart.components, k, cell) for k in (n - 2, n - 1))
        assert best[0] > 0.8 and best[1] > 0.9


def test_pieces_that_lie_apart_are_split_as_they_are(field, edit):
    k = lonely(field)
    own, left = pixels(field, k), without(field.fit, k)
    x = own // field.fit.dims[0]
    one, other = (outlined(field, own[side]) for side in (x < np.median(x) - 1, x > np.median(x) + 1))
    found = edit([one, other, Edit("merge", ((0, 0), (1, 0))), Edit("split", ((2, 0),))], left)
    assert found.components.n == left.n + 2 and not found.refused
    for part, drawn in ((-2, one), (-1, other)):
        assert set(found.components.A[:, [part]].indices) <= set(drawn.drawn.column().indices)


@pytest.mark.parametrize("drawn", [clicked, lambda field, k: outlined(field, pixels(field, k))])
def test_a_cell_that_was_taken_away_comes_back_where_it_is_drawn(field, edit, drawn):
    clear = [k for k in field.found if field.likeness(field.fit, k, field.cell_of[k])[1] > 0.95]
    for k in clear[:4]:
        found = edit([drawn(field, k)], without(field.fit, k))
        cosine, r = field.likeness(found.components, found.components.n - 1, field.cell_of[k])
        assert cosine > 0.9 and r > 0.9


def test_only_what_shares_pixels_with_a_change_changes(field, edit):
    i, j = near(field)
    found = edit([Edit("merge", ((-1, i), (-1, j)))])
    A = field.fit.A
    touched = np.asarray((A.T @ A[:, [i, j]]).sum(axis=1)).ravel() > 0
    second = np.asarray((A.T @ A[:, np.flatnonzero(touched)]).sum(axis=1)).ravel() > 0
    for at, (_, k) in enumerate(found.parts[:-1]):
        assert (found.components.A[:, [at]] != A[:, [k]]).nnz == 0
        if not touched[k]:
            assert np.array_equal(found.components.C[at], field.fit.C[k])
        if not second[k]:
            assert np.array_equal(found.components.YrA[at], field.fit.YrA[k])
    assert np.array_equal(found.components.b, field.fit.b)


def test_raw_traces_stay_what_the_movie_shows_under_the_new_footprints(field, edit):
    """For all components at once: aᵀ(Y - bf) is the raw trace and what overlaps add to it, before and after."""
    i, j = near(field)

    def seen(components, weights):
        shared = (components.A.T @ components.A).toarray()
        own = shared.diagonal()[:, None]
        return weights @ (components.raw * own + shared @ components.C - own * components.C)

    after = edit([Edit("merge", ((-1, i), (-1, j)))]).components
    kept = [k for k in range(field.fit.n) if k not in (i, j)]
    before = seen(field.fit, np.eye(field.fit.n)[kept])
    assert np.allclose(seen(after, np.eye(after.n)[:-1]), before, atol=1e-2 * before.std())


def test_one_after_the_other_is_the_same_as_all_at_once(field, edit):
    i, j = near(field)
    edits = [Edit("merge", ((-1, i), (-1, j))), clicked(field, lonely(field)), Edit("split", ((0, 0),))]
    at_once = edit(edits)
    first = edit(edits[:1])
    then = edit(edits, start=first, n_made=1)
    assert then.parts == at_once.parts and then.refused == at_once.refused
    assert np.array_equal(then.components.C, at_once.components.C)
    assert (then.components.A != at_once.components.A).nnz == 0


def test_what_can_not_be_done_changes_nothing_and_says_why(field, edit):
    k = lonely(field)
    far = max(field.found, key=lambda other: np.linalg.norm(field.fit.centers_px()[other] - field.fit.centers_px()[k]))
    two = outlined(field, pixels(field, k)[:2])
    bad = [
        Edit("merge", ((-1, k), (-1, int(far)))),
        Edit("split", ((-1, k),)),
        two,
        Edit("split", ((0, 0),)),
        Edit("merge", ((-1, k), (-1, field.fit.n + 3))),
    ]
    found = edit(bad)
    kinds = [found.refused[number].kind for number in range(5)]
    assert kinds == [
        "too_far_to_merge",
        "nothing_to_split",
        "outline_too_small",
        "edited_otherwise_before",
        "edited_otherwise_before",
    ]
    assert found.parts == unedited(field.fit).parts
    assert np.array_equal(found.components.C, field.fit.C)


def test_where_nothing_happens_no_component_begins(field, edit):
    codes = field.movie.codes.copy()
    codes[:, :30, :30] = 900
    dark = type(field.movie)(codes)
    nobody = without(field.fit, *range(field.fit.n))
    drawn = outlined(field, [5 + 5 * field.fit.dims[0]]), outlined(field, np.arange(4, 12) + 6 * field.fit.dims[0])
    found = apply_edits(dark, nobody, drawn, start=unedited(nobody), n_made=0, **SETTINGS)
    assert found.components.n == 0 and {note.kind for note in found.refused.values()} == {"nothing_left_there"}


def test_a_component_can_be_drawn_at_the_corner_and_where_there_was_none_at_all(field, edit):
    nobody = without(field.fit, *range(field.fit.n))
    corner = outlined(field, [y + x * field.fit.dims[0] for y in range(6) for x in range(6)])
    found = edit([clicked(field, field.found[0]), corner], nobody)
    assert found.components.n >= 1 and np.isfinite(found.components.C).all()
    assert field.likeness(found.components, 0, field.cell_of[field.found[0]])[1] > 0.8


def test_it_stops_when_it_is_asked_to(field, edit):
    def stop(fraction, note="", /):
        raise Cancelled

    with pytest.raises(Cancelled):
        edit([clicked(field, 0)], progress=stop)
