"""JSON of others is read, or refused in words; nothing that it holds breaks what is done with it later."""

import json

import pytest

from calscope.model.errors import ParameterError
from calscope.model.json_text import parse_json, quoted
from calscope.model.parameter_file import read_parameter_file
from calscope.model.params import Parameters

HOSTILE = {
    "deep lists": "[" * 100_000 + "]" * 100_000,
    "lists too deep to be written again": "[" * 900 + "]" * 900,
    "deep objects": '{"dataset":' * 5000 + "1" + "}" * 5000,
    "5000 digits": f'{{"dataset": {{"fr": {"9" * 5000}}}}}',
    "a number that no float can hold": f'{{"dataset": {{"fr": {"9" * 400}}}}}',
    "half a letter": r'{"dataset": {"fr": "\ud800"}}',
    "cut short": '{"dataset": {"fr": 1',
    "nothing": "",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_can_not_be_worked_with_is_a_value_error_in_words(kind):
    with pytest.raises(ValueError, match=r"nested too deeply|digits|surrogates|Expecting"):
        parse_json(HOSTILE[kind])


@pytest.mark.parametrize("read", [read_parameter_file, Parameters.from_json])
@pytest.mark.parametrize("kind", HOSTILE)
def test_parameters_say_so_too(kind, read):
    with pytest.raises(ParameterError, match="not valid JSON") as told:
        read(HOSTILE[kind])
    assert len(str(told.value)) < 300


def test_all_other_json_is_read_as_python_reads_it():
    values = {"a": [1, -2, 2.5, None, True, {"b": [["é", "\\ud"]]}], "n": 10**299}
    assert parse_json(json.dumps(values)) == values
    assert parse_json("[" * 50 + "]" * 50) == json.loads("[" * 50 + "]" * 50)
    assert parse_json(r'"\ud83d\ude00"') == "😀"


def test_messages_quote_no_more_than_a_line():
    with pytest.raises(ParameterError) as told:
        Parameters.from_dict({"dataset": {"fr": "x" * 100_000}})
    assert len(str(told.value)) < 400
    assert quoted([1, "a"]) == "[1, 'a']"
