"""A comparison of engines replaces an earlier one, and nothing of anybody else's."""

import json

import pytest

from calscope.export.report.parity_report import JSON_NAME, PAGE_NAME, TEXT_NAME, check_parity_place, write_parity
from calscope.model.errors import StoreError


@pytest.mark.parametrize("name", [JSON_NAME, TEXT_NAME, PAGE_NAME])
@pytest.mark.parametrize("content", ["{}", "[" * 100_000, "my own notes"])
def test_files_of_others_are_left_alone(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(StoreError, match=f"{name} was not written by"):
        write_parity({}, tmp_path, None)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == content


def test_an_earlier_comparison_may_be_replaced(tmp_path):
    check_parity_place(tmp_path)
    (tmp_path / JSON_NAME).write_text(json.dumps({"engines": {}, "same_input": {}, "whole_way": {}}))
    (tmp_path / PAGE_NAME).write_text("<html></html>")
    check_parity_place(tmp_path)
