"""Tests in a real browser wait for what they read from a page: to assert one reading is too early on a busy machine."""

import ast

import pytest
from repository import ROOT

READ_ONCE = {
    "all_inner_texts",
    "all_text_contents",
    "bounding_box",
    "count",
    "evaluate",
    "evaluate_all",
    "get_attribute",
    "inner_html",
    "inner_text",
    "input_value",
    "is_checked",
    "is_disabled",
    "is_enabled",
    "is_hidden",
    "is_visible",
    "screenshot",
    "text_content",
}
"""What Playwright reads as it is at that moment; `expect` and `waiting.until` ask again until it is as wanted."""
FILES = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if "mark.browser" in path.read_text("utf-8")]


def asserted_readings(tree):
    """Lines that assert what was read from a page once."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            calls = [one for one in ast.walk(node.test) if isinstance(one, ast.Call)]
            yield from (call.lineno for call in calls if is_reading(call))


def is_reading(call):
    name = getattr(call.func, "attr", "")
    return name in READ_ONCE and not (name == "count" and call.args)  # of a text or a list otherwise


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_test_asserts_what_it_read_from_a_page_once(path):
    found = list(asserted_readings(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found, f"{path.name}: lines {found}; wait for it with expect or until of tests/support/waiting.py"


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("assert canvas.get_attribute('data-side') == 'now'", True),
        ("assert page.locator('.row').count() == 2", True),
        ("assert not estimate.is_visible() and log.entries() == ()", True),
        ("assert all(len(lines.nth(i).get_attribute('d')) > 9 for i in range(4))", True),
        ("expect(canvas).to_have_attribute('data-side', 'now')", False),
        ("until(rows.count, 2)", False),
        ("assert text.count('a') == 2", False),
        ("number = row.get_attribute('data-component')", False),
    ],
)
def test_the_rule_about_readings_sees_what_it_is_for(line, is_fault):
    assert bool(list(asserted_readings(ast.parse(line)))) == is_fault
