"""The architecture, as a test: imports go down only, and the core runs without screens."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "calscope"

MAY_IMPORT = {
    "model": set(),
    "algorithms": {"model"},
    "engines": {"algorithms", "model"},
    "io": {"model"},
    "pipeline": {"engines", "algorithms", "io", "model"},
    "jobs": {"pipeline", "engines", "algorithms", "io", "model"},
    "plots": {"model"},
    "export": {"plots", "io", "model"},
    "ui": {"jobs", "pipeline", "engines", "algorithms", "io", "plots", "export", "model"},
    "cli": {"jobs", "pipeline", "engines", "algorithms", "io", "export", "plots", "model"},
}
FORBIDDEN_OUTSIDE = {
    "streamlit": {"ui"},
    "plotly": {"plots", "ui", "export"},
    "caiman": {"engines/caiman.py"},
    "dask": {"pipeline/executor.py"},
    "distributed": {"pipeline/executor.py"},
    "matplotlib": set(),
    "pickle": set(),
}
MODEL_MAY_USE = {"numpy", "scipy", "pydantic", "calscope"} | set(sys.stdlib_module_names)


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "calscope":
                yield from (f"calscope.{name.name}" for name in node.names)


def room_of(path):
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    room = room_of(path)
    for module in imports_of(path):
        parts = module.split(".")
        if parts[0] == "calscope" and len(parts) > 1 and room in MAY_IMPORT and parts[1] in MAY_IMPORT:
            assert parts[1] == room or parts[1] in MAY_IMPORT[room], f"{path} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_imports_stay_in_their_room(path):
    place = path.relative_to(PACKAGE).as_posix()
    for module in imports_of(path):
        allowed = FORBIDDEN_OUTSIDE.get(module.split(".")[0])
        if allowed is not None:
            assert room_of(path) in allowed or place in allowed, f"{place} imports {module}"


def test_model_uses_no_files_and_no_other_library():
    for path in FILES:
        if room_of(path) == "model":
            used = {module.split(".")[0] for module in imports_of(path)}
            assert used <= MODEL_MAY_USE, f"{path.name}: {used - MODEL_MAY_USE}"
            assert not used & {"pathlib", "os", "io", "shutil", "tempfile"}, path.name


def test_core_imports_without_screens_and_clusters():
    code = (
        "import sys\n"
        "for name in ('streamlit', 'plotly', 'dask', 'distributed', 'caiman'): sys.modules[name] = None\n"
        "import calscope.pipeline.runner, calscope.engines.registry, calscope.io.registry, calscope.jobs.worker\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pages_are_short_layout():
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 130, path.name
        used = {module.split(".")[0] for module in imports_of(path)}
        assert not used & {"numpy", "scipy", "pandas", "pathlib", "os"}, f"{path.name}: {used}"
        assert "cache_data" not in text and "cache_resource" not in text, path.name


def test_no_function_is_too_long():
    too_long = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                if length > 90:
                    too_long.append(f"{path.name}:{node.name} {length}")
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, f"{path.name} is too long"
    assert not too_long, too_long


def test_no_pickle_and_no_bare_except():
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert "allow_pickle=True" not in text, path.name
        for node in ast.walk(ast.parse(text)):
            assert not (isinstance(node, ast.ExceptHandler) and node.type is None), f"{path.name}: bare except"


def test_caiman_of_pypi_is_never_required():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").lower().splitlines()
        assert not [line for line in lines if line.startswith("caiman")], name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    assert not [requirement for requirement in required if requirement.lower().startswith("caiman")]
