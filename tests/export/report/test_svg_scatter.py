"""Dots stand where their values are, and text is never markup."""

import xml.etree.ElementTree as ET

import pytest

from calscope.export.report.svg_scatter import MARGIN_PX, SIDE_PX, scatter


def dots(svg):
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in ET.fromstring(svg).iter("circle")]


def test_equal_values_lie_on_the_line_and_larger_ones_up_and_right():
    found = dots(scatter("SNR", [(0, 0), (5, 5), (10, 10), (10, 5)], ("ours", "theirs")))
    low, high = MARGIN_PX, MARGIN_PX + SIDE_PX
    assert found[0][0] == low and found[2][0] == high
    assert found[0][1] - found[2][1] == SIDE_PX
    assert found[1][0] == pytest.approx((low + high) / 2)
    assert found[3] == (found[2][0], found[1][1])


def test_what_is_no_number_is_left_out_and_nothing_is_drawn_of_nothing():
    assert len(dots(scatter("r", [(float("nan"), 1), (-0.5, 0.5)], ("a", "b")))) == 1
    assert dots(scatter("r", [], ("a", "b"))) == []
    assert dots(scatter("r", [(0.0, 0.0)], ("a", "b")))


def test_names_are_escaped():
    assert "<b>" not in scatter("<b>", [(1, 2)], ("<b>", "&"))
