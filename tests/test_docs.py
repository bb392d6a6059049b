"""The documentation is complete and true: all that a person can type, set or open is described, and nothing else.

The files that commands write are compared in tests/cli/test_documented_files.py.
"""

import ast
import itertools
import re
import sys

import pytest
from documentation import DOCS, PAGES, commands_in, commands_named_in, page, rows
from repository import ROOT

from calscope.cli.parser import make_parser
from calscope.model.fields import ParameterField
from calscope.model.params import field_of, fields

sys.path.insert(0, str(DOCS))
import generated

SOURCES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "src").rglob("*.py"))]
GROUPS = "dataset|motion|cnmf|evaluation"


def id_of(value):
    return value.dotted if isinstance(value, ParameterField) else str(value)


@pytest.mark.parametrize("field", fields(), ids=id_of)
def test_a_parameter_is_described_in_whole_sentences(field):
    spec, text = field.spec, generated.parameters()
    assert f"### `{field.dotted}`\n" in text
    for sentence in (spec.meaning, spec.higher):
        assert re.fullmatch(r"[A-Z0-9].*\.", sentence, re.DOTALL), sentence
        assert sentence in text
    assert spec.label and spec.source and spec.allowed() in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_parameters_that_a_page_names_exist(path):
    for name in re.findall(rf"`((?:{GROUPS})\.\w+)`", path.read_text(encoding="utf-8")):
        if not name.endswith((".py", ".parquet", ".csv", ".npz", ".png")):
            field_of(name)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_a_page_shows_are_accepted(path, capsys):
    for arguments in commands_in(path):
        try:
            make_parser().parse_args(arguments)
        except SystemExit:
            pytest.fail(f"calscope {' '.join(arguments)}: {capsys.readouterr().err}")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_options_that_a_sentence_names_exist(path):
    for name, *rest in commands_named_in(path):
        if name in ("--version", "COMMAND"):
            continue
        options = {
            option for action in generated.arguments(generated.commands()[name]) for option in action.option_strings
        }
        assert {word for word in rest if word.startswith("--")} <= options, (name, rest)


@pytest.mark.parametrize("name", generated.commands())
def test_a_command_and_each_of_its_options_have_help(name):
    text = generated.command_line()
    assert f"## calscope {name}\n" in text
    for action in generated.arguments(generated.commands()[name]):
        assert action.help, f"calscope {name} {action.option_strings or action.dest} has no help text"
        for option in action.option_strings:
            assert f"`{option}" in text


def test_every_page_is_described_under_its_address_and_no_other():
    addresses = {"/" if path.stem == "home" else f"/{path.stem}" for path in (ROOT / "pages").glob("*.py")}
    described = re.findall(r"^\| \w+ \| `(/\w*)` \|", page("pages"), re.MULTILINE)
    assert sorted(described) == sorted(addresses)


def variables_read():
    """Environment variables that the sources read, by the literal names they use or give to a constant."""
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"\bCALSCOPE_[A-Z_]+", text)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}:
                yield from (str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def test_every_environment_variable_is_described_and_no_other():
    found = set(variables_read())
    assert "CALSCOPE_STORE" in found
    assert set(rows(page("environment"))) == found


def test_stages_that_parameters_name_are_in_the_glossary():
    words = page("glossary")
    for stage in ("fit", "refit", "residual", "evaluation"):
        assert f"stage `{stage}`" in words


def terms():
    lines = page("glossary").splitlines()
    for term, explained in itertools.pairwise(lines):
        if explained.startswith(": "):
            yield term, explained


def test_the_glossary_explains_each_term_once_in_sentences():
    names = [name for term, _ in terms() for name in term.split(", ")]
    assert len(names) > 60 and len(set(names)) == len(names)
    wanted = {
        "recording",
        "run",
        "stage",
        "result",
        "component",
        "footprint",
        "trace",
        "accepted",
        "threshold",
        "store",
    }
    assert wanted <= set(names)


@pytest.mark.parametrize("path", [p for p in PAGES if DOCS in p.parents], ids=lambda path: str(path.relative_to(DOCS)))
def test_pages_load_nothing_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img|iframe)\b", text)
    assert not re.search(r"!\[[^]]*\]\(https?:", text)
