"""A box that stood on a value and is gone brings that value back nowhere."""

import ast

import pytest
from repository import ROOT

from calscope.ui.frame import box_changes

OWN_WAY = {"_slider_moved"}
"""A slider has one key, and remembers where it was led (`parameter_form`)."""
UI = sorted((ROOT / "src/calscope/ui").rglob("*.py"))


@pytest.mark.parametrize(("held", "taken"), [("A", []), ("B", ["B"]), ("", [""]), (None, [None])])
def test_only_another_value_than_the_box_stood_on_is_taken(monkeypatch, held, taken):
    monkeypatch.setattr(box_changes.st, "session_state", {"box A": held})
    found = []
    box_changes.pass_on("box A", "A", found.append)
    assert found == taken


def named(call, name):
    return next((one.value for one in call.keywords if one.arg == name), None)


@pytest.mark.parametrize("path", UI, ids=lambda path: path.stem)
def test_every_box_with_a_key_that_changes_hears_of_changes_this_way(path):
    for call in (one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.Call)):
        heard = named(call, "on_change")
        if heard is None or isinstance(heard, ast.Constant):  # "rerun" takes over nothing
            continue
        key, takes = named(call, "key"), ast.unparse(heard)
        is_fixed = isinstance(key, ast.Attribute) and key.attr.isupper()
        assert is_fixed or takes in {"box_changes.pass_on", *OWN_WAY}, f"{path.name}:{call.lineno}: {takes}"
