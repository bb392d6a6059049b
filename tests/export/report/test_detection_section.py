"""What the report says and draws of known cells that were put in."""

import re
from itertools import pairwise

from known_cells import known_cells

from calscope.export.report.detection_section import detection_section


def test_the_curve_has_a_point_at_every_level_and_marks_the_limits():
    page = str(detection_section(known_cells()))
    assert "half were found from a peak SNR of" in page
    assert page.count("<circle") == 16
    assert page.count("<polyline") == page.count("<polygon") == 2
    assert len(re.findall("stroke-dasharray", page)) == 4
    assert "peak SNR 6: 8 of 8" in page
    at = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', page)[:8]]
    steps = [b - a for a, b in pairwise(at)]
    assert min(steps) > 20, "levels are steps of the logarithm"


def test_without_cells_it_says_so_and_draws_nothing():
    page = str(detection_section(known_cells(0)))
    assert "no limit can be told" in page
    assert "<svg" not in page
    assert str(detection_section(None)) == ""


def test_few_cells_have_points_and_no_limit():
    page = str(detection_section(known_cells(10)))
    assert "too few to tell a limit" in page
    assert "<circle" in page and "<polyline" not in page
