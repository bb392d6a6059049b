"""Paths that can't be one, and devices, are a sentence and exit status 2."""

import pytest

from calscope.cli import main

PATHS = {"long.html": "x" * 5000 + ".html", "name": "a/" + "y" * 300 + ".html", "line": "a\nb.html", "NUL": "a\0b.html"}
COMMANDS = {
    "report": ["report", ".", "--html"],
    "export": ["export", ".", "--format", "csv", "--to"],
    "run": ["run", ".", "--out"],
    "parity": ["parity", ".", "--out"],
    "params": ["run", ".", "--out", "o", "--params"],
}


@pytest.mark.parametrize("path", [*PATHS.values(), "/dev/full"], ids=[*PATHS, "device"])
@pytest.mark.parametrize("command", COMMANDS)
def test_impossible_paths_are_a_sentence(tmp_path, monkeypatch, capsys, command, path):
    monkeypatch.chdir(tmp_path)
    assert main([*COMMANDS[command], path]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and len(said) < 400
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["x" * 5000, "/a\nb", "/dev/full"])
def test_so_is_an_impossible_store(monkeypatch, capsys, place):
    monkeypatch.setenv("CALSCOPE_STORE", place)
    assert main(["doctor"]) == 2
    assert "CALSCOPE_STORE" in capsys.readouterr().err
