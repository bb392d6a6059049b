"""Compiling beforehand: it runs the chain once, notes that beside the compiled code, and ends with the server."""

import json

import psutil
import pytest

from calscope import compiled
from calscope.jobs import compile_kernels
from calscope.pipeline.store import Store


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder that stands for the one in which compiled code is kept."""
    folder = tmp_path / "compiled"
    folder.mkdir()
    monkeypatch.setattr(compiled, "kernel_cache_dir", lambda: folder)
    return folder


def test_runs_the_chain_once_and_leaves_nothing_in_the_store(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(compile_kernels, "FRAMES", 60)
    root = tmp_path / "store"
    assert compile_kernels.compile_all(root)
    assert (cache / compile_kernels.STAMP).is_file()
    assert [path.name for path in root.rglob("*") if path.is_file()] in ([], ["store.lock"])
    assert not compile_kernels.compile_all(root), "everything is compiled"


def test_runs_again_when_the_compiled_code_is_gone_or_of_other_sources(cache, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr("calscope.io.demo.demo_files.write_demo", lambda *args, **more: ran.append(1) or 1 / 0)
    (cache / compile_kernels.STAMP).write_text(json.dumps(compile_kernels._identity()))
    assert not compile_kernels.compile_all(tmp_path / "store") and not ran
    for text in ('"something else"', "torn", ""):
        (cache / compile_kernels.STAMP).write_text(text)
        with pytest.raises(ZeroDivisionError):
            compile_kernels.compile_all(tmp_path / "store")
    assert len(ran) == 3
    assert not list((tmp_path / "store" / "scratch").iterdir())


def test_does_nothing_where_compiled_code_can_not_be_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "kernel_cache_dir", lambda: None)
    assert not compile_kernels.compile_all(tmp_path / "store")


def test_ends_when_the_server_lets_go_and_the_next_sweep_takes_what_it_left(tmp_path):
    root = tmp_path / "store"
    process = compile_kernels.start(root)
    seen = psutil.Process(process.pid)
    process.stdin.close()
    process.wait(30)
    assert not seen.is_running()
    Store(root).sweep()
    assert not list(root.glob("scratch/*"))
