import importlib
import sys

import pytest

from calscope import code_digest as digests
from calscope.code_digest import code_digest


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A package: near imports far, both ways of importing are used, other is imported by none; a room with folders."""
    package = tmp_path / "room_of_test"
    (package / "deep" / "low").mkdir(parents=True)
    files = {
        "__init__": "",
        "near": "import json\nfrom room_of_test.middle import step\n",
        "middle": "from room_of_test import far\ndef step(): return far.x\n",
        "far": "x = 1\n",
        "other": "x = 2\n",
        "deep/__init__": "",
        "deep/common": "x = 4\n",
        "deep/low/__init__": "",
        "deep/low/inner": "from room_of_test.deep.low import innermost\nfrom room_of_test.deep import common\n",
        "deep/low/innermost": "x = 5\n",
    }
    for name, text in files.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield package
    for name in [name for name in sys.modules if name.startswith("room_of_test")]:
        del sys.modules[name]
    forget()


def forget():
    digests.code_digest.cache_clear()
    digests._read.cache_clear()


def digest(module="near"):
    forget()
    return code_digest((f"room_of_test.{module}",))


def test_a_change_far_down_the_imports_is_noticed(room):
    before = digest()
    assert digest() == before
    (room / "far.py").write_text("x = 3\n")
    assert digest() != before


@pytest.mark.parametrize("name", ["deep/common", "deep/low/innermost"])
def test_a_room_goes_down_into_its_folders(room, name):
    before = digest("deep.low.inner")
    (room / f"{name}.py").write_text("x = 3\n")
    assert digest("deep.low.inner") != before


def test_a_change_of_what_is_not_imported_is_not(room):
    before = digest()
    (room / "other.py").write_text("x = 99\n")
    assert digest() == before


@pytest.mark.parametrize(("module", "counts"), [("movie", True), ("results", True), ("errors", False)])
def test_of_the_model_only_the_code_of_stored_values_counts(room, monkeypatch, module, counts):
    (room / "far.py").write_text(f"from calscope.model.{module} import anything\n")
    before = digest()
    real = digests._read.__wrapped__

    def read(name):
        source, imported = real(name)
        return source + "# edited" * (name == f"calscope.model.{module}"), imported

    code_digest.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(digests, "_read", read)
        assert (code_digest(("room_of_test.near",)) != before) == counts


def test_every_stage_names_modules_that_exist():
    from calscope.pipeline.stages import STAGES

    for stage in STAGES:
        for module in stage.code:
            assert importlib.util.find_spec(module), f"{stage.name}: {module}"
        assert stage.code


def test_a_module_without_source_stands_for_the_release():
    assert code_digest(("no_such_package.module",)) == code_digest(("no_such_package.module",))
    assert code_digest(("no_such_package.module",)) != code_digest(("no_such_package.another",))
