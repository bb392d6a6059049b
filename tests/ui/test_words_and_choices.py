import re

import pytest

from calscope.ui.frame.messages import plain
from calscope.ui.frame.wording import count
from calscope.ui.session.selection import component_in, neighbour, number_in


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "*a* _b_ [c](d) `e`", "a:red[b] $x$ #1", "1. one\n- two"]
)
def test_markdown_in_peoples_names_is_shown_as_it_stands(text):
    escaped = plain(text)
    assert not re.search(r"(?<!\\)[*_`\[\]<>#$]", escaped)
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\n\n", "\n") == text


def test_click_gives_the_component_of_the_point_not_its_place_in_the_figure():
    event = {"selection": {"points": [{"point_index": 3, "customdata": [17]}]}}
    assert component_in(event) == 17


@pytest.mark.parametrize("event", [None, {}, {"selection": {"points": []}}, {"selection": {"points": [{"x": 1}]}}])
def test_click_on_nothing_chooses_nothing(event):
    assert component_in(event) is None


@pytest.mark.parametrize(
    ("component", "step", "expected"),
    [(4, 1, 7), (9, 1, 2), (2, -1, 9), (5, 1, 7), (5, -1, 4), (99, 1, 2), (None, 1, 2)],
)
def test_next_and_previous_wrap_around_and_start_from_anywhere(component, step, expected):
    assert neighbour([2, 4, 7, 9], component, step) == expected


def test_no_neighbour_in_an_empty_list():
    assert neighbour([], 3, 1) is None


def test_counts_in_words():
    assert [count(1, "result"), count(3, "result")] == ["1 result", "3 results"]


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("17", 17), ("", None), ("-1", None), ("1.5", None), ("²", None), ("7" * 5000, None)]
)
def test_a_number_in_an_address_is_one_that_a_component_may_have(text, number):
    assert number_in(text) == number
