"""What a server that only shows refuses, at every place where something is done."""

import ast
import io

import pytest
from repository import ROOT

from calscope.engines.caiman_trial import Trial as CaimanTrial
from calscope.io.curation_log import CurationLog
from calscope.io.server_rights import READ_ONLY, Right, allowed, require, server_rights
from calscope.jobs.bundles.uploaded_bundles import keep_upload
from calscope.jobs.job_spec import JobSpec
from calscope.jobs.manager import JobManager
from calscope.jobs.tuner import Trial, Tuner
from calscope.model.crop import Crop
from calscope.model.curation.curation_entry import CurationEntry
from calscope.model.errors import CalscopeError, NotAllowedError
from calscope.model.params import Parameters
from calscope.pipeline.presets import Presets
from calscope.pipeline.project_file import ProjectFile
from calscope.pipeline.store import Store
from calscope.pipeline.trials import TriedState, TriedStates
from calscope.ui.home import engine_panel
from calscope.ui.linked import edit_preview
from calscope.ui.session import places

SOURCES = ROOT / "src" / "calscope"
WRITES = {
    "write_text_whole",
    "mkdir",
    "unlink",
    "rmtree",
    "write_text",
    "write_bytes",
    "touch",
    "replace_file",
}
JOB = "0123456789abcdef-abcdef"


def log(root):
    return CurationLog(root / "log.jsonl", "0123456789abcdef")


def state():
    return TriedState("movie.tif", Parameters(), Crop(0, 0, 8, 8, 0, 10))


DOORS = {
    "JobManager.submit": lambda root: JobManager(root).submit(JobSpec(kind="demo", data=str(root / "demo"))),
    "JobManager.keep_import": lambda root: JobManager(root).keep_import(),
    "JobManager.cancel": lambda root: JobManager(root).cancel(JOB),
    "JobManager.end_now": lambda root: JobManager(root).end_now(JOB),
    "JobManager.remove": lambda root: JobManager(root).remove(JOB),
    "Tuner.ask": lambda root: Tuner(root).ask("a window", Trial("movie.tif", {})),
    "ProjectFile.update": lambda root: ProjectFile(root, "data").update(settings={}),
    "Presets.save": lambda root: Presets(root).save("mine", {}),
    "Presets.remove": lambda root: Presets(root).remove("mine"),
    "TriedStates.keep": lambda root: TriedStates(root).keep(state()),
    "Store.prune": lambda root: Store(root).prune(max_bytes=0),
    "CurationLog.append": lambda root: log(root).append(lambda _: []),
    "uploaded_bundles.keep_upload": lambda root: keep_upload(Store(root), io.BytesIO(), "x.calscope", 0),
    "places.open_results": lambda root: places.open_results(str(root)),
    "edit_preview.planned": lambda root: edit_preview.planned(None, [], []),
}


@pytest.mark.parametrize("door", DOORS)
def test_a_server_that_only_shows_refuses_in_words_and_leaves_no_trace(door, monkeypatch, tmp_path, left):
    monkeypatch.setenv(READ_ONLY, "1")
    with pytest.raises(NotAllowedError, match=r"only shows results: .*\. Ask whoever runs it"):
        DOORS[door](tmp_path / "store")
    assert not list(tmp_path.iterdir()) and not left()


class ReachedError(Exception):
    """What is behind the door was about to begin."""


@pytest.mark.parametrize("door", DOORS)
def test_a_server_of_ones_own_refuses_none_of_it(door, monkeypatch, tmp_path):
    def reached(*_):
        raise ReachedError

    monkeypatch.delenv(READ_ONLY, raising=False)
    monkeypatch.setattr(JobManager, "_new_folder", reached)
    monkeypatch.setattr(Tuner, "_ready", reached)
    try:
        DOORS[door](tmp_path / "store")
    except NotAllowedError:
        pytest.fail(f"{door} is refused")
    except (ReachedError, CalscopeError, AttributeError, IndexError):
        pass  # there is nothing for it to work on


def functions(path):
    """Functions of a file, each under the name that stands before it in the list of doors."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))
        elif isinstance(node, ast.FunctionDef):
            yield f"{path.stem}.{node.name}", node


def calls(node):
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            yield one.func.attr if isinstance(one.func, ast.Attribute) else getattr(one.func, "id", "")


def test_every_place_that_asks_for_a_right_is_tried_above():
    found = {name for path in SOURCES.rglob("*.py") for name, node in functions(path) if "require" in set(calls(node))}
    assert found - {"kept_acts.entries_of"} == set(DOORS)  # tried in tests/pages/test_read_only.py


def test_pages_write_nothing_themselves_but_where_they_ask_first():
    for path in (SOURCES / "ui").rglob("*.py"):
        called = {name: set(calls(node)) for name, node in functions(path)}
        asking = {name for name, made in called.items() if {"allowed", "require"} & made}
        for name in (name for name, made in called.items() if made & WRITES):
            callers = {other for other, made in called.items() if name.split(".")[1] in made}
            assert {name, *callers} & asking, f"{name} writes without asking for a right"


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ("", set(Right)),
        ("0", set(Right)),
        ("1", set()),
        ("yes", set()),
        ("nonsense", set()),
        ("curation", {Right.JUDGE}),
    ],
)
def test_what_the_environment_says_and_what_is_unclear_gives_no_right(said, given, monkeypatch):
    monkeypatch.setenv(READ_ONLY, said)
    assert server_rights().given == given
    assert {right for right in Right if allowed(right)} == given


def test_where_judging_is_allowed_nothing_of_the_set_of_components_is_changed(monkeypatch, tmp_path):
    monkeypatch.setenv(READ_ONLY, "curation")

    def said(action):
        return [CurationEntry("a" * 16, "2026-01-31T09:30:00.000+00:00", "Ada", "0123456789abcdef", action)]

    for action in ("merge", "split", "draw", "delete"):
        with pytest.raises(NotAllowedError, match="not merged, split, drawn or deleted here"):
            log(tmp_path).append(lambda _, action=action: said(action))
    assert len(log(tmp_path).append(lambda _: said("accept"))) == 1
    with pytest.raises(NotAllowedError):
        require(Right.KEEP)


def test_the_trial_of_an_engine_is_not_started(monkeypatch):
    monkeypatch.setenv(READ_ONLY, "1")
    monkeypatch.setattr(CaimanTrial, "__init__", lambda _: pytest.fail("it was started"))
    engine_panel._begin()
