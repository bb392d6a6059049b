import numpy as np
import pytest
from scipy.sparse import csc_matrix

from calscope.plots import contours
from calscope.plots.contours import Group, contour_map, group_by_acceptance, join, outlines
from calscope.plots.images import Panel
from calscope.plots.scaling import display_range

DIMS = (40, 60)


def disk(y, x, radius):
    rows, columns = np.mgrid[: DIMS[0], : DIMS[1]]
    return ((rows - y) ** 2 + (columns - x) ** 2 <= radius**2).astype(np.float32)


def stacked(*images):
    return csc_matrix(np.column_stack([image.ravel(order="F") for image in images]))


def area(line):
    x, y = line[:-1].T
    return 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))


def test_outline_lies_around_the_disk_on_a_field_that_is_not_square():
    (line,) = outlines(stacked(disk(12, 45, 6)), DIMS)
    distance = np.hypot(line[:, 0] - 45, line[:, 1] - 12)
    assert distance.min() > 5.3
    assert distance.max() < 7
    assert line.mean(axis=0) == pytest.approx([45, 12], abs=0.2)
    assert area(line) == pytest.approx(disk(12, 45, 6).sum(), rel=0.12)


def test_outline_holds_the_asked_share_of_energy():
    rows, columns = np.mgrid[: DIMS[0], : DIMS[1]]
    sigma = 5.0
    bump = np.exp(-((rows - 20) ** 2 + (columns - 30) ** 2) / (2 * sigma**2)).astype(np.float32)
    (line,) = outlines(stacked(bump), DIMS, energy=0.9)
    # Of a Gaussian's squares, 1 - exp(-r^2 / sigma^2) lies within r.
    expected = sigma * np.sqrt(-np.log(0.1))
    assert np.hypot(line[:, 0] - 30, line[:, 1] - 20).mean() == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize(
    ("weights", "level"),
    [
        ([3.0, 1.0, 2.0, 0.0], 1.5),  # 9 + 4 of 14 are 0.93
        ([2.0, 2.0, 1.0, 1.0], 0.5),  # one of the equal pixels is needed, so all of them are inside
        ([5.0], 2.5),
        ([0.0, 0.0], None),
    ],
)
def test_the_level_is_halfway_between_the_dimmest_pixel_inside_and_the_brightest_outside(weights, level):
    assert contours._level(np.asarray(weights, np.float32), 0.9) == level


def test_two_pieces_are_separated_by_a_gap():
    (line,) = outlines(stacked(disk(10, 10, 4) + disk(30, 50, 4)), DIMS)
    assert np.isnan(line).all(axis=1).sum() == 1


def test_empty_footprints_and_none_at_all_can_be_drawn():
    nothing = csc_matrix((DIMS[0] * DIMS[1], 2), dtype=np.float32)
    lines = outlines(nothing, DIMS)
    assert [len(line) for line in lines] == [0, 0]
    assert join(lines, range(2)).shape == (0, 2)
    assert outlines(nothing[:, :0], DIMS) == ()
    panel = Panel(np.zeros(DIMS), "", (0.0, 1.0))
    contour_map(panel, (), [Group("component", "red", ())], np.empty((0, 2), np.float32))


def test_map_draws_each_group_as_one_line_and_tells_components_by_their_own_number():
    footprints = [disk(8, 8 + 10 * i, 3) for i in range(5)]
    lines = outlines(stacked(*footprints), DIMS)
    centers = np.asarray([[8, 8 + 10 * i] for i in range(5)], np.float32)
    accepted = np.asarray([True, False, True, True, False])
    panel = Panel(np.zeros(DIMS), "", display_range([np.zeros(DIMS)]))
    figure = contour_map(panel, lines, group_by_acceptance(accepted), centers)
    drawn = [trace for trace in figure.data if trace.mode == "lines"]
    clickable = [trace for trace in figure.data if trace.customdata is not None]
    assert len(drawn) == 2
    assert all(trace.hoverinfo == "skip" for trace in drawn)
    assert all(trace.type == "scatter" for trace in figure.data)
    numbers = {
        int(n[0]): (x, y) for trace in clickable for n, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }
    assert numbers == {i: (8 + 10 * i, 8) for i in range(5)}
    assert [int(n[0]) for n in clickable[0].customdata] == [0, 2, 3]
