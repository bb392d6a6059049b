import re

import pytest

from calscope.ui.frame.messages import plain
from calscope.ui.frame.wording import count, told_apart
from calscope.ui.session.selection import number_in


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "*a* _b_ [c](d) `e`", "a:red[b] $x$ #1", "1. one\n- two"]
)
def test_markdown_in_peoples_names_is_shown_as_it_stands(text):
    escaped = plain(text)
    assert not re.search(r"(?<!\\)[*_`\[\]<>#$]", escaped)
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\n\n", "\n") == text


def test_counts_in_words():
    assert [count(1, "result"), count(3, "result")] == ["1 result", "3 results"]


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("17", 17), ("", None), ("-1", None), ("1.5", None), ("²", None), ("7" * 5000, None)]
)
def test_a_number_in_an_address_is_one_that_a_component_may_have(text, number):
    assert number_in(text) == number


def test_labels_that_are_alike_are_numbered_from_the_oldest_and_others_stay():
    assert told_apart({"c": "10:38 · Sweep", "b": "10:31 · Motion", "a": "10:38 · Sweep"}) == {
        "c": "10:38 · Sweep (2)",
        "b": "10:31 · Motion",
        "a": "10:38 · Sweep (1)",
    }
