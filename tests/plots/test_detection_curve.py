"""Figures of a search for known cells: curves, points with intervals, limits, traces and places."""

import numpy as np
import pytest
from known_cells import known_cells

from calscope.algorithms.injection.injected_cells import LADDER
from calscope.model.detection import level_shares
from calscope.plots.detection_curve import ACCEPTED, FOUND, place_figure, share_figure, trace_figure
from calscope.plots.images import Panel


def test_shares_are_points_at_their_levels_under_the_fitted_curves():
    cells = known_cells()
    figure = share_figure(cells)
    points = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    assert np.allclose([told[0] for told in points["found"].customdata], LADDER)
    assert list(points["found"].y) == [0, 0, 0, 1, 1, 1, 1, 1]
    assert list(points["accepted"].y) == [0, 0, 0, 0, 0, 1, 1, 1]
    curves = {trace.name: trace for trace in figure.data if trace.mode == "lines" and trace.name}
    assert curves["found"].y == cells.curves.found.share
    assert (curves["found"].line.color, curves["accepted"].line.color) == (FOUND, ACCEPTED)
    ends = {round(trace.x[0], 3) for trace in figure.data if len(trace.x or ()) == 2 and trace.x[0] == trace.x[1]}
    limits = cells.limits
    told = (limits.found_50, limits.found_90, limits.accepted_50, limits.accepted_90)
    assert ends == {round(one.value, 3) for one in told}


def test_intervals_of_shares_are_those_of_wilson():
    # 0 of 8 and 4 of 8, by hand from the formula with z = 1.96.
    none, half = level_shares(np.repeat([2.0, 3.0], 8), np.repeat([0, 1, 0], [8, 4, 4]).astype(bool))
    assert (none.low, none.high) == pytest.approx((0.0, 0.3244), abs=1e-4)
    assert (half.low, half.high) == pytest.approx((0.2152, 0.7848), abs=1e-4)


def test_too_few_cells_draw_points_and_no_curve():
    figure = share_figure(known_cells(10))
    assert not any(trace.mode == "lines" and len(trace.x or ()) for trace in figure.data)
    assert any(trace.mode == "markers" and len(trace.x) for trace in figure.data)


def test_traces_and_places_tell_found_from_missed():
    cells = known_cells()
    n_shown = sum(len(trace.x) for trace in trace_figure(cells).data)
    assert n_shown == cells.found.sum()
    panel = Panel(np.zeros((64, 64), np.float32), "Places", (0, 1))
    by_name = {trace.name: trace for trace in place_figure(cells, panel, None).data if trace.name}
    assert len(by_name["missed"].x) == (~cells.found).sum()
    assert np.array_equal(by_name["accepted"].y, cells.centers_px[cells.accepted, 0])
