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
    "jobs": {"pipeline", "engines", "algorithms", "export", "plots", "io", "model"},
    "plots": {"model"},
    "export": {"plots", "algorithms", "io", "model"},
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


SCREENS = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *(path for path in FILES if room_of(path) == "ui")]
KEYS = PACKAGE / "ui" / "frame" / "keys.py"


def keys_written_out(tree):
    """Lines where a key of the session state or of a widget is not one of `ui/frame/keys.py`."""
    own = {target.id for node in tree.body for target in names_set_by(node)}
    for node in ast.walk(tree):
        yield from (key.lineno for key in keys_used_by(node) if is_text(key) or getattr(key, "id", "") in own)


def names_set_by(node):
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target for target in targets if isinstance(target, ast.Name)]


def keys_used_by(node):
    """Give the expressions that this node uses as keys; an attribute of the session state is a key in itself."""
    if isinstance(node, ast.Subscript) and is_session_state(node.value):
        yield node.slice
    elif isinstance(node, ast.Compare) and any(map(is_session_state, node.comparators)):
        yield node.left
    elif isinstance(node, ast.Attribute) and is_session_state(node.value):
        if node.attr not in {"get", "pop", "setdefault"}:
            yield ast.copy_location(ast.Constant(node.attr), node)
    elif isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "key")
        takes_key = isinstance(node.func, ast.Attribute) and (
            node.func.attr == "form" or is_session_state(node.func.value)
        )
        yield from node.args[:1] if takes_key else ()


def is_session_state(node):
    return isinstance(node, ast.Attribute) and node.attr == "session_state"


def is_text(node):
    return isinstance(node, ast.JoinedStr | ast.BinOp) or isinstance(getattr(node, "value", None), str)


@pytest.mark.parametrize("path", [path for path in SCREENS if path != KEYS], ids=lambda path: path.name)
def test_keys_of_session_state_and_widgets_stand_in_one_place(path):
    found = list(keys_written_out(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found, f"{path.name}: lines {found}; put the key into {KEYS.name}"


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("st.session_state['run']", True),
        ("st.session_state[f'run {n}'] = 1", True),
        ("st.session_state.get('run')", True),
        ("st.session_state.pop('run', None)", True),
        ("st.session_state.run", True),
        ("'run' in st.session_state", True),
        ("st.button('Run', key='run')", True),
        ("st.button('Run', key=f'run {n}')", True),
        ("st.form('run')", True),
        ("RUN = 'run'\nst.session_state[RUN]", True),
        ("st.session_state[keys.RUN]", False),
        ("st.session_state.get(keys.on_page('motion', 'view'))", False),
        ("keys.RUN in st.session_state", False),
        ("st.button('Run', key=keys.run_button('motion'))", False),
        ("st.form(keys.PRUNE_FORM)", False),
        ("sorted(rows, key=lambda row: row.level)", False),
    ],
)
def test_the_rule_about_keys_sees_what_it_is_for(line, is_fault):
    assert bool(list(keys_written_out(ast.parse(line)))) == is_fault


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
