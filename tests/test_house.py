"""The architecture, as a test: imports go down only, and the core runs without screens."""

import ast
import subprocess
import sys
import tomllib

import pytest
from repository import ROOT

PACKAGE = ROOT / "src" / "calscope"

BESIDE = {"compiled", "code_digest"}
"""Single files beside the rooms, for every room but `model`, which uses no files and no other library."""
MAY_IMPORT = {
    "code_digest": set(),
    "compiled": {"code_digest"},
    "model": set(),
    "algorithms": {"model"},
    "engines": {"algorithms", "model"},
    "io": {"model"},
    "pipeline": {"engines", "algorithms", "io", "model"},
    "jobs": {"pipeline", "engines", "algorithms", "export", "io", "model"},
    "plots": {"model"},
    "export": {"plots", "io", "model"},
    "ui": {"jobs", "pipeline", "engines", "algorithms", "io", "plots", "export", "model"},
    "cli": {"jobs", "pipeline", "engines", "algorithms", "io", "export", "plots", "model"},
}
FORBIDDEN_OUTSIDE = {
    "streamlit": {"ui"},
    "plotly": {"plots", "ui", "export"},
    "caiman": {"engines/caiman.py"},
    "dask": set(),
    "distributed": set(),
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
            allowed = MAY_IMPORT[room] | ({room} if room in BESIDE | {"model"} else {room} | BESIDE)
            assert parts[1] in allowed, f"{path} imports {module}"


def test_every_file_belongs_to_a_room_or_stands_beside_them_by_name():
    assert {room_of(path) for path in FILES} - {"__init__"} == set(MAY_IMPORT)


def test_no_two_files_share_a_name():
    # Commands are named after what is typed, as pages are; everywhere else a name says which file is meant.
    names = [path.name for path in FILES if room_of(path) != "cli" and not path.name.startswith("__")]
    assert sorted(names) == sorted(set(names))


def test_no_folder_outgrows_one_look():
    for folder in {path.parent for path in FILES}:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(files) <= 25, f"{folder} has {len(files)} files"


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
        "import calscope.pipeline.runner, calscope.engines.engine_registry\n"
        "import calscope.io.readers.reader_registry, calscope.jobs.worker\n"
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


WRITES_OBJECTS = "export/formats/suite2p_objects.py"
"""suite2p's own files are arrays of Python objects; written here and nowhere else, and read nowhere."""


def pickles_in(tree):
    """Lines that read or write Python objects, or let NumPy do it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            said = {keyword.arg: keyword.value for keyword in node.keywords}
            makes_objects = is_object(said.get("dtype")) or (name == "astype" and any(map(is_object, node.args)))
            if makes_objects or lets_pickle(node.func, name, said):
                yield node.lineno


def lets_pickle(function, name, said):
    if name.startswith("savez"):
        # NumPy 1 takes the word for one more array; arrays without objects, which the rule sees to, need none.
        return "allow_pickle" in said
    refuses = isinstance(said.get("allow_pickle"), ast.Constant) and said["allow_pickle"].value is False
    return not refuses and ("allow_pickle" in said or (name in {"save", "load"} and of_numpy(function)))


def of_numpy(function):
    return isinstance(function, ast.Attribute) and getattr(function.value, "id", "") in {"np", "numpy"}


def is_object(value):
    words = {getattr(value, "id", ""), getattr(value, "attr", ""), getattr(value, "value", "")} if value else set()
    return bool({"object", "object_", "O"} & {word for word in words if isinstance(word, str)})


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_python_objects_are_neither_read_nor_written(path):
    found = list(pickles_in(ast.parse(path.read_text(encoding="utf-8"))))
    assert bool(found) == (path.relative_to(PACKAGE).as_posix() == WRITES_OBJECTS), f"{path.name}: lines {found}"


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("np.save(path, array)", True),
        ("np.save(path, array, allow_pickle=False)", False),
        ("np.load(path)", True),
        ("np.load(path, allow_pickle=True)", True),
        ("np.load(path, allow_pickle=1)", True),
        ("np.load(path, mmap_mode='r', allow_pickle=False)", False),
        ("np.savez(path, allow_pickle=False, a=a)", True),
        ("np.savez(path, a=a)", False),
        ("np.array(values, dtype=object)", True),
        ("np.array(values, dtype=np.object_)", True),
        ("values.astype(object)", True),
        ("values.astype('O')", True),
        ("values.astype(np.float32)", False),
    ],
)
def test_the_rule_about_objects_sees_what_it_is_for(line, is_fault):
    assert bool(list(pickles_in(ast.parse(line)))) == is_fault


def test_no_bare_except():
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ExceptHandler) and node.type is None), f"{path.name}: bare except"


def test_caiman_of_pypi_is_never_required():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").lower().splitlines()
        assert not [line for line in lines if line.startswith("caiman")], name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    assert not [requirement for requirement in required if requirement.lower().startswith("caiman")]
