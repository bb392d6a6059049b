"""The link of a server: its token, and that other users of the machine don't see it."""

import argparse
import os
import re
import socket
import tomllib
import webbrowser
from pathlib import Path
from urllib.request import url2pathname

import pytest
from repository import ROOT

from calscope.cli import app_link, jupyter
from calscope.cli.app import _check_address, rights_for
from calscope.cli.parser import make_parser
from calscope.io.server_rights import CURATION, READ_ONLY, TOKEN
from calscope.model.errors import CalscopeError


def test_a_token_is_random_unless_one_is_given(monkeypatch):
    monkeypatch.delenv(TOKEN, raising=False)
    first, second = (app_link.token_for(None, without=False) for _ in range(2))
    assert first != second and re.fullmatch(r"[\w-]{32}", first)
    assert app_link.token_for(None, without=True) == ""
    assert app_link.token_for("of-the-command", without=False) == "of-the-command"
    monkeypatch.setenv(TOKEN, "of-the-environment")
    assert app_link.token_for(None, without=False) == "of-the-environment"
    assert app_link.token_for("of-the-command", without=False) == "of-the-command"
    for short in ("", "1234567"):
        with pytest.raises(CalscopeError, match="8 characters or more"):
            app_link.token_for(short, without=False)


def test_the_link_has_token_and_folder():
    assert app_link.link_for(8501, "", "") == "http://localhost:8501/"
    assert app_link.link_for(8501, "lab", "a b&c") == "http://localhost:8501/lab/?token=a%20b%26c"


def test_the_browser_gets_the_link_by_a_file_of_this_user_alone(monkeypatch):
    seen = []
    monkeypatch.setattr(webbrowser, "open", seen.append)
    with app_link.opened("http://localhost:8501/?token=secret&x"):
        (address,) = seen
        file = Path(url2pathname(address.removeprefix("file://")))
        assert "secret" not in address and "?token=secret&amp;x" in file.read_text(encoding="utf-8")
        assert os.name == "nt" or file.stat().st_mode & 0o077 == 0
    assert not file.exists()


def test_a_port_that_is_taken_is_named():
    taken = pytest.raises(CalscopeError, match=r"is taken\. Choose another one")
    with socket.create_server(("127.0.0.1", 0)) as other, taken:
        app_link.check_free(other.getsockname()[1])


def options(*words):
    return make_parser().parse_args(["app", *words])


def test_who_may_do_what_comes_from_the_command_line():
    assert rights_for(options()) == {}
    assert rights_for(options("--read-only")) == {READ_ONLY: "1"}
    assert rights_for(options("--read-only", "--allow-curation")) == {READ_ONLY: CURATION}
    with pytest.raises(CalscopeError, match="goes with --read-only"):
        rights_for(argparse.Namespace(read_only=False, allow_curation=True))


ALL = "0.0.0.0"


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["--no-token", "--address", ALL], "everybody who reaches"),
        (["--demo", "data"], "the demo's own folder"),
        (["--no-token", "--address", ALL, "--read-only"], ""),
        (["--address", ALL], ""),
        (["--no-token"], ""),
    ],
)
def test_a_server_for_all_that_does_everything_is_refused(words, refused, monkeypatch):
    monkeypatch.delenv(READ_ONLY, raising=False)
    monkeypatch.delenv(TOKEN, raising=False)
    chosen = options(*words)
    token = app_link.token_for(chosen.token, without=chosen.no_token)
    if refused:
        with pytest.raises(CalscopeError, match=refused):
            _check_address(chosen, token)
    else:
        _check_address(chosen, token)


def test_jupyter_starts_the_server_below_its_own_address():
    said = jupyter.setup()
    assert options(*said["command"][4:-1], "8501").port == 8501
    assert said["absolute_url"] and said["environment"]["STREAMLIT_SERVER_BASE_URL_PATH"] == "{base_url}calscope"
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert named["jupyter_serverproxy_servers"] == {"calscope": f"{jupyter.__name__}:{jupyter.setup.__name__}"}
