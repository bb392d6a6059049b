import numpy as np
import pytest

from calscope.algorithms.cnmf.patches import patch_grid
from calscope.plots.images import Panel
from calscope.plots.search_overlay import Search, Window, busiest_window, search_overlays, shared

DIMS = (60, 90)
SPOTS = np.asarray([[10, 12], [30, 40], [50, 80], [31, 47]])


def drawn(*, gSig=(4, 4), gSiz=(9, 9), rf=15, stride=10, K=2, dims=DIMS, spots=SPOTS, dxy_um=None):
    search = Search(gSig, gSiz, patch_grid(*dims, rf, stride), spots, spots, spots[:K], K)
    window = busiest_window(spots, dims, 48)
    return search_overlays(Panel(np.zeros(dims), "", (0.0, 1.0)), search, window, dxy_um), search, window


@pytest.mark.parametrize("gSig", [(4, 4), (3, 7)])
def test_rings_have_the_size_of_a_soma_and_lie_on_the_cells_in_the_window(gSig):
    (soma, _, _), search, window = drawn(gSig=gSig, gSiz=(11, 13))
    rings, squares = (lines.pieces for lines in soma.lines)
    inside = window.shows(search.cells_px)
    assert 0 < len(inside) == len(rings) == len(squares)
    for ring, square, (y, x) in zip(rings, squares, inside, strict=True):
        assert np.ptp(ring, axis=0) == pytest.approx([2 * gSig[1] + 1, 2 * gSig[0] + 1], abs=0.03)
        assert (ring.max(axis=0) + ring.min(axis=0)) / 2 == pytest.approx([x - window.left, y - window.top], abs=0.02)
        assert np.ptp(square, axis=0).tolist() == [13, 11]


def test_quilt_has_an_edge_wherever_a_patch_begins_or_ends_and_outlines_one_patch():
    (_, patches, _), search, _ = drawn()
    *_, edges, one = patches.lines
    flat = {tuple(line[:, 1]) for line in edges.pieces if np.ptp(line[:, 1]) == 0}
    upright = {tuple(line[:, 0]) for line in edges.pieces if np.ptp(line[:, 0]) == 0}
    assert {y[0] + 0.5 for y in flat} == {end for rows, _ in search.patches for end in (rows.start, rows.stop)}
    assert {x[0] + 0.5 for x in upright} == {end for _, cols in search.patches for end in (cols.start, cols.stop)}
    (corners,) = one.pieces
    top, left = corners.min(axis=0)[::-1] + 0.5
    bottom, right = corners.max(axis=0)[::-1] + 0.5
    assert (slice(int(top), int(bottom)), slice(int(left), int(right))) in search.patches


@pytest.mark.parametrize(("rf", "stride"), [(10, 5), (10, 18), (7, 0), (15, 10)])
def test_tinted_bands_are_what_two_or_more_patches_cover(rf, stride):
    cuts = sorted({(columns.start, columns.stop) for _, columns in patch_grid(*DIMS, rf, stride)})
    covered = np.zeros(DIMS[1], int)
    for start, stop in cuts:
        covered[start:stop] += 1
    tinted = np.zeros(DIMS[1], bool)
    for start, stop in shared(cuts, DIMS[1]):
        assert not tinted[start:stop].any()
        tinted[start:stop] = True
    assert np.array_equal(tinted, covered >= 2)
    assert (covered >= 1).all()


def test_seeds_are_dots_and_spots_left_out_are_hollow():
    (_, _, seeds), search, _ = drawn(K=3)
    hollow, dots = seeds.dots
    assert sorted(dots.places_px.tolist()) == sorted(search.seeds_px.tolist())
    assert hollow.places_px.tolist() == [[31, 47]] and hollow.colour == "none"


@pytest.mark.parametrize("dims", [(20, 90), (90, 20), (12, 12)])
def test_field_smaller_than_a_patch_and_not_square_can_be_drawn(dims):
    overlays, search, window = drawn(dims=dims, rf=None, spots=np.empty((0, 2), int), dxy_um=(1.0, 2.0))
    assert len(search.patches) == 1
    assert window == Window((dims[0] - window.side) // 2, (dims[1] - window.side) // 2, min(*dims, 48))
    sent = [overlay.to_dict() for overlay in overlays]
    assert [(one["rows"], one["columns"]) for one in sent] == [(window.side, window.side), dims, dims]
    assert all("µm" in one["bar"]["text"] and 0 < one["bar"]["percent"] < 60 for one in sent)


def test_window_shows_the_most_spots_and_stays_in_the_field():
    window = busiest_window(SPOTS, DIMS, 30)
    assert len(window.shows(SPOTS)) == 2
    assert window.top >= 0 and window.left >= 0
    assert window.top + 30 <= DIMS[0] and window.left + 30 <= DIMS[1]


def test_very_many_patches_make_small_paths():
    (_, patches, _), search, _ = drawn(dims=(512, 512), rf=3, stride=5)
    assert len(search.patches) > 60_000
    assert sum(len(line["path"]) for line in patches.to_dict()["lines"]) < 100_000


def test_lines_are_one_path_of_all_pieces():
    (soma, _, _), _, window = drawn(spots=SPOTS[:1])
    rings, squares = soma.to_dict()["lines"]
    y, x = SPOTS[0] - [window.top, window.left]
    corners = [(x - 4.5, y - 4.5), (x + 4.5, y - 4.5), (x + 4.5, y + 4.5), (x - 4.5, y + 4.5), (x - 4.5, y - 4.5)]
    assert squares["path"] == "M" + " ".join(f"{right:g},{down:g}" for right, down in corners)
    assert rings["path"].count("M") == 1 and squares["dotted"] and not rings["dotted"]
