import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.plots import style
from calscope.plots.contours import Group, outlines
from calscope.plots.fits import DrawnFit, click_places, residual_figure, seeds_figure, two_fits_figure
from calscope.plots.images import Panel

DIMS = (40, 60)
NOBODY = np.empty((0, 2), int)


def panel(image=None):
    return Panel(np.zeros(DIMS, np.float32) if image is None else image, "", (0.0, 1.0))


def fit(n, groups):
    A = np.zeros((DIMS[0] * DIMS[1], n), np.float32)
    for k in range(n):
        image = np.zeros(DIMS)
        image[5:12, 8 * k + 2 : 8 * k + 8] = 1
        A[:, k] = image.ravel(order="F")
    centers = np.asarray([[8.5, 8 * k + 4.5] for k in range(n)], np.float32).reshape(-1, 2)
    return DrawnFit(panel(), outlines(csc_matrix(A), DIMS), groups, centers, [f"number {k}" for k in range(n)])


def groups(*members):
    return [Group(name, colour, tuple(own)) for name, colour, own in zip("abc", ("red", "blue", "gray"), members)]  # noqa: B905


def test_both_fits_zoom_together_and_each_group_stands_in_the_legend_once():
    figure = two_fits_figure((fit(4, groups([0], [1, 2], [3])), fit(2, groups([0], [1], []))), None)
    assert figure.layout.xaxis2.matches == "x"
    assert figure.layout.yaxis2.matches == "y"
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert sorted(trace.name for trace in figure.data if trace.showlegend) == ["a", "b", "c"]
    assert len({(trace.name, trace.xaxis) for trace in lines}) == 6
    assert all(trace.legendgroup == trace.name for trace in lines)
    told = [trace for trace in figure.data if trace.text is not None]
    assert [len(trace.text) for trace in told] == [4, 2]


def test_fits_without_components_can_be_drawn():
    figure = two_fits_figure((fit(0, groups([], [], [])), fit(1, groups([0], [], []))), (1.0, 1.0))
    assert len(figure.layout.images) == 2


@pytest.mark.parametrize("border_px", [0, 5])
def test_a_click_anywhere_means_the_brightest_pixel_near_it(border_px):
    image = np.random.default_rng(0).random((150, 210)).astype(np.float32)
    places = click_places(image, NOBODY, border_px)
    y, x, seed_y, seed_x = places.T
    step = int(np.diff(np.unique(y)).min())
    assert places.shape[1] == 4
    assert (np.abs(seed_y - y) <= step // 2).all() and (np.abs(seed_x - x) <= step // 2).all()
    for row in places[::37]:
        top, left = max(row[0] - step // 2, border_px), max(row[1] - step // 2, border_px)
        near = image[
            top : min(row[0] + step // 2 + 1, 150 - border_px), left : min(row[1] + step // 2 + 1, 210 - border_px)
        ]
        assert image[row[2], row[3]] == near.max()
    assert seed_y.min() >= border_px and seed_y.max() < 150 - border_px
    # Nowhere inside the rim is a hand further from a place than from the corner of its square.
    rows, columns = np.mgrid[border_px : 150 - border_px, border_px : 210 - border_px]
    distance = np.hypot(rows[..., None] - y, columns[..., None] - x).min(axis=-1)
    assert distance.max() <= step


def test_a_click_near_a_spot_means_the_spot():
    spots = np.asarray([[20, 30]])
    places = click_places(np.random.default_rng(0).random(DIMS).astype(np.float32), spots)
    near = np.hypot(places[:, 0] - 20, places[:, 1] - 30) <= 3
    assert near.any()
    assert (places[near, 2:] == spots[0]).all()


@pytest.mark.parametrize("dims", [(2, 3), (1, 200), (300, 7)])
def test_places_of_tiny_fields_lie_inside(dims):
    places = click_places(np.zeros(dims, np.float32), NOBODY, border_px=6)
    assert ((places[:, 2] < dims[0]) & (places[:, 3] < dims[1]) & (places >= 0).all(axis=1)).all()


def test_residual_is_clickable_everywhere_and_does_not_know_of_the_seeds():
    image = np.random.default_rng(1).random(DIMS).astype(np.float32)
    spots = np.asarray([[12, 33]])
    figure = residual_figure(panel(image), fit(2, []).lines, spots, ["a spot"])
    clickable = [trace for trace in figure.data if trace.customdata is not None]
    assert [tuple(place) for place in clickable[-1].customdata] == [(12, 33)]
    assert len(clickable[0].customdata) == len(click_places(image, spots))
    assert all(trace.type == "scatter" for trace in figure.data)


def test_seeds_are_drawn_where_they_are():
    figure = seeds_figure(panel(), (), [(3, 7), (20, 50)], None)
    assert list(figure.data[-1].y) == [3, 20]
    assert list(figure.data[-1].x) == [7, 50]
    assert list(figure.data[-1].text) == ["1", "2"]


def test_pale_outlines_have_a_dark_edge_that_leaves_with_them():
    members = ([0], [1, 2], [])
    figure = two_fits_figure((fit(4, groups(*members)), fit(3, groups(*members))), None)
    halos = [trace for trace in figure.data if trace.line.color == style.HALO]
    own = [trace for trace in figure.data if trace.line.color in ("red", "blue")]
    for halo, line in zip([h for h in halos if h.name != "c"], own, strict=True):
        assert halo.line.width > line.line.width
        assert (halo.name, halo.xaxis, halo.legendgroup) == (line.name, line.xaxis, line.legendgroup)
        assert np.array_equal(halo.x, line.x, equal_nan=True)
