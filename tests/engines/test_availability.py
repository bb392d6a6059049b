"""Engines tell whether they can run, and why not, without importing anything heavy."""

import subprocess
import sys

import pytest

from calscope.engines.engine_registry import ENGINES, get_engine
from calscope.model.errors import EngineError


def test_builtin_is_always_there():
    assert get_engine("builtin").availability().ok


def test_unknown_engine_lists_the_known_ones():
    with pytest.raises(EngineError, match="builtin, caiman"):
        get_engine("suite2p")


def fake_package(folder, files):
    package = folder / "caiman"
    package.mkdir()
    for name in files:
        (package / name).write_text("raise RuntimeError('must not be imported')\n")
    return folder


def test_caiman_is_known_by_what_is_in_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(fake_package(tmp_path, ["__init__.py", "motion_correction.py"])))
    assert get_engine("caiman").availability().ok


def test_its_namesake_is_told_apart(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(fake_package(tmp_path, ["__init__.py", "cli.py"])))
    state = ENGINES["caiman"].availability()
    assert not state.ok
    assert "pip uninstall caiman" in state.next_step
    with pytest.raises(EngineError, match="unrelated program"):
        get_engine("caiman")


def test_absent_caiman_comes_with_the_next_step(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    state = ENGINES["caiman"].availability()
    assert "not installed" in state.why_not
    assert "conda-forge" in state.next_step


def test_asking_does_not_import_caiman():
    code = (
        "import sys; from calscope.engines.engine_registry import ENGINES; ENGINES['caiman'].availability(); "
        "sys.exit('caiman' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_the_builtin_engine_asks_for_somata_by_itself():
    """CaImAn has no such test: its verdicts are its own unless a person asks for ours."""
    assert ENGINES["builtin"].defaults["evaluation.use_soma"] is True
    assert ENGINES["caiman"].defaults["evaluation.use_soma"] is False
