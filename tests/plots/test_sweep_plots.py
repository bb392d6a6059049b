import numpy as np

from calscope.plots.small_map import small_map
from calscope.plots.sweeps.sweep_plots import Curve, CurvePanel, sweep_curves, sweep_map


def test_each_point_of_a_curve_can_be_clicked_by_its_number_and_the_value_in_use_is_marked():
    panels = [
        CurvePanel("number", (Curve("a", (1, None, 3), "#111"), Curve("b", (2, 3, 4), "#222"))),
        CurvePanel("share", (Curve("c", (0.1, 0.2, 1.0), "#333"),), (0, 1)),
    ]
    figure = sweep_curves([3, 4, 6], "gSig (px)", panels, 4, is_number=True)
    assert [list(trace.y) for trace in figure.data] == [[1, None, 3], [2, 3, 4], [0.1, 0.2, 1.0]]
    assert [[row[0] for row in trace.customdata] for trace in figure.data] == [[0, 1, 2]] * 3
    assert [trace.yaxis for trace in figure.data] == ["y", "y", "y2"]
    assert figure.layout.shapes[0].x0 == 4
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1], "the first panel is on top"


def test_a_map_has_its_first_row_on_top_and_a_number_for_each_point():
    figure = sweep_map(["3", "4"], ["1", "2", "5"], ("gSig", "K"), [1, 2, None, 4, 5, 6], name="n", current=("4", "5"))
    assert [list(row) for row in figure.data[0].z] == [[1, 2], [None, 4], [5, 6]]
    assert [row[0] for row in figure.data[1].customdata] == list(range(6))
    assert figure.layout.yaxis.autorange == "reversed"
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].y0) == (0.5, 1.5)


def test_a_picture_has_outlines_of_both_kinds_and_none_where_there_is_no_component():
    image = np.random.default_rng(0).random((40, 60)).astype(np.float32)
    square = np.array([[10, 10], [20, 10], [20, 20], [10, 20]], np.float32)
    plain = small_map(image, [], np.zeros(0, bool), 60)
    both = small_map(image, [square, square + 15], np.array([True, False]), 60)
    swapped = small_map(image, [square, square + 15], np.array([False, True]), 60)
    assert len({plain, both, swapped}) == 3
